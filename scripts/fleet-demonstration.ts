/**
 * The fleet of `scripts/demo --fleet N`: a real console, a stand-in of SentinelOne and N devices that speak the real protocol over
 * real sockets. With `--check` it proves the brake on installing and ends: exit code 0 only if every proof held.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { deviceRoutes } from '#console/api/devices.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { inParallel, type Member } from '#test/worlds/fleet/crowd.ts';
import { waitFor } from '#test/worlds/whole/estate.ts';
import { enrolAll, setUpFleet, type CleanUps, type Estate, type Fleet } from '#test/worlds/whole/fleet.ts';

const check = process.argv.includes('--check');
const size = Number(process.argv[process.argv.indexOf('--fleet') + 1]);
const login = { name: 'admin', password: 'garrison-demo-login' };
const cleanUps: CleanUps = [];

/** Runs one stage, says how it went, and how long it took. */
async function stage<T>(name: string, work: () => Promise<T>, tell: (result: T) => string): Promise<T> {
  const startedMs = performance.now();
  const report = (ok: boolean, detail: string): void => {
    const durationMs = Math.round(performance.now() - startedMs);
    if (check) process.stdout.write(`${JSON.stringify({ stage: name, ok, durationMs, detail })}\n`);
    else process.stdout.write(`${ok ? '•' : '✗'} ${name} (${(durationMs / 1000).toFixed(1)} s)\n  ${detail}\n`);
  };
  try {
    const result = await work();
    report(true, tell(result));
    return result;
  } catch (error) {
    report(false, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

const ready = (member: Member): boolean => member.conflicts.length === 0 && member.hasPackage;
const membersOf = ({ crowd }: Fleet, { customer }: Estate): Member[] =>
  crowd.members.filter((member) => member.customer === customer);
const deployment = async ({ operator }: Fleet, { organisationId }: Estate) =>
  (await operator.call(organisationRoutes.read, { params: { organisationId } })).deployment;

/** A turn that is on its way arrives, and the console's sweep has come round. */
const quietMs = 6_000;

async function watchStartsNothing({ crowd }: Fleet): Promise<string> {
  let tokens = 0;
  await inParallel(crowd.members, 24, async (member) => {
    if (await crowd.install(member)) tokens += 1;
  });
  demand(
    tokens === 0 && crowd.exposed.size === 0,
    `${tokens} devices got a site token while their organisations only watch`,
  );
  return `${crowd.members.length} devices asked for a site token, none got one`;
}

/** Answers how many each organisation may start. */
async function startEverywhere(fleet: Fleet): Promise<Map<Estate, number>> {
  const limits = new Map<Estate, number>();
  for (const estate of fleet.estates) {
    const params = { organisationId: estate.organisationId };
    const preview = await fleet.operator.call(organisationRoutes.previewDeployment, { params });
    const expected = membersOf(fleet, estate).filter(ready).length;
    demand(
      preview.installs === expected,
      `${estate.customer.name}: ${preview.installs} previewed, ${expected} are ready`,
    );
    const pace = { limitPercent: 5, atOnceMax: 10, serversLast: false };
    await fleet.operator.call(organisationRoutes.startDeployment, {
      params,
      body: { installs: preview.installs, pace },
    });
    limits.set(estate, Math.ceil(preview.installs * 0.05));
  }
  return limits;
}

async function exactlyFivePercent(fleet: Fleet): Promise<string> {
  const limits = await startEverywhere(fleet);
  for (const [estate, limit] of limits) {
    await waitFor(`${estate.customer.name} to start ${limit}`, 60_000, async () => {
      const row = await deployment(fleet, estate);
      return row !== null && row.started >= limit && row.underWay === 0 ? row : null;
    });
  }
  await pause(quietMs);
  for (const [estate, limit] of limits) {
    const exposed = membersOf(fleet, estate).filter(({ device }) => fleet.crowd.exposed.has(device.deviceId)).length;
    demand(exposed === limit, `${estate.customer.name}: ${exposed} started, ${limit} were allowed`);
  }
  const total = [...limits.values()].reduce((sum, one) => sum + one, 0);
  demand(fleet.crowd.exposed.size === total, `${fleet.crowd.exposed.size} started in all, ${total} were allowed`);
  const readyCount = fleet.crowd.members.filter(ready).length;
  return `exactly ${total} of the ${readyCount} that are ready, in each of ${limits.size} organisations its 5 %`;
}

async function resume(fleet: Fleet, estate: Estate): Promise<void> {
  const failed = (await deployment(fleet, estate))?.failed ?? 0;
  const params = { organisationId: estate.organisationId };
  await fleet.operator.call(organisationRoutes.resumeDeployment, { params, body: { failed, startsMax: null } });
}

async function badPackageHalts(fleet: Fleet): Promise<string> {
  const [largest] = fleet.estates;
  if (largest === undefined) throw new Error('there is no organisation');
  const before = fleet.crowd.exposed.size;
  fleet.crowd.ending = () => 'failed';
  await resume(fleet, largest);
  await waitFor('the deployment to halt', 60_000, async () => {
    const row = await deployment(fleet, largest);
    return row?.state === 'halted' && row.underWay === 0 ? row : null;
  });
  await pause(quietMs);
  const members = membersOf(fleet, largest).length;
  const exposed = fleet.crowd.exposed.size - before;
  const share = (exposed / members) * 100;
  demand(share < 2, `${exposed} of ${members} devices (${share.toFixed(2)} %) got the bad package`);
  return `halted by itself after ${exposed} of ${members} devices (${share.toFixed(2)} %)`;
}

async function pauseAllStops(fleet: Fleet): Promise<string> {
  const { crowd, operator } = fleet;
  crowd.ending = () => 'protected';
  const before = crowd.exposed.size;
  for (const estate of fleet.estates) await resume(fleet, estate);
  await waitFor('installs to begin', 60_000, async () => (crowd.exposed.size >= before + 10 ? true : null));
  const startedIn = async (): Promise<number> => {
    const rows = await Promise.all(fleet.estates.map((estate) => deployment(fleet, estate)));
    return rows.reduce((sum, row) => sum + (row?.started ?? 0), 0);
  };
  await operator.call(organisationRoutes.pauseAll);
  const started = await startedIn();
  const waiting = crowd.members.filter(({ device }) => !crowd.exposed.has(device.deviceId));
  let tokens = 0;
  await inParallel(waiting, 24, async (member) => {
    // Whose token was on its way when the answer came has begun before it.
    if (!crowd.exposed.has(member.device.deviceId) && (await crowd.install(member))) tokens += 1;
  });
  await pause(quietMs);
  const after = await startedIn();
  demand(tokens === 0, `${tokens} devices got a site token after "Pause all" was answered`);
  demand(after === started, `${after - started} installs started after "Pause all" was answered`);
  return `${started} had started; after the answer ${waiting.length} devices asked, none got a site token`;
}

async function pageStaysQuick({ operator, crowd }: Fleet): Promise<string> {
  const times: number[] = [];
  const queries = [{}, { state: 'blocked' }, { search: 'pc-01' }, { os: 'macos' }, { sort: 'state' }] as const;
  for (let round = 0; round < 40; round += 1) {
    const startedMs = performance.now();
    await operator.call(deviceRoutes.list, { query: queries[round % queries.length] ?? {} });
    times.push(performance.now() - startedMs);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const { devices } = await operator.call(deviceRoutes.counts);
  demand(devices === crowd.members.length, `the page counts ${devices} of ${crowd.members.length} devices`);
  return `${devices} devices; a page of the list takes ${Math.round(sorted[20] ?? 0)} ms, at most ${Math.round(sorted.at(-1) ?? 0)} ms`;
}

/** Lets the small customers finish, so that there is something of everything to look at. */
async function somethingToLookAt(fleet: Fleet): Promise<string> {
  for (const estate of fleet.estates.slice(1, 5)) {
    const params = { organisationId: estate.organisationId };
    const { installs } = await fleet.operator.call(organisationRoutes.previewDeployment, { params });
    if (installs > 0) await fleet.operator.call(organisationRoutes.startDeployment, { params, body: { installs } });
  }
  return 'four organisations are installing now, the largest is halted or paused, the others wait for you';
}

async function walk(): Promise<void> {
  const fleet = await stage(
    'console, stand-in of SentinelOne, organisations',
    () => setUpFleet(login, cleanUps),
    ({ console: made }) => made.operatorAddress,
  );
  const { crowd } = fleet;
  await stage(
    `${size} devices`,
    () => enrolAll(fleet, size),
    () => `${crowd.members.length} enrolled, each holds a request`,
  );
  const proofs: readonly (readonly [string, (fleet: Fleet) => Promise<string>])[] = [
    ['"watch" starts nothing', watchStartsNothing],
    ['a limit of 5 % starts exactly 5 %', exactlyFivePercent],
    ['a bad package halts under 2 %', badPackageHalts],
    ['"Pause all" starts none after its answer', pauseAllStops],
    ['the page stays quick', pageStaysQuick],
  ];
  for (const [name, proof] of check ? proofs : proofs.slice(0, 3))
    await stage(
      name,
      () => proof(fleet),
      (text) => text,
    );
  if (check) return;
  await stage(
    'something of everything',
    () => somethingToLookAt(fleet),
    (text) => text,
  );
  const { operatorAddress } = fleet.console;
  process.stdout.write(
    `\nOpen ${operatorAddress}\n  name      ${login.name}\n  password  ${login.password}\n\nCtrl-C ends everything and leaves nothing behind.\n`,
  );
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

let failed = false;
try {
  await walk();
} catch (error) {
  failed = true;
  process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
} finally {
  for (const cleanUp of cleanUps.reverse())
    await Promise.resolve(cleanUp()).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
}
process.exit(failed ? 1 : 0);
