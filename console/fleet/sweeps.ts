/** What a console process does beside answering: hints from others, sweeps that make up for lost ones, flushing, retention. */
import { consoleScope, type Scope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { forgetArchives } from '#console/fleet/link/diagnostics.ts';
import { turnRings } from '#console/releases/rings.ts';
import { forgetOld } from '#console/fleet/retention.ts';
import { devicesWithCommandsSince } from '#console/store/devices/commands.ts';
import { outdatedSince } from '#console/store/deployments/slots.ts';

const sweepEveryMs = 5_000;
const flushEveryMs = 8_000;
const retentionEveryMs = 60_000;
/** Longer than a sweep and a slow transaction together. */
const lookBackMs = 30_000;
/** Devices of an organisation do not all come at once. */
const spreadMs = 10_000;

/** One look at what other processes, or lost hints, may have left. */
export async function sweep(side: DeviceSide, scope: Scope): Promise<void> {
  const { organisations, revoked, changed } = await side.memory.sweep(side.clock.now());
  for (const deviceId of revoked) side.waiters.wake(deviceId, 'revoked');
  for (const deviceId of changed) side.waiters.wake(deviceId, 'check-in');
  for (const organisationId of organisations) side.waiters.wakeAll(organisationId, 'check-in', spreadMs);
  const devices = await devicesWithCommandsSince(side.store.read, scope, side.clock.now() - lookBackMs);
  for (const deviceId of devices) side.waiters.wake(deviceId, 'command');
  for (const deviceId of await outdatedSince(side.store.read, scope, side.clock.now() - lookBackMs)) {
    side.memory.outdated(deviceId);
    side.waiters.wake(deviceId, 'command');
  }
  for (const organisationId of await side.leaving.reload()) side.waiters.wakeAll(organisationId, 'command', spreadMs);
  side.tokens.forgetExpired(side.clock.now());
  await side.keys.reload();
  await side.turns.fill();
  await announceSilence(side);
  await turnRings(side);
}

/** Lists and counters show who fell silent; one hint per organisation renews them all. */
async function announceSilence(side: DeviceSide): Promise<void> {
  const turned = await side.silence.sweep(side.clock.now());
  for (const [organisationId, [first]] of Map.groupBy(turned, (row) => row.organisation_id))
    if (first !== undefined) side.hint({ topic: 'device', id: first.device_id, organisationId });
}

function hear(side: DeviceSide, topic: string): void {
  const [kind, id] = topic.split(':');
  if (id === undefined) return;
  if (kind === 'command') side.waiters.wake(id, 'command');
  if (kind === 'slot') {
    side.memory.outdated(id);
    side.waiters.wake(id, 'command');
  }
  if (kind === 'leaving') void side.leaving.reload().catch(() => undefined);
  if (kind === 'identity') {
    side.memory.forget(id);
    side.waiters.wake(id, 'check-in');
  }
  if (kind === 'revoked') {
    side.memory.forget(id);
    side.waiters.wake(id, 'revoked');
  }
}

/** From now on hints of other processes wake what waits here. */
export function hearOthers(side: DeviceSide): void {
  side.store.listen((topic) => hear(side, topic));
}

export interface Sweeps {
  stop(): Promise<void>;
}

/** Starts them; `failed` is told of errors, and the next round tries again. */
export async function startSweeps(side: DeviceSide, failed: (error: unknown) => void): Promise<Sweeps> {
  const scope = consoleScope('sweep');
  hearOthers(side);
  await sweep(side, scope);
  const every = (ms: number, work: () => Promise<unknown>): ReturnType<typeof setInterval> => {
    const timer = setInterval(() => void work().catch(failed), ms);
    timer.unref();
    return timer;
  };
  const timers = [
    every(sweepEveryMs, () => sweep(side, scope)),
    every(flushEveryMs, () => side.memory.flush()),
    every(retentionEveryMs, () => forgetArchives(side)),
    every(retentionEveryMs, () => forgetOld(side)),
  ];
  return {
    async stop() {
      for (const timer of timers) clearInterval(timer);
      side.waiters.wakeAll(null, 'drain', 0);
      await side.memory.flush();
    },
  };
}
