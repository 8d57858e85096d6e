/**
 * What a stage takes up. One of `processor`, one of `lab` (it boots machines of Linux, and mostly waits for them) and one of
 * `set-up` (it mostly waits for packages) run side by side; beside one that runs `alone`, nothing does.
 */
export type Place = 'processor' | 'lab' | 'set-up' | 'alone';

/** What `scripts/test` runs, in order. A stage is a program to run to its end, or a project of vitest. */
export interface Stage {
  readonly name: string;
  /** One line for the reader of the log. */
  readonly about: string;
  /** Stages that must have run before, when only some are asked for. */
  readonly needs: readonly string[];
  readonly command: readonly string[];
  readonly place: Place;
  /** Its tests are counted one by one; a stage without counts as one. */
  readonly counts: boolean;
  /** Started beside it and stopped after it; tells its tests where it is by a variable. */
  readonly service?: 'postgres';
}

const vitest = (project: string): readonly string[] => ['vitest', 'run', '--project', project];

function check(name: string, about: string, command: readonly string[]): Stage {
  return { name, about, command, needs: [], place: 'processor', counts: false };
}

function tests(name: string, about: string, place: Place, needs: readonly string[]): Stage {
  return { name, about, needs, command: vitest(name), place, counts: true };
}

export const stages: readonly Stage[] = [
  // First: the lab waits for these, and for the roots that it boots most.
  check('page', 'the page, built for the browser', ['npm', 'run', '--silent', 'build:web']),
  check('build', 'the agent as one binary for every system, release flavour', ['node', 'scripts/build-release.ts']),
  check('types', 'TypeScript, everything against Node 24', ['tsc', '-p', 'tsconfig.json']),
  check('types-device', 'TypeScript, the device side against Node 22', ['tsc', '-p', 'tsconfig.device.json']),
  check('types-page', 'TypeScript, the page against the browser', ['tsc', '-p', 'console/web/tsconfig.json']),
  check('lint', 'oxlint with types', ['oxlint', '--type-aware']),
  check('format', 'oxfmt', ['oxfmt', '--check', '.']),
  check('dead-code', 'knip', ['knip']),
  tests('walls', 'the architecture', 'processor', []),
  tests('unit', 'everything that needs nothing but Node', 'processor', []),
  {
    ...tests('device-runtime', 'the unit tests of the device side on the Node that is shipped', 'processor', []),
    command: ['node', 'scripts/device-runtime.ts'],
  },
  { ...tests('database', 'the store on SQLite and PostgreSQL', 'processor', []), service: 'postgres' },
  check('fleet', 'two thousand devices over real sockets: what the brake on installing lets start', [
    'scripts/demo',
    '--fleet',
    '2000',
    '--check',
  ]),
  {
    ...check('lab-setup', 'throw-away systems: Linux on this processor', [
      'scripts/lab',
      'setup',
      'deb',
      'rpm',
      'image',
    ]),
    place: 'set-up',
  },
  {
    ...check('lab-setup-rest', 'throw-away systems: Linux on another processor, Windows under Wine', [
      'scripts/lab',
      'setup',
    ]),
    needs: ['lab-setup'],
    place: 'set-up',
  },
  tests('browser', 'the page in Chromium', 'processor', ['page']),
  tests('lab', 'real package managers, systemd, the binary', 'lab', ['lab-setup', 'build']),
  tests('arm64', 'the binary for aarch64 under emulation, with real dpkg and real rpm', 'lab', [
    'lab-setup-rest',
    'build',
  ]),
  tests('wine', 'the binaries for 64-bit and 32-bit Windows under Wine', 'processor', [
    'page',
    'lab-setup-rest',
    'build',
  ]),
  tests('e2e', 'the binary killed at every step, and whatever an installer may do', 'lab', [
    'page',
    'lab-setup',
    'build',
  ]),
  tests('whole', 'console, page, agent and antivirus: from a bare machine to protected', 'alone', [
    'page',
    'lab-setup',
    'build',
  ]),
];

/**
 * What may start now: in their order, each as soon as all it needs has run (well or not: what is missing then fails it) and
 * its place is free.
 */
export function startable(
  chosen: readonly Stage[],
  started: ReadonlySet<string>,
  running: readonly Stage[],
): readonly Stage[] {
  const starting: Stage[] = [];
  for (const stage of chosen) {
    if (started.has(stage.name)) continue;
    const busy = [...running, ...starting];
    const ready = stage.needs.every((need) => started.has(need) && !busy.some(({ name }) => name === need));
    if (ready && busy.every((other) => sideBySide(stage, other))) starting.push(stage);
  }
  return starting;
}

function sideBySide(one: Stage, other: Stage): boolean {
  return one.place !== other.place && one.place !== 'alone' && other.place !== 'alone';
}

/** The asked-for stages and what they need, in their order; all when none is asked for. Throws on an unknown name. */
export function chooseStages(names: readonly string[]): readonly Stage[] {
  if (names.length === 0) return stages;
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) throw new Error(`no such stage: ${unknown.join(', ')}`);
  const wanted = new Set(names);
  for (const stage of stages.toReversed()) if (wanted.has(stage.name)) stage.needs.forEach((name) => wanted.add(name));
  return stages.filter((stage) => wanted.has(stage.name));
}
