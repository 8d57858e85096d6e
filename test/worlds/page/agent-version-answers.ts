/** Versions of the Garrison agent in the mock: one spreads, one halted, one may be started. */
import type { AgentVersions, Rollout } from '#console/api/agent-versions.ts';
import { found, Refusal, type Answers } from './answering.ts';
import { dayMs, hourMs, iso } from './states.ts';
import type { PageWorld } from './world.ts';

export function makeAgentVersions(nowMs: number): AgentVersions {
  const plan = { canaries: [], steps: [1, 10, 50, 100], haltPercent: 10, haltFailuresMin: 2 };
  const rollout = (rest: Partial<Rollout>): Rollout => ({
    organisationId: 'o-north',
    organisationName: 'Northwind Traders',
    version: '0.2.0',
    state: 'running',
    plan,
    step: 1,
    stepsInAll: 4,
    reaches: 2,
    devices: 15,
    underWay: 1,
    done: 1,
    failed: 0,
    inconclusive: 0,
    startedAt: iso(nowMs - 2 * hourMs),
    startedBy: 'ada',
    haltCause: null,
    ...rest,
  });
  const targets = ['linux-x64', 'linux-arm64', 'windows-x64', 'windows-x86', 'macos-x64', 'macos-arm64'];
  return {
    releases: [
      { version: '0.2.0', expiresAt: iso(nowMs + 60 * dayMs), expired: false, current: true, targets, test: false },
      { version: '0.1.0', expiresAt: iso(nowMs - 3 * dayMs), expired: true, current: false, targets, test: false },
    ],
    versions: [
      { version: '0.2.0', devices: 4 },
      { version: '0.1.0', devices: 36 },
    ],
    rollouts: [
      rollout({}),
      rollout({
        organisationId: 'o-alpine',
        organisationName: 'Alpine Ski House',
        state: 'halted',
        step: 2,
        reaches: 8,
        underWay: 3,
        done: 3,
        failed: 2,
        haltCause: '2 failed',
      }),
    ],
    failures: ['db-02', 'edge-10'].map((name, index) => ({
      deviceId: index === 0 ? 'd-002' : 'd-010',
      hostname: `${name}.example.net`,
      organisationId: 'o-alpine',
      version: '0.2.0',
      code: 'update.silent',
      detail: 'no answer from the console within 60 s; version 0.1.0 had one afterwards',
      at: iso(nowMs - hourMs),
    })),
  };
}

export function agentVersionAnswers(world: PageWorld): Answers {
  const change = (organisationId: string | undefined, rest: Partial<Rollout>): null => {
    const one = found(world.agentVersions.rollouts.find((row) => row.organisationId === organisationId));
    Object.assign(one, rest);
    world.hint('organisations');
    return null;
  };
  const concerned = (organisationId: string | undefined): number =>
    world.devices.filter((device) => device.organisationId === organisationId).length;
  return {
    'agentVersions.read': () => world.agentVersions,
    'agentVersions.preview': ({ params, query }) => {
      const all = world.devices.filter((device) => device.organisationId === params['organisationId']);
      const first = Math.ceil((all.length * query.firstPercent) / 100);
      const named = all.slice(0, Math.min(first, 20)).map(({ deviceId, hostname }) => ({ deviceId, hostname }));
      const away = all.filter((one) => one.notReportingSince !== null).length;
      return { devices: all.length, first: { devices: first, away, named } };
    },
    'agentVersions.start': ({ params, body }) => {
      const { organisationId = '' } = params;
      if (body.devices !== concerned(organisationId)) throw new Refusal(409, 'request.conflict');
      const seed = found(world.organisations.find((one) => one.organisationId === organisationId));
      const [first] = world.agentVersions.rollouts;
      const made = { ...found(first), organisationId, organisationName: seed.name, version: body.version };
      world.agentVersions.rollouts.push({
        ...made,
        plan: { ...made.plan, ...body.plan },
        step: 0,
        done: 0,
        underWay: 0,
      });
      world.hint('organisations');
      return null;
    },
    'agentVersions.resume': ({ params, body }) => {
      const one = world.agentVersions.rollouts.find((row) => row.organisationId === params['organisationId']);
      if (found(one).failed !== body.failed) throw new Refusal(409, 'request.conflict');
      return change(params['organisationId'], { state: 'running', haltCause: null });
    },
    'agentVersions.stop': ({ params }) => change(params['organisationId'], { state: 'stopped' }),
  };
}
