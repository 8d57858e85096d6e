import { Code, SegmentedControl, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { InstallLines } from '#console/api/enrolment-keys.ts';
import { plain } from '#console/web/device-text.ts';
import { NoRelease } from '#console/web/enrolment/install-commands.tsx';
import { CopyBox } from '#console/web/parts/copy-box.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { installLinesQuery } from '#console/web/server/queries.ts';
import { systems } from '#console/web/words.ts';

/** Which Garrison agent new devices get, and how it goes again. */
export function AgentPanel() {
  const lines = useQuery(installLinesQuery);
  return (
    <Panel title="Garrison agent for new devices">
      <Loaded of={lines} rows={2}>
        {(data) => (data.agentVersion === null ? <NoRelease /> : <Loadable lines={data} />)}
      </Loaded>
    </Panel>
  );
}

function Loadable({ lines }: { lines: InstallLines }) {
  const [chosen, setChosen] = useState(0);
  const one = lines.systems[chosen];
  return (
    <Stack gap="sm">
      <Text size="sm">
        New devices get version {plain(lines.agentVersion ?? '')}. A new install key comes with one line for each system
        that installs it. These lines take it away again:
      </Text>
      <SegmentedControl
        aria-label="System to remove the agent from"
        value={String(chosen)}
        onChange={(value) => setChosen(Number(value))}
        data={lines.systems.map((system, index) => ({ value: String(index), label: systems[system.os] }))}
      />
      {one && <CopyBox label={`Remove the Garrison agent: ${one.label}`} text={one.uninstall} />}
      <Text size="sm" c="dimmed">
        The device leaves this console and the SentinelOne agent stays as it is. On a device without a way here:{' '}
        <Code>garrison-agent unenrol</Code>, then remove the package.
      </Text>
    </Stack>
  );
}
