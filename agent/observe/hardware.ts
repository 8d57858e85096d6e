/** Describes the hardware once a day, at a minute of its own, so that a fleet of virtual machines does not do it at once. */
import { scheduleJob } from 'node-schedule';
import { asFault } from '#protocol/codes.ts';
import { hardwareReportSchema } from '#protocol/report.ts';
import type { Log } from '#agent/log.ts';
import type { Platform } from '#platform/platform.ts';
import type { Hardware } from '#agent/report/report.ts';

export interface HardwareReader {
  latest(): Hardware;
  stop(): void;
}

export function watchHardware(platform: Platform, log: Log, random: () => number): HardwareReader {
  let latest: Hardware = null;
  const look = async (): Promise<void> => {
    // It is for people only: whatever keeps it from being read (no space, no process) must not end the daemon.
    const read = await platform.hardware().catch((error: unknown) => {
      const { code, message } = asFault(error);
      return { status: 'failed', code, detail: message } as const;
    });
    const parsed = read.status === 'ok' ? hardwareReportSchema.safeParse(read.value) : null;
    if (parsed?.success === true)
      latest = { observedAt: new Date(platform.clock.now()).toISOString(), value: parsed.data };
    else
      log.debug('the hardware could not be described', {
        detail: read.status === 'ok' ? 'unexpected answer' : read.detail,
      });
  };
  const job = scheduleJob({ hour: Math.floor(random() * 24), minute: Math.floor(random() * 60) }, () => void look());
  void look();
  return { latest: () => latest, stop: () => void job.cancel() };
}
