import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { build, type BuildOptions, type Plugin, transform, type TransformOptions } from 'esbuild';
import type { Build } from '../../agent/build.ts';
import { lean } from './lean.ts';
import { nodeVersion, root, runtimeOf, sha256, type Target } from './runtime.ts';

export type Flavour = 'release' | 'test';

/** Stands in every test build and in no release; checked in the bytes of both. */
export const testMarker = 'garrison-test-trust:';

export interface BundleRequest {
  readonly target: Target;
  readonly trust: Flavour;
  /** Directory of `<FINGERPRINT>.asc` files, the stand-in publishers of a test build. */
  readonly testKeys: string | null;
  /** Default: that of `package.json`. Tests of updates make a newer one, test flavour only. */
  readonly version?: string;
}

export interface Bundle {
  /** What the binary starts with. */
  readonly code: string;
  /** What the entry loads when more than a version is asked for, by name; functions of (exports, require, module). */
  readonly parts: Readonly<Record<string, string>>;
  readonly build: Build;
  /** Every file that went in, by its path from the root. */
  readonly inputs: readonly string[];
}

interface TestKey {
  readonly fingerprint: string;
  readonly armoured: string;
}

/** Reads stand-in keys: one armoured public key a file, named after its fingerprint. */
export function readTestKeys(directory: string | null): readonly TestKey[] {
  if (directory === null) return [];
  const files = readdirSync(directory)
    .filter((name) => /^[0-9A-F]{40}\.asc$/.test(name))
    .sort();
  if (files.length === 0) throw new Error(`${directory} holds no <FINGERPRINT>.asc file`);
  return files.map((name) => ({
    fingerprint: name.slice(0, 40),
    armoured: readFileSync(join(directory, name), 'utf8'),
  }));
}

/** Re-points the imports that decide which publishers a build believes and which answers are recorded ones. */
function trustPlugin(trust: Flavour): Plugin {
  return {
    name: 'trust',
    setup(builder) {
      builder.onResolve({ filter: /^#.*\/(trust|answers)\.release\.ts$/ }, ({ path }) => ({
        path: join(root, path.slice(1).replace('.release.ts', `.${trust}.ts`)),
      }));
    },
  };
}

const fileUrl = 'const __garrisonFile = require("node:url").pathToFileURL(process.execPath).href;';
const loader = readFileSync(join(import.meta.dirname, 'program-loader.cjs'), 'utf8');
const agentEntry = 'agent/main.ts';
const agentProgram = 'agent/cli/program.ts';

/** Leaves the program out of the entry: the loader at its head fetches it. */
const programApart: Plugin = {
  name: 'program-apart',
  setup(builder) {
    builder.onResolve({ filter: /^#agent\/cli\/program\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: 'garrison:program', external: true } : null,
    );
  },
};

function options(request: BundleRequest, entry: string, baked: Build | null): BuildOptions {
  const keys = JSON.stringify(readTestKeys(request.testKeys));
  return {
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    target: `node${nodeVersion}`,
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'warning',
    external: ['osx-temperature-sensor'],
    banner: { js: entry === agentEntry ? loader + fileUrl : fileUrl },
    // As a call of `require`, which the loader answers.
    supported: { 'dynamic-import': false },
    define: {
      'import.meta.url': '__garrisonFile',
      'process.env.NODE_ENV': '"production"',
      ...(baked === null ? {} : { __GARRISON_BUILD__: JSON.stringify(baked) }),
      ...(request.trust === 'test' ? { __GARRISON_TEST_KEYS__: keys } : {}),
    },
    plugins: [lean, trustPlugin(request.trust), ...(entry === agentEntry ? [programApart] : [])],
  };
}

function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
    const dirty = git('status', '--porcelain', '--untracked-files=no').trim() === '' ? '' : '-dirty';
    return git('rev-parse', 'HEAD').trim() + dirty;
  } catch {
    return 'unknown';
  }
}

/** One hash over every file that went into the bundle, the way it was made and the runtime it is for. */
function hashInputs(files: readonly string[], request: BundleRequest): string {
  const lines = files.map((file) => `${file} ${sha256(readFileSync(join(root, file)))}`);
  const how = readdirSync(import.meta.dirname)
    .sort()
    .map((file) => sha256(readFileSync(join(import.meta.dirname, file))));
  return sha256(
    JSON.stringify([
      lines,
      how,
      request.trust,
      request.target,
      request.version,
      readTestKeys(request.testKeys),
      runtimeOf(request.target),
    ]),
  );
}

/** The whole agent (or another entry, for tests), with what is known about it baked in. */
export async function bundle(request: BundleRequest, entry = agentEntry): Promise<Bundle> {
  if (request.trust === 'release' && request.version !== undefined)
    throw new Error('a release has the version of package.json');
  if (request.trust === 'release' && request.testKeys !== null) throw new Error('a release takes no test keys');
  const entries = entry === agentEntry ? [agentEntry, agentProgram] : [entry];
  const files = await inputsOf(request, entries);
  if (entry === agentEntry) refuseForeignInputs(files, request.trust);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const baked: Build = {
    version: (request.version ?? manifest.version) + (request.trust === 'test' ? '+test-trust' : ''),
    commit: commit(),
    inputs: hashInputs(files, request),
    target: request.target,
    runtime: nodeVersion,
  };
  const made = await build(options(request, entry, baked));
  const code = plainAscii(made.outputFiles?.[0]?.text ?? '');
  const parts = entry === agentEntry ? await programParts(options(request, agentProgram, baked)) : {};
  for (const text of [code, ...Object.values(parts)]) checkCode(text, request.trust);
  return { code, parts, build: baked, inputs: files };
}

/** Splits the program where it loads on demand, so that a short command compiles and keeps only what it uses. */
async function programParts(whole: BuildOptions): Promise<Readonly<Record<string, string>>> {
  const { supported = {}, banner: _banner, ...rest } = whole;
  const { target = [], charset = 'ascii', platform = 'node', minify = true } = rest;
  const forLoader: TransformOptions = { format: 'cjs', target, charset, platform, minify, supported };
  const made = await build({ ...rest, format: 'esm', splitting: true, outdir: join(root, 'parts') });
  const named = (made.outputFiles ?? []).map(async ({ path, text }) => {
    const { code } = await transform(text, forLoader);
    const head = code.includes('__garrisonFile') ? fileUrl : '';
    return [basename(path), `(function (exports, require, module) {${head}${plainAscii(code)}\n})`] as const;
  });
  return Object.fromEntries(await Promise.all(named));
}

/** Every file that goes in, by its path from the root; sorted, each once. */
async function inputsOf(request: BundleRequest, entries: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(entries.map((one) => build(options(request, one, null))));
  const files = found
    .flatMap((one) => Object.keys(one.metafile?.inputs ?? {}))
    .filter((file) => !/^(<|stub:)/.test(file));
  return [...new Set(files)].sort();
}

function refuseForeignInputs(files: readonly string[], trust: Flavour): void {
  if (files.length === 0) throw new Error('the bundler saw no files');
  const foreign = files.filter(
    (file) =>
      /^(test|console|scripts)\//.test(file) || (trust === 'release' && /\/(trust|answers)\.test\.ts$/.test(file)),
  );
  if (foreign.length > 0)
    throw new Error(`must not be in the agent: ${foreign.map((file) => relative('.', file)).join(', ')}`);
}

/** The bundler escapes strings and leaves expressions as they are; beyond ASCII the text would take twice the memory. */
function plainAscii(code: string): string {
  return code.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The injector refuses a bundle that holds its own fuse; a release that holds test trust is no release. */
export function checkCode(code: string, trust: Flavour): void {
  if (code.length === 0) throw new Error('the bundle is empty');
  if (plainAscii(code) !== code) throw new Error('the bundle is not plain ASCII');
  if (code.includes('NODE_SEA_FUSE')) throw new Error('the bundle holds the fuse text of the injector');
  if (trust === 'release' && code.includes(testMarker)) throw new Error('test trust is in a release build');
}
