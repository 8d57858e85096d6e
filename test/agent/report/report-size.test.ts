import { describe, expect, it } from 'vitest';
import { Fault } from '#protocol/codes.ts';
import { limits } from '#protocol/limits.ts';
import { deviceReportSchema } from '#protocol/report.ts';
import { protectionStateSchema, type Conflict } from '#protocol/state.ts';
import { sentinelOne } from '#installers/sentinelone/index.ts';
import { plan } from '#agent/plan/plan.ts';
import type { PlanInput } from '#agent/plan/decision.ts';
import { makeReport } from '#agent/report/report.ts';
import {
  absent,
  aged,
  assignment,
  candidate,
  facts,
  healthy,
  input,
  memory,
  monotonicMs,
  wallMs,
} from '#test/agent/plan/input.ts';
import { machine } from '#test/installers/sentinelone/samples.ts';

const long = (length: number): string => '"x\\'.repeat(length).slice(0, length);
const conflict = (number: number): Conflict => ({
  productId: `product-${number}`,
  name: long(200),
  version: long(200),
  state: 'active',
  evidence: Array.from({ length: 10 }, () => long(200)),
  remedy: long(2000),
});
const conflicts = (count: number): Conflict[] => Array.from({ length: count }, (_, number) => conflict(number));
const rejected = Array.from({ length: 16 }, () => ({
  fileName: 'f'.repeat(200),
  version: '24.2.2.20',
  target: candidate.target,
  reason: long(400),
  code: 'machine',
}));

/** What root, a vendor's tool or a console could put into a report at the most. */
const extremes: Readonly<Record<string, PlanInput>> = {
  'twenty other products': input({
    facts: facts({ antivirus: aged({ blocking: conflicts(20), reported: conflicts(60), unknown: [] }) }),
  }),
  'looks that failed at length': input({
    facts: facts({
      antivirus: aged({
        blocking: [],
        reported: [],
        unknown: Array.from({ length: 40 }, () => ({ probe: long(300), detail: long(5000), waived: false })),
      }),
    }),
  }),
  'a machine of many words that nothing fits': input({
    facts: facts({
      machine: aged(machine({ name: long(5000), hostname: long(5000), version: '1'.repeat(5000) })),
      selection: aged({
        chosen: null,
        rejected,
        help: long(5000),
        failure: { code: 'selection.unsupported', detail: long(5000) },
      }),
    }),
  }),
  'a file of the longest name in an organisation that only watches': input({
    assignment: assignment({ mode: 'watch' }),
    facts: facts({
      selection: aged({ chosen: { ...candidate, fileName: 'f'.repeat(200) }, rejected, help: null, failure: null }),
    }),
  }),
  'a product that tells a lot': input({
    facts: facts({
      product: aged({
        ...healthy,
        healthy: false,
        version: '1'.repeat(5000),
        consoleHost: long(5000),
        detail: Array.from({ length: 40 }, () => long(5000)),
        engineProblems: Array.from({ length: 40 }, () => long(5000)),
      }),
      antivirus: aged({ blocking: conflicts(20), reported: conflicts(60), unknown: [] }),
    }),
  }),
  'a fault with a long story': input({
    memory: memory({
      lastFault: new Fault('install.failed', long(5000), {
        context: { output: long(5000), [long(900)]: 1 },
      }).toRecord(),
      pause: {
        fault: new Fault('install.failed', long(5000), { context: { output: long(5000) } }).toRecord(),
        untilMs: null,
        basis: 'basis-1',
        count: 1,
        rung: null,
      },
    }),
    facts: facts({ product: aged(absent) }),
  }),
};

describe('whatever is observed can be told', () => {
  for (const [name, extreme] of Object.entries(extremes)) {
    it(`${name}: the state can be journaled, the report is taken`, () => {
      const planned = plan(extreme);
      expect(protectionStateSchema.safeParse(planned.state).error).toBeUndefined();
      const agent = {
        vendor: sentinelOne,
        version: '1.0.0',
        journal: { memory: extreme.memory },
        time: { now: () => wallMs },
        platform: { clock: { monotonic: () => monotonicMs } },
        current: { trust: 'console-only', assignment: extreme.assignment, progress: null },
      } as unknown as Parameters<typeof makeReport>[0]['agent'];
      const report = makeReport({ agent, facts: extreme.facts, plan: planned, hardware: null });
      expect(deviceReportSchema.safeParse(report).error).toBeUndefined();
      expect(JSON.stringify(deviceReportSchema.parse(report)).length).toBeLessThanOrEqual(limits.stateBytesMax);
      expect(report.state.kind).toBe(planned.state.kind);
    });
  }
});
