/** One line of the result: ours beside what it is compared with, both from this run. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly theirs: string;
  /** Ours divided by theirs; null where the budget is absolute. */
  readonly ratio: number | null;
  /** Least and most of the ratios, where there are pairs; `ratio` is then their median. */
  readonly ratioRange?: string;
  /** In the words of the budget table. */
  readonly budget: string;
  readonly met: boolean;
}

export interface Measurement {
  readonly name: string;
  readonly about: string;
  run(): Promise<readonly Row[]>;
}

/** Nothing a machine's owner set steers what is measured. */
export const plainEnvironment: NodeJS.ProcessEnv = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: '/root',
};

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

/** The median and, in brackets, the least and the most. */
export function spread(values: readonly number[], digits: number): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

/** Round by round, so that what slows the machine slows both. */
export function pairByPair(ours: readonly number[], theirs: readonly number[]): { ratio: number; ratioRange: string } {
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  return { ratio: median(ratios), ratioRange: `(${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})` };
}

/** Runs several things in turn, round by round, after one that is not counted. The times of each, in ms. */
export async function inTurn(
  rounds: number,
  things: readonly (() => Promise<void>)[],
): Promise<readonly (readonly number[])[]> {
  const taken = things.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, thing] of things.entries()) {
      const started = performance.now();
      await thing();
      if (round > 0) taken[index]?.push(performance.now() - started);
    }
  }
  return taken;
}

export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    row.ours,
    row.theirs,
    row.ratio === null ? '' : `${row.ratio.toFixed(2)} × ${row.ratioRange ?? ''}`,
    row.budget,
    row.met ? 'met' : 'MISSED',
  ]);
  const all = [['what', 'ours', 'beside', 'ratio', 'budget', ''], ...cells];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0))) ?? [];
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
