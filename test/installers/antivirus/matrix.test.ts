import { describe, expect, test } from 'vitest';
import { catalogue } from '#installers/antivirus/catalogue.ts';
import { detect } from '#installers/antivirus/detect.ts';
import { judge } from '#installers/antivirus/judge.ts';
import { defaultPolicy } from '#test/installers/antivirus/policies.ts';
import { linuxSituations } from '#test/installers/antivirus/matrix/linux.ts';
import { macosSituations } from '#test/installers/antivirus/matrix/macos.ts';
import type { Situation } from '#test/installers/antivirus/matrix/situation.ts';
import { windowsSituations } from '#test/installers/antivirus/matrix/windows.ts';

const situations = [...linuxSituations, ...macosSituations, ...windowsSituations];

function blockingIn({ inventory }: Situation): string[] {
  return judge(detect(inventory, catalogue), defaultPolicy, 0).blocking.map(({ productId }) => productId);
}

const rows = ['W', 'M', 'L'].flatMap((system, index) =>
  Array.from({ length: [20, 6, 8][index] ?? 0 }, (_, row) => `${system}${String(row + 1).padStart(2, '0')}`),
);

describe('detection matrix', () => {
  test('has every one of the 34 rows, and no id twice', () => {
    const ids = situations.map(({ id }) => id);
    expect(rows).toHaveLength(34);
    expect(ids).toEqual(expect.arrayContaining(rows));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(situations)('$id $what', (situation) => {
    const detection = detect(situation.inventory, catalogue);
    const states = Object.fromEntries(detection.findings.map(({ productId, state }) => [productId, state]));
    expect(states).toEqual(situation.findings);
    expect(blockingIn(situation)).toEqual(situation.blocking);
    expect(detection.guardHits.map(({ productId }) => productId)).toEqual(
      expect.arrayContaining([...(situation.guards ?? [])]),
    );
    const failed = Object.keys(situation.findings).filter((id) => id.startsWith('unknown-'));
    expect(detection.failedProbes.filter(({ essential }) => essential)).toHaveLength(failed.length);
  });
});
