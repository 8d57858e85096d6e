import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { Fault, faultCodes } from '#protocol/codes.ts';
import { protectionKinds, protectionStateSchema } from '#protocol/state.ts';
import type { ProductFacts } from '#installers/vendor.ts';
import type { RunFacts } from '#agent/observe/facts.ts';
import type { Memory, RebootNote } from '#agent/memory/memory.ts';
import type { Action, PlanInput } from '#agent/plan/decision.ts';
import { plan } from '#agent/plan/plan.ts';
import {
  aged,
  assignment,
  attempt,
  basis,
  candidate,
  ended,
  facts,
  healthy,
  input,
  memory,
  run,
  wallMs,
} from '#test/agent/plan/input.ts';

const askedReboot: RebootNote = {
  attempt: 1,
  bootId: 'boot-1',
  dueAtMs: wallMs + 600_000,
  dueUptimeMs: 600_000,
  dueLocalMinute: 730,
  phase: 'scheduled',
  unwanted: false,
};
const maybe = fc.constantFrom(true, false, null);
const dayMs = 86_400_000;
const moment = fc.integer({ min: wallMs - 40 * dayMs, max: wallMs + 40 * dayMs });
const text = fc.string({ maxLength: 300 });
const record = fc
  .tuple(fc.constantFrom(...faultCodes), text)
  .map(([code, detail]) => new Fault(code, detail).toRecord());

const product: fc.Arbitrary<ProductFacts> = fc
  .record({
    state: fc.constantFrom('absent' as const, 'partial' as const, 'present' as const),
    version: fc.constantFrom('24.2.2.20', '24.1.1.1', null),
    serviceRunning: maybe,
    enabled: maybe,
    healthy: maybe,
    connected: maybe,
    consoleHost: fc.constantFrom('usea1.sentinelone.net', 'evil.example', null),
    siteKeySha256: fc.constantFrom('b'.repeat(64), 'c'.repeat(64), null),
    engineProblems: fc.array(text, { maxLength: 3 }),
    unread: fc.array(fc.record({ reading: fc.constantFrom('packageState', 'services'), code: text, detail: text }), {
      maxLength: 2,
    }),
  })
  .map((changes) => ({ ...healthy, ...changes }));

const runFacts: fc.Arbitrary<RunFacts> = fc.oneof(
  fc.constant<RunFacts>({ status: 'none' }),
  fc.boolean().map((overdue): RunFacts => ({ status: 'unclaimed', overdue })),
  fc.integer({ min: 0, max: dayMs }).map((forMs): RunFacts => ({ status: 'running', forMs })),
  fc
    .boolean()
    .map((known): RunFacts => ({ status: 'ended', known, code: known ? 1 : null, signal: null, refused: null })),
);

const openAttempt = fc
  .record({
    run: fc.oneof(
      fc.constant(null),
      fc.constant(run()),
      fc.constant(ended()),
      fc.constant(ended({ known: false, meaning: null, code: null })),
    ),
    repaired: fc.boolean(),
    other: fc.boolean(),
  })
  .map(({ other, ...changes }) =>
    attempt({ ...changes, package: other ? { ...candidate, sha256: 'd'.repeat(64) } : candidate }),
  );

const memories: fc.Arbitrary<Memory> = fc
  .record({
    attempt: fc.option(openAttempt),
    pause: fc.option(
      fc.record({
        fault: record,
        untilMs: fc.option(moment),
        basis: fc.constantFrom(basis, 'other'),
        count: fc.nat(50),
        rung: fc.constant(null),
      }),
    ),
    installerStartsMs: fc.array(moment, { maxLength: 30 }),
    raisedUntilMs: moment,
    unverified: fc.constantFrom({}, { [candidate.sha256]: 3 }),
    lastFault: fc.option(record),
    everConnected: fc.boolean(),
    disconnectedSinceMs: fc.option(moment),
  })
  .map(memory);

const inputs: fc.Arbitrary<PlanInput> = fc
  .record({
    assignment: fc.constantFrom(
      null,
      assignment(),
      assignment({ mode: 'watch' }),
      assignment({ site: null }),
      assignment({ expiresAt: new Date(wallMs - 1).toISOString() }),
      assignment({ window: { startMinute: 60, endMinute: 120 } }),
      assignment({ slot: 'none' }),
    ),
    enrolled: fc.boolean(),
    memory: memories,
    product,
    run: runFacts,
    ready: fc.boolean(),
    chosen: fc.boolean(),
    free: fc.integer({ min: 0, max: 10 * 1024 ** 3 }),
    settled: fc.record({ settled: fc.boolean(), holder: fc.option(text) }),
    unknown: fc.array(fc.record({ probe: fc.constant('services'), detail: text, waived: fc.boolean() }), {
      maxLength: 2,
    }),
    broken: fc.option(record),
    tight: fc.boolean(),
  })
  .map((given) =>
    input({
      assignment: given.assignment,
      enrolled: given.enrolled,
      memory: given.memory,
      journal: { broken: given.broken, tight: given.tight },
      facts: facts({
        product: aged(given.product),
        run: given.run,
        package: given.ready ? { status: 'ready', file: '/f' } : { status: 'absent' },
        selection: given.chosen
          ? aged({ chosen: candidate, rejected: [], help: null, failure: null })
          : aged({ chosen: null, rejected: [], help: null, failure: { code: 'selection.none', detail: 'none' } }),
        freeBytes: aged({ status: 'ok', value: given.free }),
        settled: given.settled,
        antivirus: aged({ blocking: [], reported: [], unknown: given.unknown }),
      }),
    }),
  );

describe('whatever it is given, the planner', () => {
  it('answers with exactly one state that can travel, and says why', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const { state, decision } = plan(given);
        expect(protectionKinds).toContain(state.kind);
        expect(protectionStateSchema.safeParse(state).error).toBeUndefined();
        expect(decision.because.length).toBeGreaterThan(0);
        for (const reason of decision.because) expect(reason.code).not.toBe('');
        if (decision.kind !== 'do') expect(Number.isFinite(decision.lookAgainAtMs)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('never says protected without proof', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        if (plan(given).state.kind !== 'protected') return;
        const { state, serviceRunning, enabled, healthy: sound, connected } = given.facts.product.value;
        expect(state).toBe('present');
        expect(serviceRunning).not.toBe(false);
        expect(enabled).not.toBe(false);
        expect(sound).not.toBe(false);
        const since = given.memory.disconnectedSinceMs;
        const proved = connected === true && serviceRunning === true && enabled === true && sound === true;
        const graced = given.memory.everConnected && (since === null || (since <= wallMs && wallMs - since < 300_000));
        expect(proved || graced).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('never starts anything for a product that is there, without an assignment, or on a broken journal', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const { decision } = plan(given);
        if (decision.kind !== 'do') return;
        expect(given.journal.broken).toBeNull();
        const { kind } = decision.action;
        if (kind !== 'install' && kind !== 'repair' && kind !== 'download') return;
        expect(given.facts.product.value.state).not.toBe('present');
        if (given.memory.attempt?.run == null) expect(given.assignment?.assignment.mode).toBe('deploy');
      }),
      { numRuns: 5000 },
    );
  });

  it('comes to rest: following its own actions ends in a wait', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        let now = given;
        for (let turn = 0; turn < 12; turn += 1) {
          const { decision } = plan(now);
          if (decision.kind !== 'do') return;
          now = done(now, decision.action);
        }
        throw new Error('it goes on for ever');
      }),
      { numRuns: 2000 },
    );
  });
});

/** What the world looks like after an action that worked, as far as the planner sees it. */
function done(before: PlanInput, action: Action): PlanInput {
  const { attempt: open } = before.memory;
  const withAttempt = (changes: Partial<Memory>): PlanInput => ({
    ...before,
    memory: { ...before.memory, ...changes },
  });
  switch (action.kind) {
    case 'download':
      return {
        ...withAttempt({ attempt: open ?? attempt() }),
        facts: { ...before.facts, package: { status: 'ready', file: '/f' } },
      };
    case 'install':
    case 'repair': {
      const repaired = action.kind === 'repair';
      const running = { ...(open ?? attempt()), run: run(), repaired };
      return { ...withAttempt({ attempt: running }), facts: { ...before.facts, run: { status: 'running', forMs: 1 } } };
    }
    case 'claim-run':
      return withAttempt({ attempt: open === null ? null : { ...open, run: null } });
    case 'start-product':
      return withAttempt({ attempt: open === null ? null : { ...open, step: 'register' } });
    case 'conclude-run':
    case 'conclude-restart':
      return {
        ...withAttempt({ attempt: open === null ? null : { ...open, run: ended() } }),
        facts: { ...before.facts, run: { status: 'none' } },
      };
    case 'request-reboot':
      return withAttempt({ reboot: { ...askedReboot, attempt: action.attempt } });
    case 'cancel-reboot':
      return withAttempt({ reboot: before.memory.reboot && { ...before.memory.reboot, phase: 'cancelled' } });
    case 'close-attempt': {
      const { fault } = action;
      return withAttempt({
        attempt: null,
        pause: fault === null ? null : { fault, untilMs: wallMs + 60_000, basis: before.basis, count: 1, rung: null },
      });
    }
  }
}
