import { Anchor, Button, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';

export function NotFound() {
  return (
    <Stack align="flex-start" p="md">
      <Title order={1}>Not found</Title>
      <Text>There is nothing at this address. It may have been removed.</Text>
      <Anchor component={Link} to="/">
        Go to the overview
      </Anchor>
    </Stack>
  );
}

/** Also when the console was updated and the parts of the old page are gone. */
export function ScreenFailed() {
  return (
    <Stack align="flex-start" p="md" role="alert">
      <Title order={1}>This screen could not be shown</Title>
      <Text>The console may have been updated in the meantime.</Text>
      <Group>
        <Button onClick={() => window.location.reload()}>Reload the page</Button>
      </Group>
    </Stack>
  );
}
