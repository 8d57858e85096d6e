import { Button, Menu } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import type { AskedDevices } from '#console/api/device-decisions.ts';
import { MoveDevices } from '#console/web/decisions/move-devices.tsx';
import { RetireDevices } from '#console/web/decisions/retire-devices.tsx';
import { useRightRefusal } from '#console/web/server/session.ts';

interface MenuProps {
  readonly which: AskedDevices;
  /** After "Move" and "Retire": the device, or the devices shown. */
  readonly what: string;
  readonly label: string;
  readonly size?: 'xs' | 'sm';
}

/** Where devices belong, and whether they are gone. */
export function BelongingMenu({ which, what, label, size = 'sm' }: MenuProps) {
  const [opened, setOpened] = useState<'move' | 'retire' | null>(null);
  if (useRightRefusal('operator') !== null) return null;
  const close = (): void => setOpened(null);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size={size} variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
            {label}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setOpened('move')}>Move to another organisation…</Menu.Item>
          <Menu.Item onClick={() => setOpened('retire')}>Retire…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {opened === 'move' && <MoveDevices title={`Move ${what}`} which={which} onClose={close} />}
      {opened === 'retire' && <RetireDevices title={`Retire ${what}`} which={which} onClose={close} />}
    </>
  );
}
