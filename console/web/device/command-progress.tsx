import { Stack, Text } from '@mantine/core';
import type { DeviceCommand } from '#console/api/devices.ts';
import { waitsForDevice } from '#console/web/device/health-words.ts';
import { plain } from '#console/web/device-text.ts';
import { faultWords } from '#console/web/fault-words.ts';
import { duration, exactTime, moment } from '#console/web/format.ts';
import { ToneIcon } from '#console/web/parts/tone-label.tsx';
import { useNow } from '#console/web/server/clock.ts';
import { commandResults, verbs, type Tone } from '#console/web/words.ts';

interface CommandProgressProps {
  readonly commands: readonly DeviceCommand[];
  readonly lastSeenAt: string;
}

/** From the press of a button to its effect, with the time each part took. */
export function CommandProgress({ commands, lastSeenAt }: CommandProgressProps) {
  return (
    <Stack gap={6} role="status" aria-label="Progress of commands">
      {commands.map((command) => (
        <OneCommand key={command.commandId} command={command} lastSeenAt={lastSeenAt} />
      ))}
    </Stack>
  );
}

function toneOf(command: DeviceCommand): Tone {
  if (command.result === null) return 'busy';
  return command.result === 'done' || command.result === 'joined' ? 'good' : 'bad';
}

function OneCommand({ command, lastSeenAt }: { command: DeviceCommand; lastSeenAt: string }) {
  const nowMs = useNow();
  const tone = toneOf(command);
  return (
    <Text size="sm" component="div" className="device-text">
      <span className="line-icon" data-tone={tone} style={{ verticalAlign: '-3px', marginRight: 6 }}>
        <ToneIcon tone={tone} />
      </span>
      <b>{verbs[command.verb]}</b>{' '}
      <span title={exactTime(command.requestedAt)}>
        pressed {moment(command.requestedAt, nowMs)} by {plain(command.requestedBy)}
      </span>
      {' → '}
      {command.receivedAt === null
        ? waitingWords(command, lastSeenAt, nowMs)
        : `received ${after(command.requestedAt, command.receivedAt)}`}
      {command.startedAt !== null && ` → started ${after(command.requestedAt, command.startedAt)}`}
      {command.result !== null && `: ${commandResults[command.result]}`}
      {command.fault !== null && `. ${faultWords(command.fault).title}. ${plain(command.fault.detail)}`}
    </Text>
  );
}

function waitingWords(command: DeviceCommand, lastSeenAt: string, nowMs: number): string {
  if (command.result === 'expired') return 'never received';
  return `${waitsForDevice(lastSeenAt, nowMs)} Expires ${moment(command.expiresAt, nowMs)}`;
}

function after(from: string, to: string): string {
  return `after ${duration(Date.parse(to) - Date.parse(from))}`;
}
