import { List, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { connectionRoutes, type Connection } from '#console/api/connections.ts';
import { plain } from '#console/web/device-text.ts';
import { ButtonRow } from '#console/web/parts/button-row.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { AddressInput } from '#console/web/sentinelone/address-input.tsx';
import { AuthorityInput } from '#console/web/sentinelone/authority-input.tsx';
import { CodeInput } from '#console/web/sentinelone/code-input.tsx';
import { MethodChoice, PasswordFields, ScopeFields, TokenFields } from '#console/web/sentinelone/enable-fields.tsx';
import { commonBody, emptyForm, type EnableForm } from '#console/web/sentinelone/enable-form.ts';
import { call, ProblemError } from '#console/web/server/client.ts';

/** null: SentinelOne asks for the code. */
async function enable(form: EnableForm, code: string): Promise<Connection | null> {
  const common = commonBody(form);
  if (form.method === 'token') return call(connectionRoutes.enable, { body: { ...common, apiToken: form.apiToken } });
  const { username, password, replaceToken } = form;
  const body = { ...common, username, password, replaceToken, ...(code.length === 6 && { code }) };
  const answer = await call(connectionRoutes.enableByPassword, { body });
  return answer.kind === 'enabled' ? answer.connection : null;
}

function useEnabling(form: EnableForm, change: (change: Partial<EnableForm>) => void, onClose: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (code: string) => enable(form, code),
    onSuccess: async (connection) => {
      if (connection === null) return change({ codeAsked: true, code: '' });
      onClose();
      const message = `SentinelOne is enabled: ${plain(connection.name)}. Choose sites under Mappings.`;
      notifications.show({ message });
      await client.invalidateQueries();
    },
    onError: (error) => {
      const several = error instanceof ProblemError && error.problem.code === 'sentinelone.choose-account';
      change({ code: '', ...(several && { accountAsked: true }) });
    },
  });
}

/** Everything is checked against SentinelOne before anything is kept. */
export function EnableDialog({ onClose }: { onClose: () => void }) {
  const [form, setForm] = useState(emptyForm);
  const change = (more: Partial<EnableForm>): void => setForm((before) => ({ ...before, ...more }));
  const enabling = useEnabling(form, change, onClose);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    enabling.mutate(form.code);
  };
  return (
    <Dialog onClose={onClose} size="lg" title="Enable SentinelOne">
      <form onSubmit={submit}>
        <Stack>
          <List size="sm" spacing={2}>
            <List.Item>
              A SentinelOne user has only one API token: use a user of its own, best a service user.
            </List.Item>
            <List.Item>Its scope of access must be at least “View”.</List.Item>
            <List.Item>Enabling installs nothing; that begins with Start deployment of an organisation.</List.Item>
          </List>
          {enabling.isError && <ProblemNotice error={enabling.error} />}
          <MethodChoice form={form} change={change} />
          <AddressInput focused value={form.address} onChange={(address) => change({ address })} />
          {form.method === 'token' ? (
            <TokenFields form={form} change={change} />
          ) : (
            <PasswordFields form={form} change={change} />
          )}
          {form.codeAsked && (
            <CodeInput
              value={form.code}
              onChange={(code) => change({ code })}
              onComplete={(code) => enabling.mutate(code)}
            />
          )}
          <ScopeFields form={form} change={change} />
          <TextInput
            label="Name"
            description="How it is called here"
            required
            withAsterisk={false}
            maxLength={100}
            value={form.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
          />
          <AuthorityInput value={form.caPem} onChange={(caPem) => change({ caPem })} />
          <Text size="xs" c="dimmed">
            Nothing is kept unless SentinelOne accepts it.
          </Text>
          <ButtonRow onCancel={onClose} submit={form.codeAsked ? 'Submit' : 'Enable'} busy={enabling.isPending} />
        </Stack>
      </form>
    </Dialog>
  );
}
