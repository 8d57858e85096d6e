/** The binaries of all systems as files: what can be said of them without starting them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NtExecutable, NtExecutableResource, Resource } from 'resedit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildAgent, type BuiltAgent } from '../../scripts/build/agent.ts';
import { bundle, testMarker } from '../../scripts/build/bundle.ts';
import { makeExecutable } from '../../scripts/build/executable.ts';
import { verifyMachO } from '../../scripts/build/mach-o-verify.ts';
import { pinnedNode, runtimeOf, sha256, targets } from '../../scripts/build/runtime.ts';
import { checkStructure } from '../../scripts/build/structure.ts';

const work = mkdtempSync(join(tmpdir(), 'garrison-systems-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.each(targets)('%s', (target) => {
  let built: BuiltAgent;
  beforeAll(async () => {
    built = await buildAgent({ target, trust: 'release', testKeys: null });
  });

  test('holds the agent for this system, and no test trust (G4)', () => {
    const bytes = readFileSync(built.file);
    expect(bytes.includes(`target:"${target}"`)).toBe(true);
    expect(bytes.includes(`--openssl-config=${runtimeOf(target).opensslConfig}`)).toBe(true);
    for (const text of [testMarker, 'Garrison Stand-in Publisher'])
      for (const encoding of ['utf8', 'utf16le'] as const)
        expect(bytes.includes(Buffer.from(text, encoding))).toBe(false);
  });
});

describe.each(['macos-x64', 'macos-arm64'] as const)('the signature of %s', (target) => {
  test("the verifier holds for what Apple's own tool signed: the runtime as it came", () => {
    const check = verifyMachO(readFileSync(pinnedNode(target)));
    expect(check).toMatchObject({ adHoc: false, badPages: [], badParts: [] });
    expect(check.pages).toBeGreaterThan(20_000);
    expect(check.parts.length).toBeGreaterThan(0);
  });

  test('every page of ours holds, and one flipped byte anywhere is found', async () => {
    const { file } = await buildAgent({ target, trust: 'release', testKeys: null });
    const bytes = readFileSync(file);
    const check = verifyMachO(bytes);
    expect(check).toMatchObject({ identifier: 'garrison-agent', adHoc: true, badPages: [], badParts: [], parts: [2] });
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 0x40;
    expect(verifyMachO(bytes).badPages).toEqual([Math.floor(middle / 4096)]);
    // Of the blob a piece that stands in it once.
    const piece = Buffer.from('its code cache is not for this runtime');
    expect(() => checkStructure(bytes, target, piece)).toThrow('signature does not hold');
  });
});

describe.each(['windows-x64', 'windows-x86'] as const)('%s', (target) => {
  test('says what it is in its properties, and carries no signature of somebody else', async () => {
    const { file, version } = await buildAgent({ target, trust: 'release', testKeys: null });
    const program = NtExecutable.from(readFileSync(file));
    expect(program.newHeader.optionalHeaderDataDirectory.get(4)).toMatchObject({ size: 0 });
    const [info] = Resource.VersionInfo.fromEntries(NtExecutableResource.from(program).entries);
    expect(info?.getStringValues({ lang: 1033, codepage: 1200 })).toMatchObject({
      ProductName: 'Garrison',
      FileVersion: version,
    });
  });

  test('made twice from the same it is the same, to the byte', () => {
    const parts = { code: 'console.log(1)', parts: { 'a.js': 'x', 'b.js': 'y' } };
    const files = ['one.exe', 'two.exe'].map((name) => join(work, `${target}-${name}`));
    for (const file of files) makeExecutable(parts, target, file, '1.2.3');
    const [one, two] = files.map((file) => readFileSync(file));
    expect(one?.equals(two ?? Buffer.alloc(0))).toBe(true);
  });
});

/**
 * Bundled anew and made anew, in other scratch folders and another time zone. Not so linux-x64: its code cache, made by running
 * the engine, differs each time. With a code-signing key the Windows ones carry the time of their signature.
 */
test.each(['linux-arm64', 'macos-arm64'] as const)(
  'the whole agent for %s, made again, is the same',
  async (target) => {
    const request = { target, trust: 'release', testKeys: null } as const;
    const built = await buildAgent(request);
    const file = join(work, `again-${target}`);
    vi.stubEnv('TZ', 'Asia/Tokyo');
    const again = await bundle(request);
    makeExecutable(again, target, file, again.build.version);
    vi.unstubAllEnvs();
    expect(sha256(readFileSync(file))).toBe(built.sha256);
  },
);

test('a program for another processor or without its blob is refused', async () => {
  const { file } = await buildAgent({ target: 'linux-arm64', trust: 'release', testKeys: null });
  const bytes = readFileSync(file);
  expect(() => checkStructure(bytes, 'linux-x64', Buffer.from('x'))).toThrow('made for machine 183');
  expect(() => checkStructure(bytes, 'linux-arm64', Buffer.from('never in there'))).toThrow('the blob is not in');
  expect(() => checkStructure(readFileSync(pinnedNode('macos-x64')), 'macos-x64', Buffer.from('x'))).toThrow('fuse');
});
