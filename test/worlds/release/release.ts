/** Signed releases for tests: real manifests over whatever files a test wants to hand out. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex, type KeyPair } from '#protocol/crypto.ts';
import { signEnvelope, type Envelope } from '#protocol/envelope.ts';
import { releaseFile, releaseSignatureFile, type Artifact, type Release } from '#protocol/release.ts';
import { importRelease } from '#console/releases/import-release.ts';
import { testReleaseKey } from '#test/worlds/release/keys.ts';

export function release(change: Partial<Release> = {}): Release {
  return {
    product: 'garrison-agent',
    version: '0.2.0',
    commit: 'a'.repeat(40),
    issuedAt: '2026-11-01T00:00:00.000Z',
    expiresAt: '2099-01-01T00:00:00.000Z',
    artifacts: [artifact('linux-x64', 'binary', 'garrison-agent-linux-x64', Buffer.from('agent'))],
    replaces: [],
    test: true,
    ...change,
  };
}

export function artifact(
  target: Artifact['target'],
  kind: Artifact['kind'],
  file: string,
  bytes: Uint8Array,
): Artifact {
  return { target, kind, file, size: bytes.length, sha256: sha256Hex(bytes) };
}

export function signRelease(value: Release, key: KeyPair = testReleaseKey): Envelope {
  return signEnvelope('release', value, [key]);
}

/** Lays a release out as `npm run build:release` does. */
export function writeRelease(
  directory: string,
  files: ReadonlyMap<string, Uint8Array>,
  value: Release,
  key: KeyPair = testReleaseKey,
): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(directory, name), bytes);
  const envelope = signRelease(value, key);
  writeFileSync(join(directory, releaseFile), Buffer.from(envelope.payload, 'base64'));
  writeFileSync(join(directory, releaseSignatureFile), `${JSON.stringify(envelope)}\n`);
}

/** Signs the files as one release and imports it into a console, as `garrison-console release add` does. */
export async function loadRelease(
  world: { readonly directory: string; readonly nowMs: number },
  version: string,
  files: readonly (readonly [target: Artifact['target'], kind: Artifact['kind'], bytes: Uint8Array])[],
): Promise<void> {
  const from = mkdtempSync(join(tmpdir(), 'garrison-release-'));
  const named = files.map(([target, kind, bytes]) => [target, kind, `${target}.${kind}`, bytes] as const);
  const value = release({ version, artifacts: named.map((one) => artifact(...one)) });
  writeRelease(from, new Map(named.map(([, , name, bytes]) => [name, bytes])), value);
  const to = join(world.directory, 'releases');
  await importRelease({ from, to, keys: [testReleaseKey.publicKey], nowMs: world.nowMs });
  rmSync(from, { recursive: true, force: true });
}
