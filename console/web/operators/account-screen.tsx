import { Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { Account } from '#console/api/account.ts';
import { plain } from '#console/web/device-text.ts';
import { ChangePassword } from '#console/web/operators/change-password.tsx';
import { SecondFactorPanel } from '#console/web/operators/second-factor.tsx';
import { SessionsPanel } from '#console/web/operators/sessions-panel.tsx';
import { useOrganisationNames } from '#console/web/operators/organisation-names.ts';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { PageHead } from '#console/web/parts/page-head.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { accountQuery } from '#console/web/server/operator-queries.ts';
import { useOperator } from '#console/web/server/session.ts';
import { roles } from '#console/web/words.ts';

/** Everybody's own: password, second factor, and where one is signed in. */
export function AccountScreen() {
  const account = useQuery(accountQuery);
  const operator = useOperator();
  const organisations = useOrganisationNames(operator?.organisationIds ?? null);
  return (
    <Stack gap="md">
      <PageHead
        title="Account"
        below={
          operator !== null && (
            <Text size="sm" c="dimmed" className="device-text">
              {plain(operator.name)}, {roles[operator.role]}, {organisations}
            </Text>
          )
        }
      />
      <Loaded of={account} rows={4}>
        {(data) => (
          <>
            <PasswordPanel account={data} />
            {data.password && <SecondFactorPanel account={data} />}
          </>
        )}
      </Loaded>
      <SessionsPanel everybody={false} />
    </Stack>
  );
}

function PasswordPanel({ account }: { account: Account }) {
  const [changing, dialog] = useDisclosure(false);
  return (
    <Panel title="Password">
      <Group justify="space-between" gap="sm">
        <Text size="sm">
          {account.password
            ? 'A new password signs you out everywhere but here.'
            : `You sign in as ${plain(account.signOnName ?? '')} by single sign-on. Password and second factor are kept there.`}
        </Text>
        {account.password && (
          <Button variant="default" size="xs" onClick={dialog.open}>
            Change password…
          </Button>
        )}
      </Group>
      {changing && <ChangePassword onClose={dialog.close} />}
    </Panel>
  );
}
