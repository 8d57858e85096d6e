/** Precision and recall: what must be found on a machine against what is found. */
import type { Catalogue } from '#installers/antivirus/catalogue.ts';
import { detect, type Detection } from '#installers/antivirus/detect.ts';
import type { Fixture } from '#test/installers/antivirus/fixtures/fixture.ts';
import type { Situation } from '#test/installers/antivirus/matrix/situation.ts';

export interface Score {
  readonly machines: number;
  /** Products found that must be found, in the right state; found ones that must not; missed ones. */
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  /** One line for each that is wrong. */
  readonly wrong: readonly string[];
}

/** What a machine must give: each entry is one product, any of the ids, in one state. */
export interface Expected {
  readonly name: string;
  readonly products: readonly { readonly anyOf: readonly string[]; readonly state: string }[];
  readonly guards: readonly string[];
  /** Guard entries that may take something beside; null: any. */
  readonly otherGuards: readonly string[] | null;
}

/** Windows' own Defender is on every Windows machine; what it must be said to do is tested by name. */
const always = 'microsoft-defender-antivirus';

function scoreOne(expected: Expected, detection: Detection): Score {
  const found = detection.findings.filter(({ productId }) => productId !== always);
  const missed = expected.products.filter(
    ({ anyOf, state }) => !found.some((one) => anyOf.includes(one.productId) && one.state === state),
  );
  const extra = found.filter(
    (one) => !expected.products.some(({ anyOf, state }) => anyOf.includes(one.productId) && one.state === state),
  );
  const twice = found.length - extra.length - (expected.products.length - missed.length);
  const taken = detection.guardHits.map(({ productId }) => productId);
  const guards = expected.guards.filter((id) => !taken.includes(id));
  const { otherGuards } = expected;
  const second = otherGuards === null ? [] : taken.filter((id) => ![...expected.guards, ...otherGuards].includes(id));
  return {
    machines: 1,
    tp: expected.products.length - missed.length,
    fp: extra.length + twice + second.length,
    fn: missed.length + guards.length,
    wrong: [
      ...missed.map(({ anyOf, state }) => `${expected.name}: missed ${anyOf.join(' or ')} (${state})`),
      ...extra.map(({ productId, state }) => `${expected.name}: found ${productId} (${state})`),
      ...(twice === 0 ? [] : [`${expected.name}: found twice`]),
      ...second.map((id) => `${expected.name}: guard ${id} took it as well`),
      ...guards.map((id) => `${expected.name}: guard ${id} did not take it`),
    ],
  };
}

export function scoreFixtures(fixtures: readonly Fixture[], catalogue: Catalogue): Score {
  return total(
    fixtures.map((fixture) => scoreOne(expectedOf(fixture, catalogue), detect(fixture.inventory, catalogue))),
  );
}

/** A machine that shows one product shows no second one, guards included. */
function expectedOf({ name, entry, os, kind, expected, guard }: Fixture, { products }: Catalogue): Expected {
  const beside = products.find(({ id }) => id === entry)?.[os]?.countsWhen?.beside;
  return {
    name,
    products: expected === null ? [] : [expected],
    guards: guard === null ? [] : [guard],
    otherGuards: kind === 'near-miss' ? null : beside === undefined ? [] : [beside],
  };
}

export function scoreSituations(situations: readonly Situation[], catalogue: Catalogue): Score {
  return total(
    situations.map(({ id, inventory, findings, guards = [] }) => {
      const products = Object.entries(findings)
        .filter(([productId]) => productId !== always)
        .map(([productId, state]) => ({ anyOf: [productId], state }));
      return scoreOne({ name: id, products, guards, otherGuards: null }, detect(inventory, catalogue));
    }),
  );
}

export function total(scores: readonly Score[]): Score {
  return {
    machines: sum(scores, ({ machines }) => machines),
    tp: sum(scores, ({ tp }) => tp),
    fp: sum(scores, ({ fp }) => fp),
    fn: sum(scores, ({ fn }) => fn),
    wrong: scores.flatMap(({ wrong }) => wrong),
  };
}

/** "matrix    86 machines  tp 31 fp 0 fn 0  precision 100.0 % recall 100.0 %". */
export function scoreLine(what: string, { machines, tp, fp, fn }: Score): string {
  const share = (of: number, all: number): string => (all === 0 ? 'none' : `${((100 * of) / all).toFixed(1)} %`);
  return `${what.padEnd(20)} ${String(machines).padStart(5)} machines  tp ${tp} fp ${fp} fn ${fn}  precision ${share(tp, tp + fp)} recall ${share(tp, tp + fn)}`;
}

function sum(scores: readonly Score[], pick: (score: Score) => number): number {
  return scores.reduce((all, score) => all + pick(score), 0);
}
