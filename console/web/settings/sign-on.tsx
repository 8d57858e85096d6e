import { Button, Group, Stack, Switch, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { signOnRoutes, type SignOnSettings } from '#console/api/sign-on.ts';
import { counted } from '#console/web/format.ts';
import { CopyBox } from '#console/web/parts/copy-box.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { sessionQuery } from '#console/web/server/queries.ts';
import { signOnQuery } from '#console/web/server/operator-queries.ts';
import { RemoveProvider } from '#console/web/settings/remove-provider.tsx';
import { bodyOf, formOf, SignOnFields, type SignOnForm } from '#console/web/settings/sign-on-fields.tsx';

/** Settings, Single sign-on: the one provider that people may come by. */
export function SignOnPanel() {
  const settings = useQuery(signOnQuery);
  return (
    <Panel title="Single sign-on">
      <Loaded of={settings} rows={6}>
        {(data) => <Form settings={data} />}
      </Loaded>
    </Panel>
  );
}

/** Switching off asks the provider for nothing. */
const savedWords = ({ provider }: SignOnSettings): string =>
  provider?.enabled === true ? 'Saved; the provider answers' : 'Saved';

function Form({ settings }: { settings: SignOnSettings }) {
  const client = useQueryClient();
  const { provider, operators, redirectUrl } = settings;
  const [form, setForm] = useState<SignOnForm>(() => formOf(provider));
  const [removing, dialog] = useDisclosure(false);
  const save = useMutation({
    mutationFn: () => call(signOnRoutes.setProvider, { body: bodyOf(form) }),
    onSuccess: async (data) => {
      client.setQueryData(signOnQuery.queryKey, data);
      setForm(formOf(data.provider));
      // Whoever came by the provider may have been signed out by this.
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={640}>
        <Text size="sm">
          People sign in at your OpenID Connect provider instead of with a password of Garrison. Whoever comes for the
          first time may do nothing: give them a role under Operators. Accounts with a password work on beside it.
        </Text>
        <CopyBox label="Redirect address, to be entered at the provider" text={redirectUrl} />
        <SignOnFields
          form={form}
          set={(part) => setForm((before) => ({ ...before, ...part }))}
          kept={provider !== null}
        />
        <Switch
          label="In use"
          description={
            operators === 0
              ? 'Switched off, nobody signs in by it'
              : `Switched off, ${counted(operators, 'operator')} who come by it are signed out and cannot come back`
          }
          checked={form.enabled}
          onChange={(event) => setForm({ ...form, enabled: event.currentTarget.checked })}
        />
        {save.isError && <ProblemNotice error={save.error} />}
        <Group>
          <Button type="submit" loading={save.isPending}>
            Check and save
          </Button>
          {provider !== null && (
            <Button variant="default" onClick={dialog.open}>
              Remove…
            </Button>
          )}
          <Text size="sm" role="status">
            {save.isSuccess ? savedWords(save.data) : ''}
          </Text>
        </Group>
      </Stack>
      {removing && (
        <RemoveProvider operators={operators} onClose={dialog.close} onRemoved={() => setForm(formOf(null))} />
      )}
    </form>
  );
}
