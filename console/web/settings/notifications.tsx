import { Button, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { NotificationTarget } from '#console/api/notifications.ts';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Panel, Quiet } from '#console/web/parts/panel.tsx';
import { mailServerQuery, targetsQuery } from '#console/web/server/notification-queries.ts';
import { Deliveries } from '#console/web/settings/deliveries.tsx';
import { MailServerPanel } from '#console/web/settings/mail-server.tsx';
import { SecretShown } from '#console/web/settings/secret-shown.tsx';
import { TargetDialog } from '#console/web/settings/target-dialog.tsx';
import { TargetTable } from '#console/web/settings/target-table.tsx';

/** Who is told of alerts outside the page. */
export function NotificationsPanel() {
  const targets = useQuery(targetsQuery);
  const hasMail = useQuery(mailServerQuery).data?.server != null;
  const [adding, add] = useDisclosure(false);
  const [changed, setChanged] = useState<NotificationTarget | null>(null);
  const [looked, setLooked] = useState<NotificationTarget | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Stack gap="md">
      <Panel
        title="Who is told"
        flush
        aside={
          <Button size="xs" onClick={add.open}>
            Add…
          </Button>
        }
      >
        <Loaded of={targets} rows={3}>
          {({ items }) =>
            items.length === 0 ? (
              <div className="panel-body">
                <Quiet>Nobody yet: alerts are only on this page.</Quiet>
              </div>
            ) : (
              <TargetTable targets={items} onChange={setChanged} onLook={setLooked} onSecret={setSecret} />
            )
          }
        </Loaded>
      </Panel>
      <MailServerPanel />
      {adding && <TargetDialog target={null} hasMail={hasMail} onClose={add.close} onSecret={setSecret} />}
      {changed && (
        <TargetDialog target={changed} hasMail={hasMail} onClose={() => setChanged(null)} onSecret={setSecret} />
      )}
      {looked && <Deliveries target={looked} onClose={() => setLooked(null)} />}
      {secret !== null && <SecretShown secret={secret} onClose={() => setSecret(null)} />}
    </Stack>
  );
}
