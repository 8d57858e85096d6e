/** The shipped binary must not be steered by whoever starts it: findings F1, F2 and requirement G26 of the review. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../../scripts/build/agent.ts';
import { makeExecutable } from '../../scripts/build/executable.ts';
import { pinnedNode } from '../../scripts/build/runtime.ts';

const work = mkdtempSync(join(tmpdir(), 'garrison-doors-'));
const plain = { PATH: '/usr/bin:/bin' };
let agent = '';
/** The same recipe around a program that tells what it sees and stays. */
const witness = join(work, 'witness');

beforeAll(async () => {
  agent = (await buildAgent({ target: 'linux-x64', trust: 'release', testKeys: null })).file;
  const doors = JSON.stringify(join(import.meta.dirname, '..', '..', 'agent', 'doors.ts'));
  const source = join(work, 'witness.ts');
  writeFileSync(
    source,
    `import { closeRuntimeDoors } from ${doors};
     closeRuntimeDoors();
     if (process.argv[2] === '--version') console.log('garrison-agent witness ');
     else { console.log(JSON.stringify({ environment: Object.keys(process.env), arguments: process.argv.slice(2), options: process.execArgv }));
       if (process.argv[2] === 'stay') setInterval(() => {}, 1000); }`,
  );
  const { build } = await import('esbuild');
  const made = await build({ entryPoints: [source], bundle: true, write: false, platform: 'node', format: 'cjs' });
  makeExecutable({ code: made.outputFiles[0]?.text ?? '', parts: {} }, 'linux-x64', witness, 'witness');
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Local addresses on which this very process listens; others on the machine come and go. */
function listens(child: ChildProcess): readonly string[] {
  const descriptors = `/proc/${child.pid}/fd`;
  const sockets = readdirSync(descriptors).map((name) => readlinkSync(join(descriptors, name)));
  return ['tcp', 'tcp6']
    .flatMap((kind) => readFileSync(`/proc/net/${kind}`, 'utf8').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === '0A' && sockets.includes(`socket:[${columns[9]}]`))
    .map((columns) => columns[1] ?? '');
}

async function stay(
  program: string,
  environment: NodeJS.ProcessEnv,
  args: readonly string[] = ['stay'],
): Promise<ChildProcess> {
  const child = spawn(program, [...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
  return child;
}

/** A debugger prints where it listens before anything else happens; this is how long a plain Node takes, many times over. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

describe('F1: SIGUSR1', () => {
  test('opens the debugger of a plain Node, so this test would see it', async () => {
    const child = await stay(pinnedNode('linux-x64'), plain, ['-e', 'console.log(1); setInterval(() => {}, 1000)']);
    child.kill('SIGUSR1');
    await settle();
    expect(listens(child)).toEqual(['0100007F:240D']);
    child.kill('SIGKILL');
  });

  test('opens no port in the binary', async () => {
    const child = await stay(witness, plain);
    child.kill('SIGUSR1');
    await settle();
    expect(child.exitCode).toBeNull();
    expect(listens(child)).toEqual([]);
    child.kill('SIGKILL');
  });
});

describe('F2: variables of the runtime', () => {
  test('NODE_OPTIONS loads nothing', () => {
    const preload = join(work, 'preload.cjs');
    writeFileSync(preload, `require('fs').writeFileSync(${JSON.stringify(join(work, 'preloaded'))}, '')`);
    for (const options of [`--require ${preload}`, '--inspect=127.0.0.1:0', '--cpu-prof', '--report-on-signal']) {
      const run = spawnSync(agent, ['--version'], {
        cwd: work,
        env: { ...plain, NODE_OPTIONS: options },
        encoding: 'utf8',
      });
      expect({ options, status: run.status, said: run.stderr }).toEqual({ options, status: 0, said: '' });
    }
    expect(readdirSync(work)).not.toContain('preloaded');
  });

  test('OPENSSL_CONF loads no provider', () => {
    const configuration = join(work, 'openssl.cnf');
    const provider = join(work, 'evil.so');
    writeFileSync(
      configuration,
      `nodejs_conf = a\nopenssl_conf = a\n[a]\nproviders = b\n[b]\nevil = c\n[c]\nmodule = ${provider}\nactivate = 1\n`,
    );
    const trace = join(work, 'trace');
    const opened = (program: string, args: readonly string[]): string => {
      spawnSync('strace', ['-f', '-e', 'trace=openat,open', '-o', trace, program, ...args], {
        env: { ...plain, OPENSSL_CONF: configuration },
      });
      return readFileSync(trace, 'utf8');
    };
    expect(opened(pinnedNode('linux-x64'), ['-e', 'require("crypto").createHash("sha256")'])).toContain('evil.so');
    expect(opened(agent, ['--version'])).not.toMatch(/evil\.so|openssl\.cnf/);
  });

  test('NODE_V8_COVERAGE, NODE_COMPILE_CACHE and NODE_REDIRECT_WARNINGS write no file', () => {
    const [coverage, compiled, warnings] = ['coverage', 'compiled', 'warnings'].map((name) => join(work, name));
    const environment = {
      ...plain,
      NODE_V8_COVERAGE: coverage,
      NODE_COMPILE_CACHE: compiled,
      NODE_REDIRECT_WARNINGS: warnings,
    };
    const run = spawnSync(agent, ['--version'], { env: environment, encoding: 'utf8' });
    expect(run.status).toBe(0);
    const written = readdirSync(work, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => /\/(coverage|compiled|warnings)/.test(path));
    expect(written).toEqual([]);
  });

  test('the program goes on in the same process without them, with its arguments', async () => {
    const environment = {
      ...plain,
      NODE_DEBUG: 'http',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      SSL_CERT_FILE: '/x',
      HTTPS_PROXY: 'http://x',
      LANG: 'C',
    };
    const run = spawnSync(witness, ['a b', '--x=1', ''], { env: environment, encoding: 'utf8' });
    const seen = JSON.parse(run.stdout) as { environment: string[]; arguments: string[]; options: string[] };
    expect(seen.environment.sort()).toEqual(['LANG', 'PATH']);
    expect(seen.arguments).toEqual(['a b', '--x=1', '']);
    expect(seen.options).toEqual(expect.arrayContaining(['--disable-sigusr1', '--openssl-config=/dev/null']));
    expect(run.stderr).toBe('');
    const child = await stay(witness, environment);
    expect(readlinkSync(`/proc/${child.pid}/exe`)).toBe(witness);
    expect(readFileSync(`/proc/${child.pid}/environ`, 'utf8')).not.toMatch(/NODE_|SSL_|PROXY/);
    child.kill('SIGKILL');
  });
});

describe('G26: crashes', () => {
  test('leave no memory in a core dump and no report', async () => {
    const child = await stay(witness, { ...plain, NODE_OPTIONS: '--report-on-fatalerror --report-on-signal' });
    expect(readFileSync(`/proc/${child.pid}/coredump_filter`, 'utf8').trim()).toBe('00000000');
    child.kill('SIGUSR2');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(readdirSync(process.cwd()).filter((name) => name.startsWith('report.'))).toEqual([]);
  });
});
