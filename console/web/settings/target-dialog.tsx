import { Checkbox, MultiSelect, SegmentedControl, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { alertNames } from '#console/api/alert-words.ts';
import { alertKindSchema, type AlertKind } from '#console/api/alerts.ts';
import { notificationRoutes, type NotificationTarget } from '#console/api/notifications.ts';
import { ButtonRow } from '#console/web/parts/button-row.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { organisationsQuery } from '#console/web/server/queries.ts';

interface Props {
  /** null: a new one. */
  readonly target: NotificationTarget | null;
  readonly hasMail: boolean;
  readonly onClose: () => void;
  readonly onSecret: (secret: string) => void;
}

interface Form {
  readonly kind: NotificationTarget['kind'];
  readonly name: string;
  readonly url: string;
  readonly recipients: string;
  readonly organisationIds: readonly string[];
  readonly muted: readonly AlertKind[];
  readonly paused: boolean;
}

function formOf(target: NotificationTarget | null): Form {
  if (target === null)
    return { kind: 'webhook', name: '', url: '', recipients: '', organisationIds: [], muted: [], paused: false };
  const { kind, name, url, muted, paused } = target;
  return {
    kind,
    name,
    url,
    muted,
    paused,
    recipients: target.recipients.join('\n'),
    organisationIds: target.organisationIds ?? [],
  };
}

function bodyOf({ name, url, recipients, organisationIds, muted, paused }: Form) {
  return {
    name,
    url,
    recipients: recipients.split(/[\s,;]+/).filter((part) => part !== ''),
    organisationIds: organisationIds.length === 0 ? null : [...organisationIds],
    muted: [...muted],
    paused,
  };
}

export function TargetDialog({ target, hasMail, onClose, onSecret }: Props) {
  const client = useQueryClient();
  const [form, setForm] = useState(() => formOf(target));
  const set = (part: Partial<Form>): void => setForm((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: async () => {
      if (target !== null) {
        await call(notificationRoutes.change, { params: { targetId: target.targetId }, body: bodyOf(form) });
        return null;
      }
      return (await call(notificationRoutes.create, { body: { kind: form.kind, ...bodyOf(form) } })).secret;
    },
    onSuccess: (secret) => {
      void client.invalidateQueries({ queryKey: ['notifications'] });
      onClose();
      if (secret !== null) onSecret(secret);
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog onClose={onClose} size="lg" title={target === null ? 'Tell somebody' : `Change ${target.name}`}>
      <form onSubmit={submit}>
        <Stack>
          {save.isError && <ProblemNotice error={save.error} />}
          {target === null && (
            <SegmentedControl
              aria-label="How"
              value={form.kind}
              onChange={(value) => set({ kind: value === 'email' ? 'email' : 'webhook' })}
              data={[
                { value: 'webhook', label: 'Webhook' },
                { value: 'email', label: 'E-mail' },
              ]}
            />
          )}
          <TextInput
            label="Name"
            data-autofocus
            required
            withAsterisk={false}
            maxLength={100}
            value={form.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
          <Address form={form} set={set} hasMail={hasMail} />
          <What form={form} set={set} />
          {target !== null && (
            <Checkbox
              label="Paused: nothing is sent, and what waits is dropped"
              checked={form.paused}
              onChange={(event) => set({ paused: event.currentTarget.checked })}
            />
          )}
          <ButtonRow onCancel={onClose} submit={target === null ? 'Add' : 'Save'} busy={save.isPending} />
        </Stack>
      </form>
    </Dialog>
  );
}

interface Part {
  readonly form: Form;
  readonly set: (part: Partial<Form>) => void;
}

function Address({ form, set, hasMail }: Part & { hasMail: boolean }) {
  if (form.kind === 'webhook') {
    return (
      <TextInput
        label="Address"
        description="https, of a receiver that checks the signature"
        placeholder="https://"
        required
        withAsterisk={false}
        value={form.url}
        onChange={(event) => set({ url: event.currentTarget.value })}
      />
    );
  }
  return (
    <>
      <Textarea
        label="Addresses"
        description="One a line, up to twenty"
        required
        withAsterisk={false}
        autosize
        minRows={2}
        value={form.recipients}
        onChange={(event) => set({ recipients: event.currentTarget.value })}
      />
      {!hasMail && <Text size="sm">Set the mail server first, below on this page.</Text>}
    </>
  );
}

function What({ form, set }: Part) {
  const organisations = useQuery(organisationsQuery).data?.items ?? [];
  return (
    <>
      <MultiSelect
        label="Organisations"
        description="None chosen: all of them, and alerts of the console itself"
        searchable
        value={[...form.organisationIds]}
        onChange={(organisationIds) => set({ organisationIds })}
        data={organisations.map((one) => ({ value: one.organisationId, label: one.name }))}
      />
      <MultiSelect
        label="Not told"
        description="Kinds of alerts that only the page shows"
        searchable
        value={[...form.muted]}
        onChange={(values) => set({ muted: alertKindSchema.options.filter((kind) => values.includes(kind)) })}
        data={alertKindSchema.options.map((kind) => ({ value: kind, label: alertNames[kind] }))}
      />
    </>
  );
}
