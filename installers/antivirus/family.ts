/** Identifiers that several products share: named from what only one of them has, else reported as the family. */
import type { Catalogue, Product } from '#installers/antivirus/catalogue.ts';
import { productById } from '#installers/antivirus/catalogue.ts';
import type { Hit, Matches } from '#installers/antivirus/match.ts';

/** All evidence for one product, under the name it is reported by. */
export interface Group {
  readonly product: Product;
  readonly name: string;
  readonly hits: readonly Hit[];
}

/** One group for each product that anything was found of, shared evidence given out. */
export function groupHits(matches: Matches, catalogue: Catalogue): Group[] {
  const own = new Map<string, Hit[]>([...matches.products].map(([id, hits]) => [id, [...hits]]));
  const families = new Map<string, string>();
  const distinct = new Set([...own].filter(([, hits]) => hits.some((hit) => hit.claim !== 'hint')).map(([id]) => id));
  for (const { hit, productIds } of matches.shared) {
    const told = productIds.filter((id) => distinct.has(id));
    const first = spokesman(catalogue, productIds);
    if (told.length === 0) families.set(first, familyName(catalogue, productIds));
    for (const id of told.length > 0 ? told : [first]) own.set(id, [...(own.get(id) ?? []), hit]);
  }
  return [...own].flatMap(([id, hits]) => {
    const product = productById(catalogue, id);
    return product === null ? [] : [{ product, name: families.get(id) ?? product.name, hits }];
  });
}

/** Under whose id a family is reported: one that counts without a condition, so that doubt is on the safe side. */
function spokesman(catalogue: Catalogue, productIds: readonly string[]): string {
  const counting = productIds.find((id) => productById(catalogue, id)?.countsAsOtherAv === 'yes');
  return counting ?? productIds[0] ?? '';
}

function familyName(catalogue: Catalogue, productIds: readonly string[]): string {
  const members = productIds.flatMap((id) => productById(catalogue, id) ?? []);
  const family = catalogue.families.find(({ id }) => members.every((member) => member.family === id));
  return family?.name ?? members.map((member) => member.name).join(' or ');
}
