/** The console's program and page as files, and the pinned Node they run on. */
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { build as buildPage } from 'vite';
import { packagesOf } from '../build/components.ts';
import { licensesOf } from '../build/licenses.ts';
import { cache, fetchRuntime, root, sha256 } from '../build/runtime.ts';
import runtimes from '../runtimes.json' with { type: 'json' };

/** What asks for CommonJS inside the bundle finds it; packages of that kind do. */
const banner =
  "import { createRequire as garrisonRequire } from 'node:module'; const require = garrisonRequire(import.meta.url);";

/** Read beside the program (`console/install/scripts.ts`). */
const besideProgram = ['install.sh', 'install.ps1'] as const;

/** Bundles into `directory`; returns the files that went in, by their path from the root. */
export async function bundleProgram(directory: string, version: string): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['console/main.ts'],
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    // Names in stack traces are what a report of a fault begins with.
    keepNames: true,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: `node${runtimes.console.nodeVersion}`,
    legalComments: 'none',
    logLevel: 'warning',
    // The faster driver of PostgreSQL, which is asked for and not installed.
    external: ['pg-native'],
    banner: { js: banner },
    define: { __GARRISON_VERSION__: JSON.stringify(version), 'process.env.NODE_ENV': '"production"' },
  });
  for (const name of besideProgram) copyFileSync(join(root, 'console/install', name), join(directory, name));
  return Object.keys(metafile.inputs);
}

async function bundlePage(directory: string): Promise<readonly string[]> {
  const made = await buildPage({
    root: join(root, 'console/web'),
    logLevel: 'error',
    build: { outDir: directory, emptyOutDir: true },
  });
  const outputs = (Array.isArray(made) ? made : [made]).flatMap((one) => ('output' in one ? one.output : []));
  return outputs.flatMap((one) => (one.type === 'chunk' ? one.moduleIds : [])).map((id) => relative(root, id));
}

/** As Debian names it. */
export type Architecture = keyof typeof runtimes.console.architectures;
export const architectures = Object.keys(runtimes.console.architectures) as readonly Architecture[];

/** Path of the pinned Node, proved each time. */
function consoleNode(architecture: Architecture): string {
  const { nodeVersion, program: inTarball } = runtimes.console;
  const { sha256: pinned, ...tarball } = runtimes.console.architectures[architecture];
  const program = join(cache, 'runtimes', `console-${architecture}-${nodeVersion}`, 'node');
  if (!existsSync(program)) fetchRuntime({ ...tarball, nodeVersion, program: inTarball, hasLicense: true }, program);
  const found = sha256(readFileSync(program));
  if (found !== pinned) throw new Error(`${program} has SHA-256 ${found}, pinned is ${pinned}: remove it`);
  return program;
}

export interface ConsoleProgram {
  readonly program: string;
  readonly page: string;
  readonly node: string;
  /** Licences of all that is inside, as text. */
  readonly licenses: string;
}

/** Nothing but the runtime depends on the processor: no package inside brings machine code. */
export async function buildConsole(work: string, version: string, architecture: Architecture): Promise<ConsoleProgram> {
  const program = join(work, 'program');
  const page = join(work, 'page');
  const inputs = [...(await bundleProgram(program, version)), ...(await bundlePage(page))];
  const node = consoleNode(architecture);
  const { nodeVersion } = runtimes.console;
  const nodeLicense = readFileSync(join(dirname(node), 'LICENSE'), 'utf8');
  return {
    program,
    page,
    node,
    licenses: licensesOf(packagesOf(inputs), { name: 'Garrison console', nodeVersion, nodeLicense }),
  };
}
