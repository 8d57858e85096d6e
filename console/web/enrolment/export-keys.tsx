import { Alert, Button, Checkbox, Group, ScrollArea, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { plain } from '#console/web/device-text.ts';
import { KeyRules, noRules, rulesBody } from '#console/web/enrolment/key-rules.tsx';
import { counted } from '#console/web/format.ts';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { organisationsQuery } from '#console/web/server/queries.ts';

/** Hands a file to the browser, as a download; nothing of it stays on the page. */
function save(fileName: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  const link = Object.assign(document.createElement('a'), { href: url, download: fileName });
  link.click();
  URL.revokeObjectURL(url);
}

/** One key for each of many organisations, in one file. */
export function ExportKeys({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const organisations = useQuery(organisationsQuery);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [label, setLabel] = useState('');
  const [rules, setRules] = useState(noRules);
  const make = useMutation({
    mutationFn: () =>
      call(enrolmentKeyRoutes.export, { body: { organisationIds: [...chosen], label, ...rulesBody(rules) } }),
    onSuccess: ({ fileName, csv }) => {
      save(fileName, csv);
      return client.invalidateQueries({ queryKey: ['enrolment-keys'] });
    },
  });
  const toggle = (organisationId: string): void =>
    setChosen((before) => {
      const after = new Set(before);
      if (!after.delete(organisationId)) after.add(organisationId);
      return after;
    });
  if (make.isSuccess) {
    return (
      <Dialog onClose={onClose} title="Install keys made" closeOnClickOutside={false}>
        <Stack>
          <Text size="sm" role="status">
            {counted(make.data.keys, 'install key')} saved as {make.data.fileName}.
          </Text>
          <Alert variant="outline" color="yellow" c="inherit" title="Shown only now">
            Whoever has this file can bring devices into these organisations until the keys end. It cannot be made
            again; revoke keys that got into wrong hands.
          </Alert>
          <Group justify="flex-end">
            <Button variant="default" onClick={() => save(make.data.fileName, make.data.csv)}>
              Save again
            </Button>
            <Button onClick={onClose}>Done</Button>
          </Group>
        </Stack>
      </Dialog>
    );
  }
  return (
    <Dialog onClose={onClose} title="Install keys for many organisations" size="lg">
      <Stack>
        {make.isError && <ProblemNotice error={make.error} />}
        <Text size="sm">Each gets a key of its own, with its install lines, in one file (CSV).</Text>
        <Loaded of={organisations} rows={4}>
          {({ items }) => (
            <Stack gap="xs">
              <Checkbox
                label={`All ${counted(items.length, 'organisation')}`}
                checked={chosen.size === items.length && items.length > 0}
                indeterminate={chosen.size > 0 && chosen.size < items.length}
                onChange={(event) =>
                  setChosen(new Set(event.currentTarget.checked ? items.map((one) => one.organisationId) : []))
                }
              />
              <ScrollArea.Autosize mah={220} type="auto" tabIndex={-1}>
                <Stack gap={6} pl="lg">
                  {items.map((one) => (
                    <Checkbox
                      key={one.organisationId}
                      label={plain(one.name)}
                      checked={chosen.has(one.organisationId)}
                      onChange={() => toggle(one.organisationId)}
                    />
                  ))}
                </Stack>
              </ScrollArea.Autosize>
            </Stack>
          )}
        </Loaded>
        <TextInput
          label="Name"
          description="So that you know them again, such as a rollout"
          maxLength={100}
          value={label}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
        <KeyRules rules={rules} setRules={setRules} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button loading={make.isPending} disabled={chosen.size === 0} onClick={() => make.mutate()}>
            {chosen.size === 0 ? 'Make and save' : `Make and save ${counted(chosen.size, 'install key')}`}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
