/** Whether an update may be begun. Pure; everything is refused that is not plainly allowed. */
import { Fault } from '#protocol/codes.ts';
import { findArtifact, type Artifact, type Release } from '#protocol/release.ts';
import { compareAgentVersions } from '#protocol/release/version.ts';
import type { UpdateFailure, UpdateOrder } from '#agent/update/order.ts';

export interface Judgement {
  readonly release: Release;
  readonly order: UpdateOrder;
  /** This program. */
  readonly own: { readonly version: string; readonly target: string };
  /** Highest version that has proved itself here. */
  readonly floor: string | null;
  readonly failures: readonly UpdateFailure[];
  readonly bootId: string;
}

/** The program to fetch, or a Fault that says why not (G15). */
export function judgeUpdate({ release, order, own, floor, failures, bootId }: Judgement): Artifact {
  if (release.version !== order.version)
    throw new Fault('release.untrusted', `the release is ${release.version}, asked for was ${order.version}`);
  refuseDowngrade(release, order, own.version, floor);
  const artifact = findArtifact(release, own.target, 'binary');
  if (artifact === null) throw new Fault('update.no-program', `${release.version} has none for ${own.target}`);
  const boots = new Set(failures.filter(({ sha256 }) => sha256 === artifact.sha256).map((one) => one.bootId));
  if (boots.size >= 2)
    throw new Fault('update.quarantined', `${release.version} failed after ${boots.size} starts of this device`);
  if (boots.has(bootId))
    throw new Fault('update.failed-here', `${release.version} has failed since this device was started`);
  return artifact;
}

/** Both must want it: the release, which names what it may replace, and the console's operator. */
function refuseDowngrade(release: Release, order: UpdateOrder, own: string, floor: string | null): void {
  const highest = floor !== null && compareAgentVersions(floor, own) > 0 ? floor : own;
  if (compareAgentVersions(release.version, highest) > 0) return;
  if (order.downgrade && release.replaces.includes(highest)) return;
  throw new Fault('update.older', `${release.version} is not newer than ${highest}`);
}
