/** What is in the binary and what must never be: requirements G4 and G28 of the review. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agentFile, buildAgent, type BuiltAgent } from '../../scripts/build/agent.ts';
import { bundle, checkCode, readTestKeys, testMarker } from '../../scripts/build/bundle.ts';
import { packagesOf, type Components } from '../../scripts/build/components.ts';
import { checkProgramTrust } from '../../scripts/build/executable.ts';
import { licensesOf } from '../../scripts/build/licenses.ts';
import { checkIntegrity, nodeVersion, pinnedNode, root, runtimeOf, sha256 } from '../../scripts/build/runtime.ts';

const target = 'linux-x64';
const work = mkdtempSync(join(tmpdir(), 'garrison-build-'));
const keys = mkdtempSync(join(work, 'keys-'));
const fingerprint = 'A1'.repeat(20);
/** The part of the agent that believes the vendor's publishers. */
const vendor = 'installers/sentinelone/index.ts';
let release: BuiltAgent;

beforeAll(async () => {
  writeFileSync(
    join(keys, `${fingerprint}.asc`),
    '-----BEGIN PGP PUBLIC KEY BLOCK-----\nstand-in\n-----END PGP PUBLIC KEY BLOCK-----\n',
  );
  release = await buildAgent({ target, trust: 'release', testKeys: null });
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('the release binary', () => {
  test('answers --version with its version and nothing on standard error', () => {
    const run = spawnSync(release.file, ['--version'], { env: {}, encoding: 'utf8' });
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toMatch(new RegExp(`^garrison-agent ${version.replaceAll('.', '\\.')} `));
    expect(run.stdout).not.toContain('test-trust');
  });

  test('G4: holds no test trust in its bytes, in either encoding', () => {
    const bytes = readFileSync(release.file);
    expect(bytes.includes('NODE_SEA_BLOB')).toBe(true);
    for (const text of [testMarker, 'Garrison Stand-in Publisher', 'STANDIN000']) {
      expect(bytes.includes(text)).toBe(false);
      expect(bytes.includes(Buffer.from(text, 'utf16le'))).toBe(false);
    }
    expect(() => checkProgramTrust(release.file, 'release', true)).not.toThrow();
  });

  test('is not made again when nothing changed', async () => {
    expect((await buildAgent({ target, trust: 'release', testKeys: null })).upToDate).toBe(true);
  });

  test('takes no test keys', async () => {
    await expect(bundle({ target, trust: 'release', testKeys: keys })).rejects.toThrow('a release takes no test keys');
  });

  test('names the runtime and the inputs it was made from', () => {
    const record = JSON.parse(readFileSync(`${agentFile({ target, trust: 'release' })}.json`, 'utf8')) as Record<
      string,
      string
    >;
    expect(record).toMatchObject({ runtime: nodeVersion, target, sha256: sha256(readFileSync(release.file)) });
    expect(record['inputs']).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('G28: what the release binary says it consists of', () => {
  const sbom = (): Components => JSON.parse(readFileSync(`${release.file}.cdx.json`, 'utf8')) as Components;

  test('names every npm package that the bundler took in, with the digest that package-lock.json pins', async () => {
    const { inputs } = await bundle({ target, trust: 'release', testKeys: null });
    const names = sbom().components.filter(({ type }) => type === 'library');
    expect(names).toHaveLength(packagesOf(inputs).size);
    expect(names.map(({ name }) => name)).toEqual(expect.arrayContaining(['axios', 'commander', 'zod']));
    for (const one of names) expect(one.hashes?.[0]?.content, one.name).toMatch(/^[0-9a-f]{128}$/);
    expect(sbom().metadata.component.hashes).toEqual([{ alg: 'SHA-256', content: release.sha256 }]);
  });

  test('names the runtime by the digest that was checked, and what that is made of', () => {
    const node = sbom().components.find(({ name }) => name === 'node');
    expect(node).toMatchObject({ version: nodeVersion, hashes: [{ content: runtimeOf(target).sha256 }] });
    const inside = node?.components?.map(({ name }) => name);
    expect(inside).toEqual(expect.arrayContaining(['openssl', 'v8', 'zlib', 'uv']));
  });

  test('comes with the licence of each part', async () => {
    const text = licensesOf(release.libraries);
    for (const { name, version } of sbom().components.filter(({ type }) => type === 'library'))
      expect(text).toContain(`\n${name} ${version}\n`);
    expect(text).toContain(`Node.js ${nodeVersion}`);
    expect(text).toContain('OpenSSL');
  });

  test('and the binary itself tells commit and inputs', () => {
    const told = spawnSync(release.file, ['--version'], { env: {}, encoding: 'utf8' }).stdout;
    const record = JSON.parse(readFileSync(`${release.file}.json`, 'utf8')) as Record<string, string>;
    expect(told).toContain(`commit ${record['commit']?.slice(0, 12)}`);
    expect(told).toContain(`inputs ${record['inputs']?.slice(0, 12)}`);
  });
});

describe('the test flavour', () => {
  test('says so in its version and carries the keys it was given', async () => {
    const made = await bundle({ target, trust: 'test', testKeys: keys }, vendor);
    expect(made.build.version).toMatch(/\+test-trust$/);
    expect(made.code).toContain(testMarker);
    expect(made.code).toContain(fingerprint);
    expect(() => checkCode(made.code, 'release')).toThrow('test trust is in a release build');
  });

  test('differs from the release in its inputs, and by its keys', async () => {
    const inputs = await Promise.all([
      bundle({ target, trust: 'release', testKeys: null }, vendor),
      bundle({ target, trust: 'test', testKeys: null }, vendor),
      bundle({ target, trust: 'test', testKeys: keys }, vendor),
    ]);
    expect(new Set(inputs.map((one) => one.build.inputs)).size).toBe(3);
  });

  test('refuses a folder without keys', () => {
    expect(() => readTestKeys(work)).toThrow('holds no <FINGERPRINT>.asc file');
    expect(readTestKeys(keys)).toMatchObject([{ fingerprint }]);
  });
});

describe('what is refused while building', () => {
  test('a binary in which test trust stands', () => {
    const marked = join(work, 'marked');
    copyFileSync('/bin/true', marked);
    writeFileSync(marked, `${testMarker}never-in-a-release`, { flag: 'a' });
    expect(() => checkProgramTrust(marked, 'release', false)).toThrow('test trust is in the bytes');
    const wide = join(work, 'wide');
    writeFileSync(wide, Buffer.from(`x${testMarker}`, 'utf16le'));
    expect(() => checkProgramTrust(wide, 'release', false)).toThrow('test trust is in the bytes');
  });

  test("the injector's own fuse in the bundle, and an empty bundle", () => {
    expect(() => checkCode('const a = "NODE_SEA_FUSE_x";', 'release')).toThrow('fuse');
    expect(() => checkCode('', 'release')).toThrow('empty');
  });

  test('G28: a runtime tarball or program that is not the pinned one', () => {
    expect(() => checkIntegrity(Buffer.from('other'), runtimeOf(target).integrity)).toThrow('not the pinned one');
    expect(sha256(readFileSync(pinnedNode(target)))).toBe(runtimeOf(target).sha256);
  });
});
