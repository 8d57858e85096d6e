import { Button, Menu } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import { FromSites } from '#console/web/organisations/from-sites.tsx';
import { ImportList } from '#console/web/organisations/import-list.tsx';
import { useRightRefusal } from '#console/web/server/session.ts';

/** Several organisations at once, for whoever may make them. */
export function AddMany() {
  const [opened, setOpened] = useState<'sites' | 'list' | null>(null);
  if (useRightRefusal('admin') !== null) return null;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
            Several at once
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setOpened('sites')}>From SentinelOne sites…</Menu.Item>
          <Menu.Item onClick={() => setOpened('list')}>From a list (CSV)…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {opened === 'sites' && <FromSites onClose={() => setOpened(null)} />}
      {opened === 'list' && <ImportList onClose={() => setOpened(null)} />}
    </>
  );
}
