import { Anchor, Loader, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type SyntheticEvent } from 'react';
import { accountRoutes } from '#console/api/account.ts';
import { ButtonRow } from '#console/web/parts/button-row.tsx';
import { CopyBox } from '#console/web/parts/copy-box.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { QrCode } from '#console/web/parts/qr-code.tsx';
import { call } from '#console/web/server/client.ts';
import { accountQuery } from '#console/web/server/operator-queries.ts';
import { CodeDigits } from '#console/web/sign-in/code-digits.tsx';

interface SetUpAuthenticatorProps {
  readonly onClose: () => void;
  readonly onDone: (recoveryCodes: readonly string[]) => void;
}

/** Shows the secret, and counts it only once the app has shown that it has it. */
export function SetUpAuthenticator({ onClose, onDone }: SetUpAuthenticatorProps) {
  const client = useQueryClient();
  const [code, setCode] = useState('');
  const offer = useMutation({ mutationFn: () => call(accountRoutes.offerSecondFactor, {}) });
  const prove = useMutation({
    mutationFn: (given: string) => call(accountRoutes.proveSecondFactor, { body: { code: given } }),
    onSuccess: async ({ recoveryCodes }) => {
      onDone(recoveryCodes);
      await client.invalidateQueries({ queryKey: accountQuery.queryKey });
    },
    onError: () => setCode(''),
  });
  const { mutate: ask } = offer;
  useEffect(() => ask(), [ask]);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    prove.mutate(code);
  };
  return (
    <Dialog onClose={onClose} title="Set up an authenticator" closeOnClickOutside={false}>
      {offer.isError && <ProblemNotice error={offer.error} />}
      {offer.isPending && <Loader aria-label="Loading" />}
      {offer.data !== undefined && (
        <form onSubmit={submit}>
          <Stack>
            <Text size="sm">
              Scan this with an authenticator app, open it <Anchor href={offer.data.uri}>on this device</Anchor>, or
              type the secret in.
            </Text>
            <QrCode text={offer.data.uri} label="For the camera of your authenticator app" />
            <CopyBox label="Secret" text={offer.data.secret} />
            {prove.isError && <ProblemNotice error={prove.error} />}
            <CodeDigits value={code} onChange={setCode} onComplete={(given) => prove.mutate(given)} />
            <ButtonRow onCancel={onClose} submit="Switch on" busy={prove.isPending} />
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
