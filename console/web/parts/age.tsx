import { Text, type TextProps } from '@mantine/core';
import { age, countdown, exactTime } from '#console/web/format.ts';
import { useNow } from '#console/web/server/clock.ts';

/** How old something is; the exact time on hover. */
export function Age({ at, before = '', ...text }: { at: string; before?: string } & TextProps) {
  const nowMs = useNow();
  return (
    <Text component="time" dateTime={at} title={exactTime(at)} size="sm" c="dimmed" className="nowrap" span {...text}>
      {before}
      {age(at, nowMs)}
    </Text>
  );
}

/** Counts down each second; says `due` when the time has come. */
export function Countdown({ until, due = 'now' }: { until: string; due?: string }) {
  const nowMs = useNow(1_000);
  return (
    <time dateTime={until} title={exactTime(until)}>
      {countdown(until, nowMs) ?? due}
    </time>
  );
}
