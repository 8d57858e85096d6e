import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceEvent } from '../../protocol/events.ts';
import { cache } from '../build/runtime.ts';
import type { Measurement, Row } from './measurement.ts';

/** The events of one real install, as an array of `DeviceEvent`; the end-to-end run of the binary leaves them here. */
const recordedInstall = join(cache, 'reports', 'install-events.json');

export interface InstallShare {
  readonly wholeMs: number;
  readonly downloadMs: number;
  readonly installerMs: number;
  /** Named conditions the agent waited for: a lock, settling, the vendor's agent connecting. */
  readonly waitedMs: number;
  readonly ownMs: number;
}

const at = (event: DeviceEvent): number => Date.parse(event.at);
const stepOf = ({ kind, data }: DeviceEvent): string =>
  kind === 'attempt-step' ? [data['step'], data['result']].join(' ') : '';

/** Splits the first attempt found into the time of others and the agent's own. Throws when it did not end. */
export function shareOf(events: readonly DeviceEvent[]): InstallShare {
  const from = events.findIndex((event) => event.kind === 'attempt-started');
  const to = events.findIndex((event, index) => index > from && event.kind === 'attempt-ended');
  const attempt = events.slice(from, to + 1);
  const [first, last] = [attempt[0], attempt.at(-1)];
  if (from < 0 || to < 0 || first === undefined || last === undefined)
    throw new Error('the events hold no whole attempt');
  const between = (begins: (event: DeviceEvent) => boolean): number =>
    attempt.reduce((sum, event, index) => sum + (begins(event) ? at(attempt[index + 1] ?? event) - at(event) : 0), 0);
  const wholeMs = at(last) - at(first);
  const downloadMs = between((event) => stepOf(event) === 'download started');
  const waitedMs = between((event) => stepOf(event).endsWith(' waiting'));
  const installerMs = attempt
    .filter((event) => event.kind === 'installer-exited')
    .reduce((sum, event) => sum + Number(event.data['durationMs']), 0);
  return { wholeMs, downloadMs, installerMs, waitedMs, ownMs: wholeMs - downloadMs - installerMs - waitedMs };
}

export const installShare: Measurement = {
  name: 'install-share',
  about: "the agent's own share of the install that the last end-to-end run recorded",
  async run(): Promise<readonly Row[]> {
    const what = "agent's own share of an install";
    const budget = '≤ 1 s';
    if (!existsSync(recordedInstall)) {
      return [{ what, ours: 'not recorded', theirs: 'run `scripts/test e2e` first', ratio: null, budget, met: false }];
    }
    const share = shareOf(JSON.parse(readFileSync(recordedInstall, 'utf8')) as DeviceEvent[]);
    const parts = `of ${share.wholeMs} ms: download ${share.downloadMs}, installer ${share.installerMs}, waits ${share.waitedMs}`;
    return [
      {
        what,
        ours: `${share.ownMs} ms`,
        theirs: parts,
        ratio: share.ownMs / share.wholeMs,
        budget,
        met: share.ownMs <= 1000,
      },
    ];
  },
};
