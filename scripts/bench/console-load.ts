/**
 * What devices cost the console, beside a plain server of Node that ignores what it is sent. Counted is the processor time of
 * the serving process, because the devices are simulated on the same machine and take more of it than either server.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { inParallel } from '#test/worlds/fleet/crowd.ts';
import { overHttp, SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { endOf } from './agent-process.ts';
import { type Measurement, median, type Row } from './measurement.ts';

const devices = 40;
const checkIns = 2_000;
const packageBytes = 10_000_000;
const downloads = 40;
const rounds = 3;

interface Served {
  readonly child: ChildProcess;
  readonly address: string;
  readonly key: string;
  readonly sha256: string;
  readonly agent: Agent;
}

async function serve(kind: 'plain' | 'sqlite' | 'postgres'): Promise<Served> {
  const argv = [join(import.meta.dirname, 'console-server.ts'), kind, String(packageBytes)];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the ${kind} server ended with ${code}`)));
  });
  const agent = new Agent({ keepAlive: true, maxSockets: devices });
  return { child, agent, ...(JSON.parse(line) as Pick<Served, 'address' | 'key' | 'sha256'>) };
}

/** Of all threads of a process so far, in ms, as the kernel's scheduler counts it. */
function cpuMsOf(pid: number): number {
  const threads = `/proc/${pid}/task`;
  const ns = readdirSync(threads).map((one) =>
    Number(readFileSync(`${threads}/${one}/schedstat`, 'utf8').split(' ')[0]),
  );
  return ns.reduce((sum, one) => sum + one, 0) / 1e6;
}

/** Processor time of the server while `work` is done, in ms per piece. */
async function cost(
  { child, agent }: Served,
  pieces: number,
  work: (index: number) => Promise<unknown>,
): Promise<number> {
  // A connection that lay idle through another part may just have been closed by the server.
  agent.destroy();
  const before = cpuMsOf(child.pid ?? 0);
  await inParallel(
    Array.from({ length: pieces }, (_, index) => index),
    devices,
    work,
  );
  return (cpuMsOf(child.pid ?? 0) - before) / pieces;
}

async function enrolled(server: Served): Promise<readonly SimulatedDevice[]> {
  const made = Array.from(
    { length: devices },
    (_, index) =>
      new SimulatedDevice(overHttp(server.address, server.agent), server.key, {
        machine: { hostname: `load-${index}` },
      }),
  );
  await inParallel([...made], 8, async (device) => {
    await device.enrol();
    await device.checkIn();
    await device.checkIn();
  });
  return made;
}

/** One device after the other asks, so that none has two requests on the way. */
function inTurnOf(fleet: readonly SimulatedDevice[]) {
  const chains = fleet.map(() => Promise.resolve() as Promise<unknown>);
  return (index: number, work: (device: SimulatedDevice) => Promise<unknown>): Promise<unknown> => {
    const at = index % fleet.length;
    const device = fleet[at];
    if (device === undefined) throw new Error('no devices');
    const next = (chains[at] ?? Promise.resolve()).then(() => work(device));
    chains[at] = next;
    return next;
  };
}

interface Costs {
  readonly unchanged: number[];
  readonly changed: number[];
  readonly download: number[];
  /** A changed check-in as it is sent. */
  body: string;
}

async function costsOf(server: Served): Promise<Costs> {
  const fleet = await enrolled(server);
  const turn = inTurnOf(fleet);
  const costs: Costs = { unchanged: [], changed: [], download: [], body: '' };
  let version = 0;
  await inParallel([...fleet], 8, (device) => device.askForTurn().then(() => device.checkIn()));
  for (let round = 0; round <= rounds; round += 1) {
    const unchanged = await cost(server, checkIns, (index) => turn(index, (device) => device.checkIn()));
    const changed = await cost(server, checkIns, (index) =>
      turn(index, (device) => {
        device.agentVersion = `0.1.${(version += 1)}`;
        costs.body = JSON.stringify(device.checkInRequest());
        return device.checkIn();
      }),
    );
    const download = await cost(server, downloads, (index) =>
      turn(index, async (device) => {
        const { status, body } = await device.package(server.sha256);
        if (status !== 200 || body.length !== packageBytes) throw new Error(`a download answered ${status}`);
      }),
    );
    if (round > 0) {
      costs.unchanged.push(unchanged);
      costs.changed.push(changed);
      costs.download.push(download);
    }
  }
  return costs;
}

/** The same requests, with their bodies, to the plain server. */
async function plainCosts(server: Served, body: string): Promise<Costs> {
  const wire = overHttp(server.address, server.agent);
  const costs: Costs = { unchanged: [], changed: [], download: [], body };
  const post = () => wire({ method: 'POST', path: '/check-in', headers: { 'content-type': 'application/json' }, body });
  for (let round = 0; round <= rounds; round += 1) {
    const checkIn = await cost(server, checkIns, post);
    const download = await cost(server, downloads, () => wire({ method: 'GET', path: '/package', headers: {} }));
    if (round === 0) continue;
    costs.unchanged.push(checkIn);
    costs.changed.push(checkIn);
    costs.download.push(download);
  }
  return costs;
}

const perSecond = (costMs: number): string => `${(1000 / costMs).toFixed(0)} a second and core`;
const speed = (costMs: number): string => `${(packageBytes / 1e3 / costMs).toFixed(0)} MB a second and core`;

function row(what: string, ours: readonly number[], theirs: readonly number[], least: number | null): Row {
  const [our, their] = [median(ours), median(theirs)];
  const tell = what.includes('package') ? speed : perSecond;
  const ratio = their / our;
  const range = ours.map((cost) => their / cost);
  return {
    what,
    ours: tell(our),
    theirs: `${tell(their)}, bare node:http`,
    ratio,
    ratioRange: `(${Math.min(...range).toFixed(2)}–${Math.max(...range).toFixed(2)})`,
    budget: least === null ? '' : `≥ ${least} ×`,
    met: least === null || ratio >= least,
  };
}

async function withServer<T>(kind: Parameters<typeof serve>[0], work: (server: Served) => Promise<T>): Promise<T> {
  const server = await serve(kind);
  try {
    return await work(server);
  } finally {
    server.agent.destroy();
    await endOf(server.child);
  }
}

export const consoleLoad: Measurement = {
  name: 'console-load',
  about: 'check-ins and downloads of a package, processor time beside a bare node:http; SQLite and PostgreSQL',
  async run(): Promise<readonly Row[]> {
    const sqlite = await withServer('sqlite', costsOf);
    const bare = await withServer('plain', (server) => plainCosts(server, sqlite.body));
    const postgres = await withServer('postgres', costsOf);
    return [
      row('unchanged check-in, SQLite', sqlite.unchanged, bare.unchanged, 0.25),
      row('changed check-in, SQLite', sqlite.changed, bare.changed, 0.12),
      row('changed check-in, PostgreSQL', postgres.changed, bare.changed, 0.18),
      row(`a package of ${packageBytes / 1e6} MB to ${devices} at once`, sqlite.download, bare.download, null),
    ];
  },
};
