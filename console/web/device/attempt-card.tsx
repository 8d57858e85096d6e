import { Group, Stack, Text } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import type { Attempt } from '#console/api/attempts.ts';
import { exitText } from '#console/web/device/event-words.ts';
import { InstallerOutput } from '#console/web/device/installer-output.tsx';
import { plain } from '#console/web/device-text.ts';
import { faultWords } from '#console/web/fault-words.ts';
import { duration, exactTime, moment } from '#console/web/format.ts';
import { ToneIcon, ToneLabel } from '#console/web/parts/tone-label.tsx';
import { useNow } from '#console/web/server/clock.ts';
import { attemptResults, stepResults, steps, triggers, type Tone } from '#console/web/words.ts';

const stepTones: Record<Attempt['steps'][number]['result'], Tone> = {
  started: 'busy',
  ok: 'good',
  failed: 'bad',
  waiting: 'busy',
};

export function AttemptCard({ attempt, open }: { attempt: Attempt; open: boolean }) {
  const nowMs = useNow();
  const result = attempt.result === null ? { name: 'Running', tone: 'busy' as const } : attemptResults[attempt.result];
  return (
    <details className="attempt" open={open}>
      <summary>
        <IconChevronRight size={16} className="turn" aria-hidden />
        <Group gap="xs">
          <Text fw={650} size="sm">
            Attempt {attempt.attempt}
          </Text>
          <ToneLabel tone={result.tone}>{result.name}</ToneLabel>
          <Text size="sm" c="dimmed" title={exactTime(attempt.startedAt)}>
            {moment(attempt.startedAt, nowMs)}
            {attempt.endedAt !== null && `, ${duration(Date.parse(attempt.endedAt) - Date.parse(attempt.startedAt))}`}
            {attempt.package !== null && `, SentinelOne ${attempt.package.version}`}
            {attempt.trigger !== null && `, ${triggers[attempt.trigger]}`}
          </Text>
        </Group>
      </summary>
      <Stack gap="xs" className="attempt-body">
        {attempt.fault !== null && (
          <div>
            <Text size="sm" fw={600}>
              {faultWords(attempt.fault).title}
            </Text>
            <Text size="sm" className="device-text">
              {plain(attempt.fault.detail)}
            </Text>
          </div>
        )}
        {attempt.nextAttemptAt !== null && <Text size="sm">Next try {moment(attempt.nextAttemptAt, nowMs)}.</Text>}
        <Steps attempt={attempt} />
        {attempt.runs.map((run) => (
          <div key={run.run}>
            <Text size="sm" className="device-text">
              SentinelOne's installer ended {exitText(run.exitCode, run.signal)} after {duration(run.durationMs)}
              {run.meaning !== '' && `: ${plain(run.meaning)}`}
            </Text>
            <InstallerOutput output={run.output} />
          </div>
        ))}
      </Stack>
    </details>
  );
}

function Steps({ attempt }: { attempt: Attempt }) {
  return (
    <ol className="steps">
      {attempt.steps.map((step) => (
        <StepLine key={step.step} step={step} attemptResult={attempt.result} />
      ))}
    </ol>
  );
}

interface StepLineProps {
  readonly step: Attempt['steps'][number];
  readonly attemptResult: Attempt['result'];
}

/** A step that never said how it went shares the end of its attempt. */
function endOf({ step, attemptResult }: StepLineProps): { tone: Tone; words: string } {
  if (attemptResult === null || step.result !== 'started') {
    return { tone: stepTones[step.result], words: stepResults[step.result] };
  }
  return attemptResult === 'failed' ? { tone: 'bad', words: 'failed' } : { tone: 'attention', words: 'did not finish' };
}

function StepLine({ step, attemptResult }: StepLineProps) {
  const { tone, words } = endOf({ step, attemptResult });
  const tookMs = Date.parse(step.at) - Date.parse(step.startedAt);
  return (
    <li>
      <span className="line-icon" data-tone={tone}>
        <ToneIcon tone={tone} size={17} />
      </span>
      <Text size="sm" className="device-text" span>
        <b>{steps[step.step]}</b>: {words}
        {tookMs > 0 && ` (${duration(tookMs)})`}
        {plain(step.detail) !== '' && `, ${plain(step.detail)}`}
        {step.fault !== null && `. ${faultWords(step.fault).title}`}
      </Text>
    </li>
  );
}
