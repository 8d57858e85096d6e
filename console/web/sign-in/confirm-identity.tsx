import { PasswordInput, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState, type SyntheticEvent } from 'react';
import { sessionRoutes } from '#console/api/session.ts';
import { ButtonRow } from '#console/web/parts/button-row.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call, whenConfirmationIsAsked } from '#console/web/server/client.ts';
import { useOperator } from '#console/web/server/session.ts';
import { sessionQuery } from '#console/web/server/queries.ts';
import { ConfirmBySignOn } from '#console/web/sign-in/confirm-by-sign-on.tsx';
import { CodeDigits } from '#console/web/sign-in/code-digits.tsx';

type Settle = (confirmed: boolean) => void;

/** Asks who it is when something needs it; what was pressed goes on by itself. Several at once ask once. */
export function ConfirmIdentity() {
  const session = useQuery(sessionQuery).data;
  const via = session?.kind === 'signed-in' ? session.via : 'password';
  const [waiting, setWaiting] = useState<readonly Settle[]>([]);
  useEffect(() => {
    whenConfirmationIsAsked(() => new Promise((settle) => setWaiting((before) => [...before, settle])));
    return () => whenConfirmationIsAsked(() => Promise.resolve(false));
  }, []);
  if (waiting.length === 0) return null;
  const settle = (confirmed: boolean): void => {
    setWaiting([]);
    for (const one of waiting) one(confirmed);
  };
  return (
    <Dialog title="Please confirm that it is you" onClose={() => settle(false)} zIndex={400}>
      {via === 'sign-on' ? <ConfirmBySignOn onDone={settle} /> : <ConfirmForm onDone={settle} />}
    </Dialog>
  );
}

function ConfirmForm({ onDone }: { onDone: Settle }) {
  const operator = useOperator();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [codeAsked, setCodeAsked] = useState(false);
  const confirm = useMutation({
    mutationFn: (given: string) =>
      call(sessionRoutes.confirm, { body: { password, ...(given.length >= 6 && { code: given }) } }),
    onSuccess: ({ kind }) => {
      if (kind === 'code-required') setCodeAsked(true);
      else onDone(true);
    },
    onError: () => setCode(''),
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    confirm.mutate(code);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">This opens doors or touches many devices. It goes on as soon as you have confirmed.</Text>
        {confirm.isError && <ProblemNotice error={confirm.error} />}
        <PasswordInput
          label={`Password of ${operator?.name ?? 'this account'}`}
          autoComplete="current-password"
          required
          withAsterisk={false}
          data-autofocus
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {codeAsked && (
          <CodeDigits value={code} onChange={setCode} onComplete={(given) => confirm.mutate(given)} orRecovery />
        )}
        <ButtonRow onCancel={() => onDone(false)} submit="Confirm and go on" busy={confirm.isPending} />
      </Stack>
    </form>
  );
}
