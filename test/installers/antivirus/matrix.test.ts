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

describe('detection matrix', () => {
  test.each(situations)('$id $what', (situation) => {
    const detection = detect(situation.inventory, catalogue);
    const states = Object.fromEntries(detection.findings.map(({ productId, state }) => [productId, state]));
    expect(states).toEqual(situation.findings);
    expect(blockingIn(situation)).toEqual(situation.blocking);
    expect(detection.guardHits.map(({ productId }) => productId)).toEqual(
      expect.arrayContaining([...(situation.guards ?? [])]),
    );
  });

  test('says how many were right', () => {
    const total = { tp: 0, fp: 0, fn: 0 };
    for (const situation of situations) {
      const found = blockingIn(situation);
      total.tp += found.filter((id) => situation.blocking.includes(id)).length;
      total.fp += found.filter((id) => !situation.blocking.includes(id)).length;
      total.fn += situation.blocking.filter((id) => !found.includes(id)).length;
    }
    console.log(`detection: tp=${total.tp} fp=${total.fp} fn=${total.fn}`);
    expect(total).toEqual({ tp: situations.flatMap(({ blocking }) => blocking).length, fp: 0, fn: 0 });
    expect(total.tp).toBeGreaterThanOrEqual(20);
  });
});
