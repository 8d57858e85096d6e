/** Lives of a device that end in the middle: what every one of them must keep, whatever the moment. */
import { siteToken } from '#test/worlds/host/console.ts';
import { Device, type DeviceOptions } from '#test/worlds/host/device.ts';
import type { Script } from '#test/worlds/host/installer.ts';
import type { Loss } from '#test/worlds/host/disk.ts';
import type { ShimPlan } from '#test/worlds/host/host.ts';

export interface Life {
  /** Scripts of the package manager's starts; then the one that works. */
  readonly scripts?: readonly Script[];
  readonly agentDiesAt?: readonly number[];
  readonly shim?: ShimPlan;
  /** What dies with the agent. */
  readonly crash?: 'process' | 'power';
  readonly loss?: Loss;
  readonly options?: DeviceOptions;
}

export interface Lived {
  readonly device: Device;
  /** Everything that went against the promises; empty is good. */
  readonly problems: readonly string[];
}

const patienceMs = 12 * 3_600_000;

/** One device from the first start to protection, with the deaths asked for. */
export async function live(life: Life): Promise<Lived> {
  const device = new Device(life.options ?? {});
  device.assignsOnEnrolment();
  device.crash = life.crash ?? 'process';
  device.host.loss = life.loss ?? 'part';
  device.crashes = [...(life.agentDiesAt ?? [])];
  if (life.shim !== undefined) device.host.shims = [life.shim];
  device.host.packageManager.coming.push(...(life.scripts ?? []));
  device.start();
  const protectedAtLast = await device.until('protected', patienceMs);
  await device.host.time.run(900_000, () => everythingTold(device));
  const problems = [...device.violations(), ...untold(device), ...leftBehind(device)];
  if (!protectedAtLast) problems.push(`not protected: ${JSON.stringify(device.state)}`);
  return { device, problems };
}

export function everythingTold(device: Device): boolean {
  const journal = device.running?.agent.journal;
  if (journal === undefined || device.state?.kind !== 'protected' || device.console.devices.size === 0) return false;
  const known = device.console.device().journals.get(journal.journalId);
  return (
    known !== undefined && known.acknowledged === journal.newestSeq && journal.acknowledgedSeq === journal.newestSeq
  );
}

/** Numbers that neither arrived nor were declared dropped. */
export function untold(device: Device): string[] {
  const problems: string[] = [];
  for (const [journalId, journal] of device.console.device().journals) {
    for (let seq = 1; seq <= journal.acknowledged; seq += 1) {
      const inGap = journal.gaps.some(({ from, to }) => seq >= from && seq <= to);
      if (!journal.events.has(seq) && !inGap) problems.push(`event ${journalId}/${seq} was lost`);
    }
    if (journal.gaps.length > 0) problems.push(`${journalId} has gaps: ${JSON.stringify(journal.gaps)}`);
  }
  const journal = device.running?.agent.journal;
  const known = journal === undefined ? undefined : device.console.device().journals.get(journal.journalId);
  if (journal === undefined || known?.acknowledged !== journal.newestSeq)
    problems.push('the console does not know everything');
  return problems;
}

export function leftBehind(device: Device): string[] {
  return device
    .stored()
    .filter(({ text }) => text.includes(siteToken))
    .map(({ path }) => `the site token lies in ${path}`);
}
