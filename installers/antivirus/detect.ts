/**
 * Other antivirus on a machine: inventory × catalogue → findings with their evidence. Pure; executes and trusts nothing
 * of what it finds. What to do about a finding is `judge.ts`.
 */
import type { Inventory } from '#platform/inventory.ts';
import type { Catalogue } from '#installers/antivirus/catalogue.ts';
import {
  defenderClass,
  defenderRecord,
  defenderState,
  defenderText,
  isDefenderPassive,
  rowSaysOff,
} from '#installers/antivirus/defender.ts';
import { factsOf } from '#installers/antivirus/facts.ts';
import { groupHits, type Group } from '#installers/antivirus/family.ts';
import {
  evidenceMax,
  evidenceOf,
  namedFinding,
  unknownFinding,
  unnamedFindings,
  worstFirst,
  type Evidence,
  type Finding,
} from '#installers/antivirus/finding.ts';
import { matchFacts, type Hit, type Matches } from '#installers/antivirus/match.ts';
import { failedProbes, type FailedProbe } from '#installers/antivirus/probes.ts';
import { defenderRemedy } from '#installers/antivirus/remedy.ts';
import { assess, type Circumstances } from '#installers/antivirus/state.ts';

/** Something that looks like an antivirus and is none. */
export interface GuardHit {
  readonly productId: string;
  readonly name: string;
  readonly evidence: readonly string[];
}

export interface Detection {
  readonly os: Inventory['os'];
  readonly product: Inventory['product'];
  /** Worst first, then by id. */
  readonly findings: readonly Finding[];
  readonly failedProbes: readonly FailedProbe[];
  readonly guardHits: readonly GuardHit[];
  /** What anybody could have planted, for diagnostics; decides nothing. */
  readonly hints: readonly { readonly productId: string; readonly text: string }[];
}

/** A result is cut here, so that no machine can make a report too large. */
const hintsMax = 50;
const defenderId = 'microsoft-defender-antivirus';

/** Never throws, whatever the inventory holds. */
export function detect(inventory: Inventory, catalogue: Catalogue): Detection {
  const matches = matchFacts(factsOf(inventory), catalogue, inventory.os);
  const groups = groupHits(matches, catalogue);
  const around = circumstances(inventory, groups, matches);
  const failed = failedProbes(inventory);
  const products = groups.filter((group) => group.product.class !== 'builtin');
  const named = products.flatMap((group) => findingOf(group, inventory, around) ?? []);
  const others = [...withoutShadows(named, catalogue), ...unnamedFindings(matches.unnamed, inventory.os)];
  const defender = groups.find((group) => group.product.id === defenderId);
  const findings = [
    ...others,
    ...defenderFindings(defender, inventory, catalogue, others),
    ...failed.filter((probe) => probe.essential).map(unknownFinding),
  ];
  return {
    os: inventory.os,
    product: inventory.product,
    findings: findings.toSorted(worstFirst),
    failedProbes: failed,
    guardHits: guardHits(matches, catalogue),
    hints: hintsOf(groups),
  };
}

function circumstances(inventory: Inventory, groups: readonly Group[], matches: Matches): Circumstances {
  const isThere = ({ claim }: Hit): boolean => claim !== 'hint' && claim !== 'leftover';
  return {
    os: inventory.os,
    isPresent: (id) =>
      groups.some((group) => group.product.id === id && group.hits.some(isThere)) ||
      (matches.guards.get(id) ?? []).some(isThere),
    defenderPassive: isDefenderPassive(inventory),
  };
}

function findingOf(group: Group, inventory: Inventory, around: Circumstances): Finding | null {
  const assessment = assess(group.product, group.hits, around);
  return assessment === null ? null : namedFinding(group, assessment, inventory.os);
}

/** Windows only: elsewhere Defender is a product like any other. `others`: what else was found. */
function defenderFindings(
  group: Group | undefined,
  inventory: Inventory,
  catalogue: Catalogue,
  others: readonly Finding[],
): Finding[] {
  const product = catalogue.products.find((entry) => entry.class === 'builtin' && entry.id === defenderId);
  const record = defenderRecord(inventory);
  if (inventory.os !== 'windows' || product === undefined || record === null) return [];
  const hits = group?.hits ?? [];
  const around = {
    rowSaysOff: rowSaysOff(hits, inventory),
    otherActive: others.some(({ state }) => state === 'active'),
  };
  const kind = defenderClass(record, around);
  const state = defenderState(kind);
  if (state === null) return [];
  const finding = namedFinding({ product, name: product.name, hits }, { state, needs: null }, inventory.os);
  const own: Evidence = { kind: 'defender', text: defenderText(record, around), strong: true };
  const remedy = defenderRemedy(kind, inventory.product);
  return [{ ...finding, remedy, evidence: [own, ...finding.evidence].slice(0, evidenceMax) }];
}

/** A product that only would count, beside a relative that does: the shared engine of one installation. */
function withoutShadows(findings: readonly Finding[], catalogue: Catalogue): Finding[] {
  const family = (finding: Finding): string | undefined =>
    catalogue.products.find((product) => product.id === finding.productId)?.family;
  return findings.filter((finding) => {
    if (finding.needs === null || finding.needs.met || family(finding) === undefined) return true;
    return !findings.some((other) => other.state === 'active' && family(other) === family(finding));
  });
}

function guardHits(matches: Matches, catalogue: Catalogue): GuardHit[] {
  return catalogue.products.flatMap((product) => {
    const hits = matches.guards.get(product.id);
    if (hits === undefined) return [];
    return [{ productId: product.id, name: product.name, evidence: evidenceOf(hits).map(({ text }) => text) }];
  });
}

function hintsOf(groups: readonly Group[]): Detection['hints'] {
  return groups
    .flatMap(({ product, hits }) =>
      hits.filter(({ claim }) => claim === 'hint').map(({ fact }) => ({ productId: product.id, text: fact.text })),
    )
    .slice(0, hintsMax);
}
