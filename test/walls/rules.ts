/** The walls of the house, as data. A rule that must be loosened is loosened here, in one line that says for what. */

export interface FolderRule {
  /** A file belongs to the first folder whose pattern it matches. */
  readonly name: string;
  readonly files: RegExp;
  /** Files of the house that may be imported; the folder itself always may. */
  readonly may: readonly RegExp[];
  /** Files that may be imported for their types only. */
  readonly mayTypes: readonly RegExp[];
  /** npm packages: a name, or a scope ending in a slash. */
  readonly packages: readonly string[];
  /** Node's own modules, without `node:`. */
  readonly builtins: 'all' | readonly string[];
}

const protocol = /^protocol\//;

export const folders: readonly FolderRule[] = [
  { name: 'protocol', files: protocol, may: [], mayTypes: [], packages: ['zod'], builtins: [] },
  {
    name: 'platform',
    files: /^platform\//,
    may: [/^protocol\/codes\.ts$/],
    mayTypes: [],
    packages: ['execa', 'ps-list', 'systeminformation'],
    builtins: 'all',
  },
  {
    name: 'installers',
    files: /^installers\//,
    may: [protocol],
    mayTypes: [/^platform\/(platform|inventory)\.ts$/],
    packages: ['zod'],
    builtins: [],
  },
  {
    name: 'agent',
    files: /^agent\//,
    may: [protocol, /^platform\//, /^installers\//],
    mayTypes: [],
    packages: ['axios', 'commander', 'node-schedule', 'winston', 'zod'],
    builtins: 'all',
  },
  {
    name: 'console/web',
    files: /^console\/web\//,
    may: [protocol, /^console\/api\//],
    mayTypes: [],
    packages: ['@mantine/', '@tabler/icons-react', '@tanstack/', 'react', 'react-dom', 'uqr', 'zod'],
    builtins: [],
  },
  { name: 'console/api', files: /^console\/api\//, may: [protocol], mayTypes: [], packages: ['zod'], builtins: [] },
  {
    name: 'console',
    files: /^console\//,
    may: [protocol, /^installers\//, /^console\/api\//],
    mayTypes: [],
    packages: [
      '@fastify/',
      '@peculiar/asn1-schema',
      '@peculiar/asn1-x509',
      'axios',
      'commander',
      'fastify',
      'fastify-type-provider-zod',
      'kysely',
      'nodemailer',
      'openid-client',
      'otpauth',
      'pg',
      'prom-client',
      'zod',
    ],
    builtins: 'all',
  },
];

/** Folders with TypeScript in them that no wall guards: they may see everything and nothing may see them. */
export const unguarded: readonly RegExp[] = [
  /^test\//,
  /^scripts\//,
  /^[^/]+\.config\.ts$/,
  /^console\/web\/vite\.config\.ts$/,
];

/** Folders of one operating system or one vendor do not know each other. */
export const strangers: readonly RegExp[] = [/^platform\/(linux|macos|windows)\//, /^installers\/(sentinelone)\//];

/** Decides and computes only: no I/O, no clock, no randomness, and nothing imported that has them. */
export const pure: readonly RegExp[] = [
  protocol,
  /^installers\//,
  /^platform\/(platform|inventory|files)\.ts$/,
  /^platform\/[a-z]+\/inventory\.ts$/,
  /^platform\/[a-z]+\/(parse|inventory)\//,
  /^agent\/(plan|schedule)\.ts$/,
  /^agent\/(plan|schedule)\//,
  /^agent\/update\/(judge|order|update-plan|watch-plan)\.ts$/,
  /^platform\/trial-note\.ts$/,
  /^console\/api\//,
  /^console\/auth\/sign-on\/claims\.ts$/,
];

/** Pure but for what stands here, and why. */
export const pureExceptions: readonly {
  readonly file: RegExp;
  readonly modules: readonly string[];
  readonly why: string;
}[] = [
  { file: /^protocol\/crypto\.ts$/, modules: ['crypto'], why: 'computes signatures; the one file that makes keys' },
];

/** One place for one thing: what it is, and the files that may. */
export const places: readonly {
  readonly what: string;
  readonly touch?: RegExp;
  readonly module?: RegExp;
  readonly only: RegExp;
}[] = [
  { what: 'asking which system this is', touch: /^process\.(platform|arch)$/, only: /^platform\/current\.ts$/ },
  { what: 'asking which system this is', module: /^node:process$/, only: /^$/ },
  {
    what: 'asking the system about itself',
    module: /^(node:os|systeminformation|ps-list)$/,
    only: /^(platform|console)\//,
  },
  {
    // `restart` starts nothing but ourselves over, where a process cannot be replaced.
    what: 'starting programs',
    module: /^(node:child_process|node:cluster|execa)$/,
    only: /^platform\/(exec|restart)\.ts$/,
  },
  { what: 'the inspector and other contexts', module: /^node:(inspector|vm|repl|test|trace_events)/, only: /^$/ },
  {
    what: 'loading code by other means',
    touch: /^(require|eval|Function|createRequire|getBuiltinModule)\b/,
    only: /^$/,
  },
  { what: 'loading code by other means', touch: /^process\.(getBuiltinModule|binding|dlopen|mainModule)$/, only: /^$/ },
  { what: 'reaching globals by a side door', touch: /^(globalThis|global)\b/, only: /^console\/web\// },
  { what: 'reaching process by a side door', touch: /^process(\.\?)?$/, only: /^$/ },
  { what: 'files of the device', module: /^node:fs(\/promises)?$/, only: /^(platform|console)\/|^agent\/doors\.ts$/ },
];

export const linesMax = 300;
export const functionLinesMax = 60;

/** Names that say nothing. */
export const emptyNames = /(^|[/-])(?<!package-)(utils?|helpers?|managers?|common|misc|shared|lib)(\.|\/|-)/;
