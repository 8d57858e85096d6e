import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  buildStandInPackages,
  olderVersion,
  variants,
  type StandInPackages,
} from '#test/worlds/sentinelone/packages/build.ts';
import { runTool } from '#test/worlds/sentinelone/packages/tool.ts';

const out = mkdtempSync(join(tmpdir(), 'stand-in-'));
let built: StandInPackages;
beforeAll(async () => {
  built = await buildStandInPackages(out);
});
afterAll(() => rmSync(out, { recursive: true }));

const debFields = (file: string) =>
  runTool('dpkg-deb', ['--showformat', '${Package} ${Version} ${Architecture}', '-W', file]);
const rpmFields = (file: string) =>
  runTool('rpm', ['--nosignature', '-qp', '--queryformat', '%{NAME} %{VERSION} %{ARCH}', file], { env: { HOME: out } });

test('the vendor names its files so, and the good packages say inside what they are', async () => {
  expect(readdirSync(built.folder).toSorted()).toEqual([
    'SentinelAgent-aarch64_linux_aarch64_v24_2_2_20.deb',
    'SentinelAgent-aarch64_linux_aarch64_v24_2_2_20.rpm',
    'SentinelAgent_linux_x86_64_v24_2_2_20.deb',
    'SentinelAgent_linux_x86_64_v24_2_2_20.rpm',
  ]);
  expect(await debFields(built.files['linux-x64-deb'].path)).toBe('sentinelagent 24.2.2.20 amd64');
  expect(await debFields(built.files['linux-arm64-deb'].path)).toBe('sentinelagent 24.2.2.20 arm64');
  expect(await rpmFields(built.files['linux-x64-rpm'].path)).toBe('SentinelAgent 24.2.2.20 x86_64');
  expect(await rpmFields(built.files['linux-arm64-rpm'].path)).toBe('SentinelAgent 24.2.2.20 aarch64');
});

test('each variant is wrong in the one way its name says', async () => {
  expect(await debFields(built.variant('older', 'linux-x64-deb').path)).toBe(`sentinelagent ${olderVersion} amd64`);
  expect(await rpmFields(built.variant('older', 'linux-x64-rpm').path)).toBe(`SentinelAgent ${olderVersion} x86_64`);
  expect(await debFields(built.variant('other-product', 'linux-x64-deb').path)).toBe('sentineldecoy 24.2.2.20 amd64');
  expect(await rpmFields(built.variant('other-product', 'linux-arm64-rpm').path)).toBe(
    'SentinelDecoy 24.2.2.20 aarch64',
  );
  expect(await debFields(built.variant('wrong-architecture', 'linux-x64-deb').path)).toBe(
    'sentinelagent 24.2.2.20 arm64',
  );
  expect(await rpmFields(built.variant('wrong-architecture', 'linux-x64-rpm').path)).toBe(
    'SentinelAgent 24.2.2.20 aarch64',
  );
  for (const target of ['linux-x64-deb', 'linux-x64-rpm'] as const) {
    const [good, altered] = [built.files[target], built.variant('altered', target)].map(({ path }) =>
      readFileSync(path),
    );
    const differing = good?.filter((byte, index) => byte !== altered?.[index]);
    expect([differing?.length, altered?.length]).toEqual([1, good?.length]);
  }
});

test('every variant keeps the file name of the good package, and none is the same file', () => {
  for (const target of ['linux-x64-deb', 'linux-arm64-rpm'] as const) {
    const wrong = variants
      .filter((name) => target.endsWith('rpm') || !name.endsWith('signed'))
      .map((name) => built.variant(name, target));
    expect(new Set(wrong.map(({ path }) => basename(path)))).toEqual(new Set([built.files[target].fileName]));
    expect(new Set([built.files[target], ...wrong].map(({ sha256 }) => sha256)).size).toBe(wrong.length + 1);
  }
  expect(() => built.variant('unsigned', 'linux-x64-deb')).toThrow('no unsigned variant');
});

test('only what the stand-in key signed verifies against a keyring that holds nothing else', async () => {
  const keyring = ['--dbpath', join(out, 'keyring'), '--define', '_pkgverify_level signature'];
  await runTool('rpmkeys', [...keyring, '--import', built.key.publicKeyFile], { env: { HOME: out } });
  const verdict = (path: string) =>
    runTool('rpmkeys', [...keyring, '-K', path], { env: { HOME: out } }).then(
      () => 'accepted',
      () => 'refused',
    );
  const signed = (name: (typeof variants)[number]) => verdict(built.variant(name, 'linux-x64-rpm').path);
  expect(await verdict(built.files['linux-x64-rpm'].path)).toBe('accepted');
  expect(await verdict(built.files['linux-arm64-rpm'].path)).toBe('accepted');
  expect([await signed('older'), await signed('other-product')]).toEqual(['accepted', 'accepted']);
  expect([await signed('unsigned'), await signed('wrongly-signed'), await signed('altered')]).toEqual([
    'refused',
    'refused',
    'refused',
  ]);
});

test('a keys folder holds one armoured public key, named by its fingerprint, and no secret one', () => {
  expect(readdirSync(built.key.folder)).toEqual([`${built.key.fingerprint}.asc`]);
  expect(readFileSync(built.key.publicKeyFile, 'utf8')).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----/);
  expect(built.key.fingerprint).not.toBe(built.otherKey.fingerprint);
});
