import { Alert, Code, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { InstallCommand } from '#console/api/enrolment-keys.ts';
import { CopyBox } from '#console/web/parts/copy-box.tsx';

/** One system at a time: its line, and the one that takes the agent away again. */
export function InstallCommands({ commands }: { commands: readonly InstallCommand[] }) {
  const [chosen, setChosen] = useState(0);
  const one = commands[chosen] ?? commands[0];
  if (one === undefined) return null;
  return (
    <Stack gap="sm">
      {commands.length > 1 && (
        <SegmentedControl
          aria-label="System"
          orientation={commands.length > 2 ? 'vertical' : 'horizontal'}
          value={String(chosen)}
          onChange={(value) => setChosen(Number(value))}
          data={commands.map((command, index) => ({ value: String(index), label: command.label }))}
        />
      )}
      <CopyBox label={one.label} text={one.command} />
      {one.uninstall !== null && (
        <Text size="sm" c="dimmed">
          The line checks what it fetches before it runs anything, and does nothing on a device that is enrolled
          already. It works through a proxy when <Code>https_proxy</Code> is set. The line that removes the agent stands
          on the screen Enrolment.
        </Text>
      )}
    </Stack>
  );
}

/** How an administrator gets there where the console has nothing to hand out. */
export function NoRelease() {
  return (
    <Alert variant="outline" color="yellow" c="inherit" title="No release of the Garrison agent is loaded">
      So this console cannot hand out the agent itself, only enrol agents that are installed already. Load one on the
      server: <Code>garrison-console release add DIRECTORY</Code>, where DIRECTORY is what came with the release.
    </Alert>
  );
}
