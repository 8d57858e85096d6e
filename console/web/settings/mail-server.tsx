import {
  Button,
  Group,
  NumberInput,
  PasswordInput,
  Select,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { mailServerSchema, notificationRoutes, type MailServer } from '#console/api/notifications.ts';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { mailServerQuery } from '#console/web/server/notification-queries.ts';

export function MailServerPanel() {
  const server = useQuery(mailServerQuery);
  return (
    <Panel title="Mail server">
      <Loaded of={server} rows={4}>
        {(data) => <Form server={data.server} />}
      </Loaded>
    </Panel>
  );
}

const nothing: MailServer = {
  host: '',
  port: 587,
  security: 'starttls',
  user: null,
  from: '',
  caPem: null,
  hasPassword: false,
};

const usualPorts = { tls: 465, starttls: 587, none: 25 } as const;

function Form({ server }: { server: MailServer | null }) {
  const client = useQueryClient();
  const [form, setForm] = useState<MailServer>(server ?? nothing);
  const [password, setPassword] = useState('');
  const set = (part: Partial<MailServer>): void => setForm((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () => {
      const { hasPassword: _h, ...body } = form;
      return call(notificationRoutes.setMailServer, { body: { ...body, password: password === '' ? null : password } });
    },
    onSuccess: (data) => {
      client.setQueryData(mailServerQuery.queryKey, data);
      setForm(data.server);
      setPassword('');
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={560}>
        {save.isError && <ProblemNotice error={save.error} />}
        <Where form={form} set={set} />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput
            label="User"
            description="Empty: without signing in"
            autoComplete="off"
            value={form.user ?? ''}
            onChange={(event) => set({ user: event.currentTarget.value || null })}
          />
          <PasswordInput
            label="Password"
            description={form.hasPassword ? 'Empty: the one known stays' : 'Kept sealed, never shown'}
            autoComplete="new-password"
            disabled={form.user === null}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        </SimpleGrid>
        <TextInput
          label="Sender"
          type="email"
          required
          withAsterisk={false}
          value={form.from}
          onChange={(event) => set({ from: event.currentTarget.value })}
        />
        <Textarea
          label="Certificate of its authority"
          description="PEM, only for a server with an authority of its own"
          autosize
          minRows={1}
          maxRows={6}
          value={form.caPem ?? ''}
          onChange={(event) =>
            set({ caPem: event.currentTarget.value.trim() === '' ? null : event.currentTarget.value })
          }
        />
        <Group>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
          <Text size="sm" role="status">
            {save.isSuccess ? 'Saved' : ''}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}

function Where({ form, set }: { form: MailServer; set: (part: Partial<MailServer>) => void }) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }}>
      <TextInput
        label="Server"
        required
        withAsterisk={false}
        value={form.host}
        onChange={(event) => set({ host: event.currentTarget.value.trim() })}
      />
      <Select
        label="Security"
        allowDeselect={false}
        value={form.security}
        onChange={(value) => {
          const security = mailServerSchema.shape.security.safeParse(value).data;
          if (security !== undefined) set({ security, port: usualPorts[security] });
        }}
        data={[
          { value: 'starttls', label: 'STARTTLS' },
          { value: 'tls', label: 'TLS' },
          { value: 'none', label: 'None, on this machine' },
        ]}
      />
      <NumberInput
        label="Port"
        min={1}
        max={65_535}
        allowDecimal={false}
        value={form.port}
        onChange={(port) => set({ port: Number(port) })}
      />
    </SimpleGrid>
  );
}
