/** Which entry each fact belongs to. Guard entries take theirs first, so an excluded name never becomes a hit. */
import type { Inventory } from '#platform/inventory.ts';
import type { Catalogue, Product } from '#installers/antivirus/catalogue.ts';
import { decides } from '#installers/antivirus/compare.ts';
import { scoreOf } from '#installers/antivirus/evidence-rows.ts';
import type { Claim, Fact } from '#installers/antivirus/facts.ts';

/** A fact as evidence for one entry: `claim` is what it proves there, never more than the fact itself. */
export interface Hit {
  readonly fact: Fact;
  readonly claim: Claim;
}

export interface Matches {
  /** By product id, guards excluded. */
  readonly products: ReadonlyMap<string, readonly Hit[]>;
  /** Facts that several entries name equally well: identifiers shared inside a family. */
  readonly shared: readonly { readonly hit: Hit; readonly productIds: readonly string[] }[];
  readonly guards: ReadonlyMap<string, readonly Hit[]>;
  /** Facts that nothing in the catalogue names. */
  readonly unnamed: readonly Fact[];
}

/** Entries that must never count: guards, and what is built into the system and always there. */
export function isGuard(product: Product): boolean {
  return product.class === 'not-av' || (product.class === 'builtin' && product.countsAsOtherAv === 'no');
}

export function matchFacts(facts: readonly Fact[], catalogue: Catalogue, os: Inventory['os']): Matches {
  const guardEntries = catalogue.products.filter(isGuard);
  const productEntries = catalogue.products.filter((product) => !isGuard(product));
  const products = new Map<string, Hit[]>();
  const guards = new Map<string, Hit[]>();
  const shared: { hit: Hit; productIds: string[] }[] = [];
  const unnamed: Fact[] = [];
  for (const fact of facts) {
    const guard = best(guardEntries, fact, os);
    const found = best(productEntries, fact, os);
    const owner = found === null || (guard !== null && guard.score >= found.score) ? guard : found;
    if (owner === null || (owner === guard && isUnexplainedBlocker(fact, owner.score))) {
      unnamed.push(fact);
      continue;
    }
    const hit: Hit = { fact, claim: decides(owner.score) || fact.blocksFileAccess ? fact.claim : 'hint' };
    if (owner === found && owner.ids.length > 1) shared.push({ hit, productIds: owner.ids });
    else append(owner === guard ? guards : products, owner.ids[0], hit);
  }
  return { products, shared, guards, unnamed };
}

/** A name that merely resembles a guard's does not excuse a program that decides over file opens. */
function isUnexplainedBlocker(fact: Fact, score: number): boolean {
  return fact.blocksFileAccess && !decides(score);
}

/** All entries that match best, in catalogue order. */
function best(entries: readonly Product[], fact: Fact, os: Inventory['os']): { score: number; ids: string[] } | null {
  let top: { score: number; ids: string[] } | null = null;
  for (const entry of entries) {
    const score = scoreOf(entry, fact, os);
    if (score === null || (top !== null && score < top.score)) continue;
    if (top !== null && score === top.score) top.ids.push(entry.id);
    else top = { score, ids: [entry.id] };
  }
  return top;
}

function append(to: Map<string, Hit[]>, id: string | undefined, hit: Hit): void {
  if (id === undefined) return;
  const list = to.get(id);
  if (list === undefined) to.set(id, [hit]);
  else list.push(hit);
}
