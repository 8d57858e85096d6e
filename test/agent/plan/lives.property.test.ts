import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { codes as faults } from '#protocol/codes.ts';
import { limits } from '#protocol/limits.ts';
import { protectionKinds, protectionStateSchema } from '#protocol/state.ts';
import { sentinelOne } from '#installers/sentinelone/index.ts';
import type { ExitMeaning, ProductFacts, Rung } from '#installers/vendor.ts';
import type { LocalReboot, Plan, PlanInput } from '#agent/plan/decision.ts';
import { stateKey } from '#agent/plan/plan.ts';
import { isProved } from '#agent/plan/product-state.ts';
import { owedReboot } from '#agent/plan/reboot.ts';
import { meanings } from '#test/worlds/host/restarting.ts';
import { absent, assignment, healthy } from '#test/agent/plan/input.ts';
import { Model, type Outcome, type Saved } from '#test/agent/plan/model.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Reproducible: a failure names its seed and its smallest life. */
const runs = { numRuns: 400, seed: 20_260_601 };

const from = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
/** Every code that the vendor, Microsoft, Apple or a package manager documents. */
const documented = [
  ...from(0, 12),
  ...from(100, 107),
  ...from(200, 206),
  ...from(1000, 1009),
  ...from(1601, 1654),
  1641,
  ...from(2000, 2032),
  3010,
];
const formats = ['exe', 'msi', 'pkg', 'deb', 'rpm'] as const;
const codes = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...documented) },
  { weight: 3, arbitrary: fc.constantFrom(...Object.keys(meanings).map(Number)) },
  { weight: 1, arbitrary: fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }) },
);
const once: readonly Rung[] = [{ kind: 'again', times: 1 }, { kind: 'stop' }];
const outputs = fc.constantFrom(
  '',
  'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (apt-get)\n',
  'new sentinelagent package pre-installation script subprocess returned error exit status 102\n',
  'error: %post(sentinelagent) scriptlet failed, exit status 101\n',
);

const rungs: fc.Arbitrary<readonly Rung[]> = fc.array(
  fc.oneof<fc.Arbitrary<Rung>[]>(
    fc.record({ kind: fc.constant('again' as const), times: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('after-reboot' as const), times: fc.integer({ min: 1, max: 2 }) }),
    fc.constant({ kind: 'fresh-download' } as const),
    fc.constant({ kind: 'changed-arguments', arguments: ['--force'] } as const),
    fc.constant({ kind: 'stop' } as const),
  ),
  { minLength: 1, maxLength: 4 },
);

const meaning: fc.Arbitrary<{ code: number | null; meaning: ExitMeaning | null }> = fc
  .record({ format: fc.constantFrom(...formats), code: codes, output: outputs, ladder: fc.option(rungs, { freq: 5 }) })
  .map(({ format, code, output, ladder }) => {
    const exit = { code, signal: null, output, reported: null };
    const known = sentinelOne.recipe(format)?.classify(exit) ?? meanings[code];
    const unknown: ExitMeaning = { outcome: 'fault', code: 'install.unknown-exit', text: 'unknown', ladder: once };
    const said = known ?? unknown;
    return { code, meaning: ladder === null || said.outcome !== 'fault' ? said : { ...said, ladder } };
  });

const maybe = fc.constantFrom(true, true, false, null);
const product: fc.Arbitrary<ProductFacts> = fc.oneof(
  fc.constant(absent),
  fc.constant<ProductFacts>({ ...absent, state: 'partial' }),
  fc.constant(healthy),
  fc
    .record({ serviceRunning: maybe, enabled: maybe, healthy: maybe, connected: maybe })
    .map((changes): ProductFacts => ({ ...healthy, ...changes })),
);

const outcome: fc.Arbitrary<Outcome> = fc
  .tuple(
    meaning,
    fc.record({
      runsForMs: fc.integer({ min: 1_000, max: 20 * minuteMs }),
      leaves: product,
      afterBoot: fc.option(product, { freq: 2 }),
      saysAfterBoot: fc.option(meaning, { freq: 2 }),
    }),
  )
  .map(([said, rest]) => ({ ...said, ...rest }));

const simple = ['nothing', 'restart', 'exit-lost', 'retry', 'memory-lost', 'saved', 'set-back'] as const;
type Happening =
  | { readonly kind: (typeof simple)[number] }
  | { readonly kind: 'clock'; readonly byMs: number }
  | { readonly kind: 'mode'; readonly mode: 'watch' | 'deploy' | 'paused'; readonly reboot: boolean };

const happening: fc.Arbitrary<Happening & { readonly afterMs: number }> = fc
  .record({ afterMs: fc.integer({ min: 0, max: dayMs }) })
  .chain(({ afterMs }) =>
    fc
      .oneof<fc.Arbitrary<Happening>[]>(
        fc.record({ kind: fc.constantFrom(...simple) }),
        fc.record({ kind: fc.constant('clock'), byMs: fc.integer({ min: -40 * dayMs, max: 40 * dayMs }) }),
        fc.record({
          kind: fc.constant('mode'),
          mode: fc.constantFrom('watch', 'deploy', 'deploy', 'paused'),
          reboot: fc.boolean(),
        }),
      )
      .map((each) => ({ ...each, afterMs })),
  );

interface Life {
  readonly outcomes: readonly Outcome[];
  readonly happenings: readonly (Happening & { readonly afterMs: number })[];
  readonly localReboot: LocalReboot;
  readonly random: number;
}

const lives: fc.Arbitrary<Life> = fc.record({
  outcomes: fc.array(outcome, { minLength: 1, maxLength: 5 }),
  happenings: fc.array(happening, { maxLength: 8 }),
  localReboot: fc.constantFrom<LocalReboot>(null, 'never', 'allowed'),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

const deploying = (mode: 'watch' | 'deploy' | 'paused', reboot: boolean) =>
  assignment({
    mode,
    expiresAt: new Date(Date.UTC(2100, 0, 1)).toISOString(),
    reboot: reboot ? { kind: 'window', startMinute: 60, endMinute: 240 } : { kind: 'never' },
  });

/** No attempt has more steps in a row than that before it has to wait for something. */
const inARowMax = 12;

class Watch {
  readonly model: Model;
  #saved: Saved | null = null;

  constructor(model: Model) {
    this.model = model;
  }

  /** Plans and acts until nothing is left to do now; what was decided last. */
  settle(): Plan {
    const done = new Set<string>();
    for (;;) {
      const { memory, packageReady } = this.model;
      const planned = this.model.turn(judge);
      if (planned.decision.kind !== 'do') return planned;
      const circumstances = JSON.stringify([planned.decision, memory, packageReady]);
      if (done.has(circumstances)) throw new Error(`it does the same again: ${circumstances}`);
      done.add(circumstances);
      if (done.size > inARowMax) throw new Error(`it acts ${done.size} times in a row`);
    }
  }

  /** As the loop does: sleeps until it wants to look again, but longer than it would, where it only looks. */
  goOn(forMs: number): Plan {
    const endMs = this.model.nowMs + forMs;
    let planned = this.settle();
    while (this.model.nowMs < endMs) {
      const uptimeMs = this.model.nowMs - this.model.bootedAtMs;
      const asked = planned.decision.kind === 'do' ? 0 : planned.decision.lookAgainAtMs - uptimeMs;
      const [least, most] = planned.state.kind === 'installing' ? [3, 10] : [15, 120];
      const napMs = Math.min(Math.max(asked, least * minuteMs), most * minuteMs);
      this.model.pass(Math.min(napMs, endMs - this.model.nowMs));
      planned = this.settle();
    }
    return planned;
  }

  happen(each: Happening): void {
    const { model } = this;
    switch (each.kind) {
      case 'nothing':
        return;
      case 'restart':
        return model.restart();
      case 'exit-lost':
        return model.loseExit();
      case 'retry':
        return model.retry();
      case 'memory-lost':
        return model.loseMemory();
      case 'saved':
        this.#saved = model.save();
        return;
      case 'set-back':
        return this.#saved === null ? undefined : model.setBack(this.#saved);
      case 'clock':
        model.clockOffMs += each.byMs;
        return;
      case 'mode':
        model.assignment = deploying(each.mode, each.reboot);
        return;
    }
  }
}

let lastJudged = '';

/** Looked at thousands of times for each life, so only what is new is looked at closely. */
function judge({ state, decision }: Plan, given: PlanInput): void {
  const { memory, facts } = given;
  const product = facts.product.value;
  const refuse = (why: string): never => {
    throw new Error(`${why}: ${JSON.stringify(state)}, product ${JSON.stringify(product)}`);
  };
  if (decision.kind !== 'do' && !Number.isFinite(decision.lookAgainAtMs)) refuse('it never looks again');
  if (decision.because.length === 0 || decision.because.some(({ code, text }) => code === '' || text === '')) {
    refuse('it does not say why');
  }
  const key = `${stateKey(state)} ${decision.kind}`;
  if (key !== lastJudged) {
    expect(protectionKinds).toContain(state.kind);
    expect(protectionStateSchema.safeParse(state).error).toBeUndefined();
    lastJudged = key;
  }
  const isBare = state.kind === 'not-protecting' && state.reason === 'bare-after-failed-upgrade';
  if (isBare !== (memory.bare !== null && product.state !== 'present')) refuse('bare or not');
  if (state.kind !== 'protected') return;
  if (product.state !== 'present') refuse('protected by nothing');
  if (!isProved(product) && !memory.everConnected) refuse('protected without proof');
  if ([product.serviceRunning, product.enabled, product.healthy].includes(false))
    refuse('protected by a product that is not well');
  if (owedReboot(given) !== null) refuse('protected before the restart that is owed');
}

function live(life: Life): Watch {
  const model = new Model({ outcomes: life.outcomes, random: () => life.random, localReboot: life.localReboot });
  model.assignment = deploying('deploy', true);
  const watch = new Watch(model);
  for (const each of life.happenings) {
    watch.goOn(each.afterMs);
    watch.happen(each);
  }
  return watch;
}

/** The most of these moments within any 24 hours. */
function mostInADay(moments: readonly number[]): number {
  return Math.max(0, ...moments.map((end) => moments.filter((at) => at > end - dayMs && at <= end).length));
}

/** Ceilings rest on the memory and on the clock: each loss and each jump begins a day anew. */
function startsMax({ happenings, outcomes }: Life): number {
  const count = (...kinds: readonly Happening['kind'][]): number =>
    happenings.filter(({ kind }) => kinds.includes(kind)).length;
  const givenBack = outcomes.some(({ meaning: said }) => said?.code != null && faults[said.code].class === 'condition');
  const raised = count('retry') > 0 || givenBack;
  const day = raised ? limits.installerStartsPerDayMax : limits.installerStartsPerDay;
  return day * (1 + count('clock', 'memory-lost', 'set-back'));
}

describe('whatever installers, boots, clocks, disks and people do, a device', () => {
  it(
    'is in one state with cause and next step, protected only with proof, never spins, never starts or restarts too often',
    { timeout: 240_000 },
    () => {
      const seen = { starts: 0, reboots: 0, changed: 0 };
      fc.assert(
        fc.property(lives, (life) => {
          const watch = live(life);
          watch.goOn(3 * dayMs);
          const { starts, reboots, problems } = watch.model;
          expect(problems).toEqual([]);
          expect(mostInADay(starts.map(({ atMs }) => atMs))).toBeLessThanOrEqual(startsMax(life));
          // No memory and no clock is needed for that one.
          expect(mostInADay(reboots.map(({ atMs }) => atMs))).toBeLessThanOrEqual(1);
          const remembers = !life.happenings.some(({ kind }) => kind === 'memory-lost' || kind === 'set-back');
          if (remembers) expect(new Set(reboots.map(({ attempt }) => attempt)).size).toBe(reboots.length);
          if (life.localReboot === 'never') expect(reboots).toEqual([]);
          seen.starts += starts.length;
          seen.reboots += reboots.length;
          seen.changed += starts.filter((start) => start.arguments).length;
        }),
        runs,
      );
      // What is promised is promised of something.
      expect(seen.starts).toBeGreaterThan(500);
      expect(seen.reboots).toBeGreaterThan(30);
      expect(seen.changed).toBeGreaterThan(20);
    },
  );

  it(
    'comes to rest when the world does: nothing is started any more, and what it says stays',
    { timeout: 240_000 },
    () => {
      const rested: Record<string, number> = {};
      fc.assert(
        fc.property(lives, (life) => {
          const watch = live(life);
          const { model } = watch;
          // A lock may end 24 starts, and where each comes with a restart, that is a day each.
          const before = watch.goOn(40 * dayMs);
          const starts = model.starts.length;
          const after = watch.goOn(3 * dayMs);
          expect(stateKey(after.state)).toBe(stateKey(before.state));
          expect(model.starts.length).toBe(starts);
          rested[after.state.kind] = (rested[after.state.kind] ?? 0) + 1;
        }),
        { ...runs, numRuns: 100 },
      );
      expect(Object.keys(rested)).toEqual(expect.arrayContaining(['failed', 'not-protecting', 'paused', 'protected']));
    },
  );
});
