/** From evidence to one of the seven states. Registered, installed and running are three different claims. */
import type { Inventory } from '#platform/inventory.ts';
import type { CountsWhen, Product } from '#installers/antivirus/catalogue.ts';
import { expressed, named, namedAnyCase, namedLikeBrand, namedLikeDriver } from '#installers/antivirus/compare.ts';
import type { Claim } from '#installers/antivirus/facts.ts';
import type { Hit } from '#installers/antivirus/match.ts';

export const findingStates = [
  'active',
  'installed-inactive',
  'pending-reboot',
  'unknown',
  'self',
  'coexists',
  'remnant',
] as const;
export type FindingState = (typeof findingStates)[number];

/** What a product must do before it counts, and whether it was seen doing it. */
export interface Needs {
  /** Completes "counts when …". */
  readonly what: string;
  readonly met: boolean;
  /** The policy for coexisting products decides while it is not met. */
  readonly policyDecides: boolean;
}

export interface Assessment {
  readonly state: FindingState;
  readonly needs: Needs | null;
}

export interface Circumstances {
  readonly os: Inventory['os'];
  /** Another entry, guards included, has evidence that counts. */
  readonly isPresent: (productId: string) => boolean;
  /** Defender's own word on this machine, where it could be read: runs without deciding over files. */
  readonly defenderPassive: boolean;
}

/** null: nothing that is worth a finding (hints only, or an identifier too common to stand alone). */
export function assess(product: Product, hits: readonly Hit[], around: Circumstances): Assessment | null {
  const raw = claimedState(product, hits, around.os);
  if (raw === null) return null;
  const when = product[around.os]?.countsWhen;
  if (when?.beside !== undefined && !around.isPresent(when.beside)) return null;
  if (raw === 'remnant' || raw === 'pending-reboot') return { state: raw, needs: null };
  if (product.countsAsOtherAv === 'self') return { state: 'self', needs: null };
  if (product.countsAsOtherAv === 'no') return { state: 'coexists', needs: null };
  const needs = passiveNeeds(product, around) ?? (when === undefined ? null : needsOf(when, hits));
  return { state: needs === null || needs.met ? raw : 'coexists', needs };
}

/** What the evidence claims before any condition of the entry; the catalogue's fields say what could have been seen. */
export function claimedState(product: Product | null, hits: readonly Hit[], os: Inventory['os']): FindingState | null {
  const has = (claim: Claim): boolean => hits.some((hit) => hit.claim === claim);
  if (has('running') || isRegisteredAndAlive(hits)) return 'active';
  const installed = hits.some((hit) => hit.claim === 'installed' && !isOrphan(hit, hits));
  if (has('loaded')) return installed || knownByDriverOnly(product, os) ? 'active' : 'pending-reboot';
  if (has('pending-removal')) return 'pending-reboot';
  if (installed) return 'installed-inactive';
  return has('leftover') || has('installed') ? 'remnant' : null;
}

/** A row that is on counts although its program is not where it says, when a loaded driver or an uninstall entry shows life. */
function isRegisteredAndAlive(hits: readonly Hit[]): boolean {
  const alive = hits.some(
    ({ fact, claim }) => claim === 'loaded' || (claim === 'installed' && fact.kind === 'uninstall-entry'),
  );
  return alive && hits.some(({ fact, claim }) => claim !== 'hint' && fact.claimIfAlive === 'running');
}

/** The start script that dpkg keeps for a removed package still makes a stopped service. */
function isOrphan(hit: Hit, hits: readonly Hit[]): boolean {
  const packages = hits.filter((other) => other.fact.kind === 'package');
  return hit.fact.kind === 'service' && packages.length > 0 && packages.every((other) => other.claim === 'leftover');
}

/** Where only drivers are catalogued, a loaded one is all that can be seen of a working product. */
function knownByDriverOnly(product: Product | null, os: Inventory['os']): boolean {
  const windows = product?.windows;
  return os === 'windows' && windows !== undefined && windows.services.length === 0 && windows.processes.length === 0;
}

function passiveNeeds(product: Product, around: Circumstances): Needs | null {
  if (product.id !== 'microsoft-defender-for-endpoint' || !around.defenderPassive) return null;
  return { what: 'it leaves passive mode', met: false, policyDecides: true };
}

function needsOf(when: CountsWhen, hits: readonly Hit[]): Needs {
  const met = when.beside !== undefined || hits.some((hit) => isMark(when, hit));
  return { what: when.what, met, policyDecides: when.policyDecides };
}

/** Whoever decides over file opens scans on access, whatever it is called. */
function isMark(when: CountsWhen, { fact, claim }: Hit): boolean {
  if (claim === 'hint' || claim === 'leftover' || claim === 'pending-removal') return false;
  if (fact.blocksFileAccess) return true;
  switch (fact.kind) {
    case 'service':
      return claim === 'running' && (named(when.units, fact.key) ?? namedAnyCase(when.services, fact.key)) !== null;
    case 'process':
      return claim === 'running' && namedAnyCase(when.processes, fact.key) !== null;
    case 'driver':
      return namedLikeDriver(when.drivers, fact.key) !== null;
    case 'security-center':
      return namedLikeBrand(when.securityCenterNames, fact.key) !== null;
    case 'uninstall-entry':
      return expressed(when.uninstallNames, fact.key) !== null;
    case 'system-extension':
    case 'launch-daemon':
      return claim === 'running' && (named(when.bundleIds, fact.key) ?? named(when.launchDaemons, fact.key)) !== null;
    case 'package':
    case 'path':
    case 'bundle':
    case 'receipt':
    case 'defender':
      return false;
  }
}
