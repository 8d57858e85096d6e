/** What a detection means under a policy: may an installation start? Pure; the caller passes the time. */
import type { AntivirusPolicy } from '#protocol/assignment.ts';
import type { Conflict } from '#protocol/state.ts';
import type { Detection } from '#installers/antivirus/detect.ts';
import type { Finding } from '#installers/antivirus/finding.ts';
import type { FailedProbe } from '#installers/antivirus/probes.ts';
import { plainLine } from '#installers/antivirus/text.ts';

/** No grant lasts longer than this from its issue, whatever it says (G19). */
export const grantLifetimeMaxMs = 30 * 86_400_000;

/** A grant issued later than this after now is not believed: it could be made to last for ever. */
const issueAheadMaxMs = 10 * 60_000;

/** As many as a report holds; findings come worst first. */
const blockingMax = 20;
const reportedMax = 40;

export interface Grant {
  /** ms since 1970. */
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

export interface JudgementPolicy {
  /** Each names one catalogue id (or one `unnamed-…` id); there are no patterns. */
  readonly exceptions: readonly (Grant & { readonly productId: string })[];
  readonly waivers: readonly (Grant & { readonly probe: string })[];
  readonly onDemandScanners: 'block' | 'report';
  readonly defenderOnServers: 'report' | 'block';
  readonly coexisting: 'report' | 'block';
}

export interface Judgement {
  /** `already-installed`: the product itself is there. `unknown`: a look that matters failed and is not waived. */
  readonly verdict: 'clear' | 'blocked' | 'unknown' | 'already-installed';
  readonly blocking: readonly Conflict[];
  /** Found and not in the way: leftovers, coexisting products, excepted ones. */
  readonly reported: readonly Finding[];
  readonly excepted: readonly { readonly productId: string; readonly untilMs: number }[];
  readonly unknownProbes: readonly FailedProbe[];
  readonly waivedProbes: readonly (FailedProbe & { readonly untilMs: number })[];
  readonly self: Finding | null;
}

/** `now`: ms since 1970, the console's time where known. */
export function judge(detection: Detection, policy: JudgementPolicy, now: number): Judgement {
  const products = detection.findings.filter((finding) => !isProbeFinding(finding));
  const self = products.find((finding) => finding.state === 'self') ?? null;
  const others = products.filter((finding) => finding.state !== 'self');
  const inTheWay = others.filter((finding) => counts(finding, detection, policy));
  const until = (finding: Finding): number | null =>
    latest(
      policy.exceptions.filter(({ productId }) => productId === finding.productId),
      now,
    );
  const blocking = inTheWay.filter((finding) => until(finding) === null);
  const probes = judgeProbes(detection.failedProbes, policy, now);
  return {
    verdict: verdictOf(self, blocking, probes.unknownProbes),
    blocking: blocking.slice(0, blockingMax).map(conflictOf),
    reported: others.filter((finding) => !blocking.includes(finding)).slice(0, reportedMax),
    excepted: inTheWay.flatMap((finding) => {
      const untilMs = until(finding);
      return untilMs === null ? [] : [{ productId: finding.productId, untilMs }];
    }),
    ...probes,
    self,
  };
}

/** What travels and is shown: at most 10 lines of evidence of at most 200 characters. */
export function conflictOf(finding: Finding): Conflict {
  return {
    productId: finding.productId,
    name: finding.name,
    version: finding.version,
    state: finding.state,
    evidence: finding.evidence.slice(0, 10).map(({ text }) => plainLine(text)),
    remedy: finding.remedy.slice(0, 2000),
  };
}

/**
 * The product itself runs although nothing of it is installed under its own name: an agent that another brand brought
 * along, or one without a package. Nothing may be installed over it, and nothing is known to verify. null: not so.
 */
export function hiddenSelf({ self }: Judgement, product: 'absent' | 'partial' | 'present'): Conflict | null {
  if (self === null || !self.runs || product !== 'absent') return null;
  const remedy =
    'SentinelOne runs here, but is not installed under its own name: another product brought it along (N-able EDR and SonicWall Capture Client are built on it), or it was put there without a package. Nothing is installed over it. Remove it the way it came, or leave the device as it is.';
  return { ...conflictOf(self), remedy };
}

/** The signed assignment's policy with its times as numbers. */
export function judgementPolicy(policy: AntivirusPolicy): JudgementPolicy {
  const grant = (given: { issuedAt: string; expiresAt: string }): Grant => ({
    issuedAtMs: Date.parse(given.issuedAt),
    expiresAtMs: Date.parse(given.expiresAt),
  });
  return {
    exceptions: policy.exceptions.map((given) => ({ productId: given.productId, ...grant(given) })),
    waivers: policy.waivers.map((given) => ({ probe: given.probe, ...grant(given) })),
    onDemandScanners: policy.onDemandScanners,
    defenderOnServers: policy.defenderOnServers,
    coexisting: policy.coexisting,
  };
}

function verdictOf(
  self: Finding | null,
  blocking: readonly Finding[],
  unknown: readonly FailedProbe[],
): Judgement['verdict'] {
  if (self !== null) return 'already-installed';
  if (blocking.length > 0) return 'blocked';
  return unknown.length > 0 ? 'unknown' : 'clear';
}

function isProbeFinding(finding: Finding): boolean {
  return finding.evidence.some(({ kind }) => kind === 'probe');
}

/** Only evidence that took administrator rights may keep protection away (G6). */
function counts(finding: Finding, detection: Detection, policy: JudgementPolicy): boolean {
  if (!finding.evidence.some(({ strong }) => strong)) return false;
  if (finding.kind === 'built-in') return builtInCounts(finding, detection, policy);
  switch (finding.state) {
    case 'active':
    case 'installed-inactive':
    case 'pending-reboot':
      return finding.kind !== 'on-demand' || policy.onDemandScanners === 'block';
    case 'coexists':
      return policy.coexisting === 'block' && mayCoexist(finding);
    case 'unknown':
      return true;
    case 'self':
    case 'remnant':
      return false;
  }
}

/** Defender steps aside by itself on Windows clients; on servers it stays, and the policy decides. */
function builtInCounts(finding: Finding, detection: Detection, policy: JudgementPolicy): boolean {
  const protects = finding.state === 'active' || finding.state === 'unknown';
  return protects && detection.product === 'server' && policy.defenderOnServers === 'block';
}

/** A scanner without a daemon and an unmet condition are no matter of policy: there is nothing that would collide. */
function mayCoexist(finding: Finding): boolean {
  return finding.kind !== 'on-demand' && (finding.needs === null || finding.needs.policyDecides);
}

function judgeProbes(
  failed: readonly FailedProbe[],
  policy: JudgementPolicy,
  now: number,
): Pick<Judgement, 'unknownProbes' | 'waivedProbes'> {
  const unknownProbes: FailedProbe[] = [];
  const waivedProbes: (FailedProbe & { untilMs: number })[] = [];
  for (const probe of failed.filter(({ essential }) => essential)) {
    const untilMs = latest(
      policy.waivers.filter((waiver) => waiver.probe === probe.probe),
      now,
    );
    if (untilMs === null) unknownProbes.push(probe);
    else waivedProbes.push({ ...probe, untilMs });
  }
  return { unknownProbes, waivedProbes };
}

/** End of the grant that lasts longest; null when none holds now. */
function latest(grants: readonly Grant[], now: number): number | null {
  const ends = grants
    .filter(({ issuedAtMs }) => issuedAtMs <= now + issueAheadMaxMs)
    .map(({ issuedAtMs, expiresAtMs }) => Math.min(expiresAtMs, issuedAtMs + grantLifetimeMaxMs))
    .filter((end) => end > now);
  return ends.length === 0 ? null : Math.max(...ends);
}
