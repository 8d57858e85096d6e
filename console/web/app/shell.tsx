import {
  ActionIcon,
  AppShell,
  Box,
  Burger,
  Group,
  Menu,
  NavLink,
  Text,
  Tooltip,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconApps,
  IconBell,
  IconBuilding,
  IconDeviceDesktop,
  IconHistory,
  IconKey,
  IconLayoutDashboard,
  IconLogout,
  IconMoon,
  IconPlugConnectedX,
  IconSettings,
  IconSun,
  IconUserCircle,
  type Icon,
} from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import { sessionRoutes } from '#console/api/session.ts';
import { Bell } from '#console/web/alerts/bell.tsx';
import { Brand } from '#console/web/app/brand.tsx';
import { call } from '#console/web/server/client.ts';
import { useIsLive } from '#console/web/server/live.ts';
import { sessionQuery } from '#console/web/server/queries.ts';
import { useOperator } from '#console/web/server/session.ts';
import { roles } from '#console/web/words.ts';

interface Place {
  readonly to: string;
  readonly label: string;
  readonly icon: Icon;
}

const places: readonly Place[] = [
  { to: '/', label: 'Overview', icon: IconLayoutDashboard },
  { to: '/alerts', label: 'Alerts', icon: IconBell },
  { to: '/devices', label: 'Devices', icon: IconDeviceDesktop },
  { to: '/organisations', label: 'Organisations', icon: IconBuilding },
  { to: '/enrolment', label: 'Enrolment', icon: IconKey },
  { to: '/activity', label: 'Activity', icon: IconHistory },
];
const administration: readonly Place[] = [
  { to: '/administration/apps', label: 'Apps', icon: IconApps },
  { to: '/settings', label: 'Settings', icon: IconSettings },
];

export function Shell({ children }: { children: ReactNode }) {
  const [opened, menu] = useDisclosure(false);
  const { pathname } = useLocation();
  useEffect(() => menu.close(), [menu, pathname]);
  return (
    <AppShell
      header={{ height: 54 }}
      navbar={{ width: 216, breakpoint: 'md', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
      layout="default"
    >
      <a className="skip-link" href="#content">
        Skip to the content
      </a>
      <AppShell.Header bg="var(--surface)">
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={menu.toggle}
              hiddenFrom="md"
              size="sm"
              aria-label="Menu"
              aria-expanded={opened}
            />
            <Brand />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <LiveSign />
            <Bell />
            <SchemeSwitch />
            <Account />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" bg="var(--surface)" aria-label="Main">
        <Places of={places} />
        <Text size="xs" fw={600} c="dimmed" px="sm" mt="md" mb={4}>
          Administration
        </Text>
        <Places of={administration} />
      </AppShell.Navbar>
      <AppShell.Main>
        <Box id="content" tabIndex={-1} maw={1240} mx="auto" style={{ outline: 'none' }}>
          {children}
        </Box>
      </AppShell.Main>
    </AppShell>
  );
}

function Places({ of }: { of: readonly Place[] }) {
  const { pathname } = useLocation();
  return of.map((place) => {
    const active = place.to === '/' ? pathname === '/' : pathname.startsWith(place.to);
    return (
      <NavLink
        key={place.to}
        component={Link}
        to={place.to}
        label={place.label}
        leftSection={<place.icon size={18} stroke={1.7} aria-hidden />}
        active={active}
        aria-current={active ? 'page' : undefined}
        className="place"
      />
    );
  });
}

/** Says when what is on the screen may be old. */
function LiveSign() {
  const live = useIsLive();
  return (
    <div role="status">
      {!live && (
        <Tooltip label="Live updates are interrupted. The page connects again by itself; ages show how old things are.">
          <span className="tone" data-tone="attention" tabIndex={0}>
            <IconPlugConnectedX size={16} aria-hidden /> Reconnecting
          </span>
        </Tooltip>
      )}
    </div>
  );
}

function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const system = window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const other = (colorScheme === 'auto' ? system : colorScheme) === 'dark' ? 'light' : 'dark';
  return (
    <Tooltip label={`Switch to ${other}`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        c="inherit"
        size="lg"
        onClick={() => setColorScheme(other)}
        aria-label={`Switch to ${other}`}
      >
        {other === 'dark' ? <IconMoon size={19} aria-hidden /> : <IconSun size={19} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}

function Account() {
  const operator = useOperator();
  const client = useQueryClient();
  const signOut = useMutation({
    mutationFn: () => call(sessionRoutes.signOut, {}),
    onSettled: () => client.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  });
  if (operator === null) return null;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" c="inherit" size="lg" aria-label={`Signed in as ${operator.name}`}>
          <IconUserCircle size={21} stroke={1.7} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {operator.name}, {roles[operator.role]}
        </Menu.Label>
        <Menu.Item component={Link} to="/account" leftSection={<IconUserCircle size={16} aria-hidden />}>
          Account
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
