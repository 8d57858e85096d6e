import { Button, Group, Radio, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { organisationRoutes, type Organisation } from '#console/api/organisations.ts';
import { plain } from '#console/web/device-text.ts';
import { restartWords } from '#console/web/organisations/restart-words.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { DailyHours, type Hours } from '#console/web/parts/daily-hours.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { SettingLine } from '#console/web/organisations/setting-line.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

/** Before anybody has chosen. */
const usualHours: Hours = { startMinute: 22 * 60, endMinute: 5 * 60 };

interface LineProps {
  readonly organisation: Organisation;
  readonly change: (organisation: Organisation) => void;
}

export function RestartsLine({ organisation, change }: LineProps) {
  const refusal = useRightRefusal('operator');
  return (
    <SettingLine
      name="Restarts"
      value={restartWords(organisation.restarts).short}
      changeLabel={`Change restarts of ${plain(organisation.name)}`}
      refusal={refusal}
      change={() => change(organisation)}
    />
  );
}

export function Restarts({ organisation, onClose }: { organisation: Organisation; onClose: () => void }) {
  const client = useQueryClient();
  const { organisationId, restarts } = organisation;
  const [kind, setKind] = useState(restarts.kind);
  const [hours, setHours] = useState<Hours>(restarts.kind === 'window' ? restarts : usualHours);
  const { startMinute, endMinute } = hours;
  const within = { kind: 'window', startMinute, endMinute } as const;
  const save = useMutation({
    mutationFn: () =>
      call(organisationRoutes.setRestarts, {
        params: { organisationId },
        body: { restarts: kind === 'never' ? { kind } : within },
      }),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries(),
  });
  const noHours = kind === 'window' && startMinute === endMinute;
  return (
    <Dialog onClose={onClose} size="lg" title={`Restarts of ${plain(organisation.name)}`}>
      <Stack>
        {save.isError && <ProblemNotice error={save.error} />}
        <Radio.Group
          label="What the Garrison agent may do"
          value={kind}
          onChange={(value) => setKind(value === 'window' ? 'window' : 'never')}
        >
          <Stack gap="xs" mt="xs">
            <Radio value="never" label={restartWords({ kind: 'never' }).choice} />
            <Radio value="window" label={restartWords(within).choice} />
          </Stack>
        </Radio.Group>
        {kind === 'window' && <DailyHours hours={hours} onChange={setHours} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <ActionButton
            refusal={noHours ? 'These hours begin when they end.' : null}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            Save
          </ActionButton>
        </Group>
      </Stack>
    </Dialog>
  );
}
