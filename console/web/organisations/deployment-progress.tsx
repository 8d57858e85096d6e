import { Stack, Text } from '@mantine/core';
import type { Organisation } from '#console/api/organisations.ts';
import type { Deployment } from '#console/api/pace.ts';
import { number } from '#console/web/format.ts';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { causeName } from '#console/web/state-words.ts';
import { modes, type Tone } from '#console/web/words.ts';

/** Whether nothing starts although devices wait, and why. */
export function heldBack(deployment: Deployment): 'halted' | 'limit' | null {
  if (deployment.state === 'halted') return 'halted';
  const { startsMax, started, waiting } = deployment;
  return deployment.state === 'running' && startsMax !== null && started >= startsMax && waiting > 0 ? 'limit' : null;
}

function label({ mode, deployment }: Organisation): { name: string; tone: Tone } {
  const held = mode === 'deploy' && deployment !== null ? heldBack(deployment) : null;
  if (held === 'halted') return { name: 'Halted by itself', tone: 'bad' };
  if (held === 'limit') return { name: 'Limit reached', tone: 'attention' };
  return modes[mode];
}

/** One line on how far it is; only what is not zero. */
export function progressLine({ done, underWay, waiting, failed }: Deployment): string {
  const parts = [
    done > 0 && `${number(done)} done`,
    underWay > 0 && `${number(underWay)} under way`,
    failed > 0 && `${number(failed)} failed`,
    waiting > 0 && `${number(waiting)} waiting for their turn`,
  ];
  return parts.filter((part) => part !== false).join(' · ');
}

export function DeploymentProgress({ organisation }: { organisation: Organisation }) {
  const { deployment, mode } = organisation;
  const { name, tone } = label(organisation);
  const line = deployment === null || mode === 'watch' ? '' : progressLine(deployment);
  return (
    <Stack gap={3} align="flex-start">
      <ToneLabel tone={tone}>{name}</ToneLabel>
      {line !== '' && (
        <Text size="xs" c="dimmed">
          {line}
        </Text>
      )}
      {deployment?.state === 'halted' && mode === 'deploy' && deployment.haltCause !== null && (
        <Text size="xs">{causeName(deployment.haltCause)}</Text>
      )}
    </Stack>
  );
}
