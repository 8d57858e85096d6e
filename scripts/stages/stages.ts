/** What `scripts/test` runs, in order. A stage is a program to run to its end, or a project of vitest. */
export interface Stage {
  readonly name: string;
  /** One line for the reader of the log. */
  readonly about: string;
  /** Stages that must have run before, when only some are asked for. */
  readonly needs: readonly string[];
  readonly command: readonly string[];
  /** Its tests are counted one by one; a stage without counts as one. */
  readonly counts: boolean;
  /** Started beside it and stopped after it; tells its tests where it is by a variable. */
  readonly service?: 'postgres';
}

const vitest = (project: string): readonly string[] => ['vitest', 'run', '--project', project];

function check(name: string, about: string, command: readonly string[]): Stage {
  return { name, about, command, needs: [], counts: false };
}

export const stages: readonly Stage[] = [
  check('types', 'TypeScript, everything against Node 24', ['tsc', '-p', 'tsconfig.json']),
  check('types-device', 'TypeScript, the device side against Node 22', ['tsc', '-p', 'tsconfig.device.json']),
  check('types-page', 'TypeScript, the page against the browser', ['tsc', '-p', 'console/web/tsconfig.json']),
  check('lint', 'oxlint with types', ['oxlint', '--type-aware']),
  check('format', 'oxfmt', ['oxfmt', '--check', '.']),
  check('dead-code', 'knip', ['knip']),
  { name: 'walls', about: 'the architecture', needs: [], command: vitest('walls'), counts: true },
  { name: 'unit', about: 'everything that needs nothing but Node', needs: [], command: vitest('unit'), counts: true },
  {
    name: 'device-runtime',
    about: 'the unit tests of the device side on the Node that is shipped',
    needs: [],
    command: ['node', 'scripts/device-runtime.ts'],
    counts: true,
  },
  check('page', 'the page, built for the browser', ['npm', 'run', '--silent', 'build:web']),
  {
    name: 'database',
    about: 'the store on SQLite and PostgreSQL',
    needs: [],
    command: vitest('database'),
    counts: true,
    service: 'postgres',
  },
  check('lab-setup', 'throw-away systems: Linux on two processors, Windows under Wine', ['scripts/lab', 'setup']),
  check('build', 'the agent as one binary for every system, release flavour', ['node', 'scripts/build-release.ts']),
  {
    name: 'lab',
    about: 'real package managers, systemd, the binary',
    needs: ['lab-setup', 'build'],
    command: vitest('lab'),
    counts: true,
  },
  {
    name: 'arm64',
    about: 'the binary for aarch64 under emulation, with real dpkg and real rpm',
    needs: ['lab-setup', 'build'],
    command: vitest('arm64'),
    counts: true,
  },
  {
    name: 'wine',
    about: 'the binaries for 64-bit and 32-bit Windows under Wine',
    needs: ['page', 'lab-setup', 'build'],
    command: vitest('wine'),
    counts: true,
  },
  { name: 'browser', about: 'the page in Chromium', needs: ['page'], command: vitest('browser'), counts: true },
  {
    name: 'whole',
    about: 'console, page, agent and antivirus: from a bare machine to protected',
    needs: ['page', 'lab-setup', 'build'],
    command: vitest('whole'),
    counts: true,
  },
  {
    name: 'e2e',
    about: 'the binary killed at every step, and whatever an installer may do',
    needs: ['page', 'lab-setup', 'build'],
    command: vitest('e2e'),
    counts: true,
  },
];

/** The asked-for stages and what they need, in their order; all when none is asked for. Throws on an unknown name. */
export function chooseStages(names: readonly string[]): readonly Stage[] {
  if (names.length === 0) return stages;
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) throw new Error(`no such stage: ${unknown.join(', ')}`);
  const wanted = new Set(names);
  for (const stage of stages.toReversed()) if (wanted.has(stage.name)) stage.needs.forEach((name) => wanted.add(name));
  return stages.filter((stage) => wanted.has(stage.name));
}
