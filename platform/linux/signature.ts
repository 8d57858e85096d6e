import { judgeRpmSignature } from '#platform/linux/parse/rpm.ts';
import { completed } from '#platform/looks.ts';
import type { Runner } from '#platform/linux/runner.ts';
import type { PackageFormat, PinnedPublishers, SignatureVerdict } from '#platform/platform.ts';

const limits = { timeoutMs: 120_000, outputBytesMax: 256 * 1024 };

/**
 * Holds a package against the pinned publishers. rpm accepts any key its keyring has, so the keyring is a private one
 * that holds the pinned keys and nothing else, made anew for every look; and an unsigned file passes rpm's default
 * level, so signature *and* digest are demanded.
 */
export async function verifySignature(
  runner: Runner,
  format: PackageFormat,
  file: { readonly path: string; readonly pinned: PinnedPublishers },
): Promise<SignatureVerdict> {
  if (format === 'deb') return { status: 'not-applicable' };
  if (format !== 'rpm') return { status: 'failed', detail: `${format} packages are not made for Linux` };
  const { rpmKeys } = file.pinned;
  if (rpmKeys.length === 0) return { status: 'untrusted', detail: 'this build pins no publisher key' };
  return runner.withPrivate('keyring', async (keyring) => {
    const database = ['--dbpath', keyring.path];
    for (const [index, key] of rpmKeys.entries()) {
      await keyring.create(`pinned-${index}.asc`, new TextEncoder().encode(key.armoured));
      const args = [...database, '--import', `${keyring.path}/pinned-${index}.asc`];
      const imported = completed(await runner.probe({ program: 'rpmkeys', args }, limits), 'rpmkeys');
      if (imported.status !== 'ok') return { status: 'failed', detail: imported.detail };
      if (imported.value.code !== 0) return { status: 'failed', detail: `key not imported: ${imported.value.stderr}` };
    }
    const args = [...database, '--define', '_pkgverify_level all', '-Kv', file.path];
    const checked = completed(await runner.probe({ program: 'rpmkeys', args }, limits), 'rpmkeys');
    if (checked.status !== 'ok') return { status: 'failed', detail: checked.detail };
    const fingerprints = rpmKeys.map((key) => key.fingerprint);
    return judgeRpmSignature(checked.value, fingerprints);
  });
}
