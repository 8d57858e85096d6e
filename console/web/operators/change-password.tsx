import { PasswordInput, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { accountRoutes } from '#console/api/account.ts';
import { NewPasswordFields } from '#console/web/sign-in/new-password-fields.tsx';
import { CodeDigits } from '#console/web/sign-in/code-digits.tsx';
import { ButtonRow } from '#console/web/parts/button-row.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';

export function ChangePassword({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [password, setPassword] = useState('');
  const [newPassword, setNewPassword] = useState<string | null>(null);
  const [code, setCode] = useState('');
  const [codeAsked, setCodeAsked] = useState(false);
  const change = useMutation({
    mutationFn: (given: string) =>
      call(accountRoutes.changePassword, {
        body: { password, newPassword: newPassword ?? '', ...(given !== '' && { code: given }) },
      }),
    onSuccess: async ({ kind }) => {
      if (kind === 'code-required') {
        setCodeAsked(true);
        return;
      }
      onClose();
      notifications.show({ message: 'Your password was changed. You are signed out everywhere else.' });
      await client.invalidateQueries({ queryKey: ['operators'] });
    },
    onError: () => setCode(''),
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (newPassword !== null) change.mutate(code);
  };
  return (
    <Dialog onClose={onClose} title="Change password">
      <form onSubmit={submit}>
        <Stack>
          {change.isError && <ProblemNotice error={change.error} />}
          <PasswordInput
            label="Password now"
            autoComplete="current-password"
            required
            withAsterisk={false}
            data-autofocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <NewPasswordFields onChange={setNewPassword} />
          {codeAsked && (
            <CodeDigits value={code} onChange={setCode} onComplete={(given) => change.mutate(given)} orRecovery />
          )}
          <ButtonRow onCancel={onClose} submit="Change password" busy={change.isPending} />
        </Stack>
      </form>
    </Dialog>
  );
}
