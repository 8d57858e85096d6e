import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { accountRoutes, type Account } from '#console/api/account.ts';
import { counted } from '#console/web/format.ts';
import { SetUpAuthenticator } from '#console/web/operators/set-up-authenticator.tsx';
import { CopyBox } from '#console/web/parts/copy-box.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { call } from '#console/web/server/client.ts';
import { accountQuery } from '#console/web/server/operator-queries.ts';

type Open = 'set-up' | 'drop' | { readonly codes: readonly string[] } | null;

export function SecondFactorPanel({ account }: { account: Account }) {
  const client = useQueryClient();
  const [open, setOpen] = useState<Open>(null);
  const close = (): void => setOpen(null);
  const renew = useMutation({
    mutationFn: () => call(accountRoutes.renewRecoveryCodes, {}),
    onSuccess: async ({ recoveryCodes }) => {
      setOpen({ codes: recoveryCodes });
      await client.invalidateQueries({ queryKey: accountQuery.queryKey });
    },
  });
  const { secondFactor, recoveryCodesLeft } = account;
  return (
    <Panel title="Second factor">
      <Stack gap="sm">
        {renew.isError && <ProblemNotice error={renew.error} />}
        <div>
          {secondFactor ? (
            <ToneLabel tone="good">An authenticator app is asked for its code</ToneLabel>
          ) : (
            <ToneLabel tone="attention">The password alone lets in</ToneLabel>
          )}
        </div>
        {secondFactor && (
          <Text size="sm">
            {counted(recoveryCodesLeft, 'recovery code')} left, for the day the authenticator is lost. Each works once.
          </Text>
        )}
        <Group gap="xs">
          <Button size="xs" variant={secondFactor ? 'default' : 'filled'} onClick={() => setOpen('set-up')}>
            {secondFactor ? 'Set up another authenticator…' : 'Set up an authenticator…'}
          </Button>
          {secondFactor && (
            <>
              <Button size="xs" variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>
                New recovery codes
              </Button>
              <Button size="xs" variant="default" onClick={() => setOpen('drop')}>
                Switch off…
              </Button>
            </>
          )}
        </Group>
      </Stack>
      {open === 'set-up' && <SetUpAuthenticator onClose={close} onDone={(codes) => setOpen({ codes })} />}
      {open === 'drop' && <DropSecondFactor onClose={close} />}
      {typeof open === 'object' && open !== null && <RecoveryCodes codes={open.codes} onClose={close} />}
    </Panel>
  );
}

function RecoveryCodes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} title="Recovery codes" closeOnClickOutside={false}>
      <Stack>
        <Alert variant="outline" color="yellow" c="inherit" title="Shown only now">
          Print them or keep them where your authenticator is not. Each lets in once in place of a code; earlier ones
          are dead.
        </Alert>
        <CopyBox label="Recovery codes" text={codes.join('\n')} />
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function DropSecondFactor({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const drop = useMutation({
    mutationFn: () => call(accountRoutes.dropSecondFactor, {}),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: accountQuery.queryKey });
    },
  });
  return (
    <Dialog onClose={onClose} title="Switch the second factor off">
      <Stack>
        {drop.isError && <ProblemNotice error={drop.error} />}
        <Text size="sm">From then on the password alone lets in. The recovery codes go too.</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button color="red" loading={drop.isPending} onClick={() => drop.mutate()}>
            Switch off
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
