/** One finding: what was found, how that is known, and what can be done about it. */
import type { Inventory } from '#platform/inventory.ts';
import type { Product } from '#installers/antivirus/catalogue.ts';
import { brand } from '#installers/antivirus/compare.ts';
import { claims, type Claim, type EvidenceKind, type Fact } from '#installers/antivirus/facts.ts';
import type { Group } from '#installers/antivirus/family.ts';
import type { Hit } from '#installers/antivirus/match.ts';
import { probeRemedy, probeTitles, type FailedProbe } from '#installers/antivirus/probes.ts';
import { remedyFor } from '#installers/antivirus/remedy.ts';
import {
  claimedState,
  findingStates,
  type Assessment,
  type FindingState,
  type Needs,
} from '#installers/antivirus/state.ts';
import { plainLine, unnamedId } from '#installers/antivirus/text.ts';

export interface Evidence {
  readonly kind: EvidenceKind | 'probe';
  readonly text: string;
  /** Took administrator rights to make, and shows the product itself rather than a trace of it. */
  readonly strong: boolean;
}

export interface Finding {
  /** A catalogue id, `unnamed-…` for a product without an entry, `unknown-…` for a look that failed. */
  readonly productId: string;
  readonly name: string;
  readonly vendor: string;
  readonly class: Product['class'];
  readonly state: FindingState;
  /** `on-demand` scans when told to; `resident` checks by itself; `built-in` came with the system. */
  readonly kind: 'resident' | 'on-demand' | 'built-in';
  readonly version: string | null;
  /** Something of it runs or is registered as on, whatever that means for its state. */
  readonly runs: boolean;
  /** Strongest first. */
  readonly evidence: readonly Evidence[];
  readonly remedy: string;
  /** null when the product counts without a condition. */
  readonly needs: Needs | null;
}

/** Lists in a result are cut here, so that no machine can make a report too large. */
export const evidenceMax = 20;

export function namedFinding(group: Group, { state, needs }: Assessment, os: Inventory['os']): Finding {
  const { product, hits } = group;
  return {
    productId: product.id,
    name: group.name,
    vendor: product.vendor,
    class: product.class,
    state,
    kind: kindOf(product, hits, os),
    version: versionOf(hits),
    runs: runs(hits),
    evidence: evidenceOf(hits),
    remedy: remedyFor({ product, name: group.name, os, state, needs, hits }),
    needs,
  };
}

/**
 * A Security Center row or a blocking fanotify holder that no entry names still is another antivirus, unless the row is
 * Microsoft's own under another name.
 */
export function unnamedFindings(facts: readonly Fact[], os: Inventory['os']): Finding[] {
  const byId = new Map<string, Hit[]>();
  for (const fact of facts) {
    const isRow = fact.kind === 'security-center' && !fact.microsoft;
    if (!isRow && !fact.blocksFileAccess) continue;
    const id = unnamedId(brand(fact.key));
    const hits = byId.get(id) ?? [];
    const installed = isRow && hits.length === 0 ? programsOf(fact.key, facts) : [];
    byId.set(id, [...hits, ...[fact, ...installed].map((each) => ({ fact: each, claim: each.claim }))]);
  }
  return [...byId].flatMap(([productId, hits]) => {
    const state = claimedState(null, hits, os);
    const name = brand(plainLine(hits[0]?.fact.key ?? ''));
    if (state === null) return [];
    return {
      productId,
      name: plainLine(`Other antivirus: ${name}`),
      vendor: 'unknown',
      class: 'av',
      state,
      kind: 'resident',
      version: versionOf(hits),
      runs: runs(hits),
      evidence: evidenceOf(hits),
      remedy: remedyFor({ product: null, name, os, state, needs: null, hits }),
      needs: null,
    };
  });
}

/** Installed programs of the name under which somebody registered: "Acme AV" and "Acme AV 12.1". */
function programsOf(registered: string, facts: readonly Fact[]): Fact[] {
  const name = brand(registered).toLowerCase();
  if (name.length < 3) return [];
  return facts.filter((fact) => {
    const key = brand(fact.key).toLowerCase();
    return fact.kind === 'uninstall-entry' && (key === name || key.startsWith(`${name} `));
  });
}

export function unknownFinding(failed: FailedProbe): Finding {
  return {
    productId: `unknown-${failed.probe}`,
    name: `Could not look at ${probeTitles[failed.probe]}`,
    vendor: 'unknown',
    class: 'av',
    state: 'unknown',
    kind: 'resident',
    version: null,
    runs: false,
    evidence: [{ kind: 'probe', text: plainLine(`${failed.probe}: ${failed.code}: ${failed.detail}`), strong: false }],
    remedy: probeRemedy(failed),
    needs: null,
  };
}

export function worstFirst(a: Finding, b: Finding): number {
  const order = findingStates.indexOf(a.state) - findingStates.indexOf(b.state);
  return order !== 0 ? order : a.productId < b.productId ? -1 : a.productId > b.productId ? 1 : 0;
}

function kindOf(product: Product, hits: readonly Hit[], os: Inventory['os']): Finding['kind'] {
  if (product.class === 'builtin') return 'built-in';
  if (product.class !== 'scanner-on-demand') return 'resident';
  const onAccess = product[os]?.onAccess ?? [];
  const seen = hits.some(
    ({ fact, claim }) => claim === 'running' && (fact.blocksFileAccess || onAccess.includes(fact.key)),
  );
  return seen ? 'resident' : 'on-demand';
}

function runs(hits: readonly Hit[]): boolean {
  return hits.some(({ claim }) => claim === 'running');
}

function versionOf(hits: readonly Hit[]): string | null {
  const given = byStrength(hits).find(({ fact, claim }) => fact.version !== null && claim !== 'leftover');
  const version = given?.fact.version ?? null;
  return version === null ? null : plainLine(version);
}

export function evidenceOf(hits: readonly Hit[]): Evidence[] {
  return byStrength(hits)
    .map(({ fact, claim }) => ({ kind: fact.kind, text: fact.text, strong: isStrong(claim) }))
    .slice(0, evidenceMax);
}

function byStrength(hits: readonly Hit[]): Hit[] {
  return hits.toSorted((a, b) => claims.indexOf(a.claim) - claims.indexOf(b.claim));
}

function isStrong(claim: Claim): boolean {
  return claim !== 'hint' && claim !== 'leftover';
}
