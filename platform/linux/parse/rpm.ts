import type { InstalledPackage } from '#platform/inventory.ts';
import type { PackageMetadata, PackageState, SignatureVerdict } from '#platform/platform.ts';

/** One line a package. The version a vendor speaks of is VERSION alone; the release counts its packaging. */
export const rpmQueryFormat = '%{NAME}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n';
/** One line a file: path, digest in hex (empty for directories and links), number of the digest's algorithm. */
export const rpmFileFormat = '[%{FILENAMES}\\t%{FILEDIGESTS}\\t%{=FILEDIGESTALGO}\\n]';

interface RpmRecord {
  readonly name: string;
  readonly version: string;
  readonly release: string;
  readonly architecture: string;
}

/** Output of `rpm -q`/`-qa` with `rpmQueryFormat`; "package X is not installed" and warnings have no tabs. */
function parseRpmQuery(output: string): readonly RpmRecord[] {
  return output.split('\n').flatMap((line) => {
    const [name, version, release, architecture] = line.split('\t');
    if (name === undefined || version === undefined || release === undefined || architecture === undefined) return [];
    return [{ name, version, release, architecture }];
  });
}

/** Without the keys, which rpm lists as packages named gpg-pubkey. */
export function installedRpms(output: string): readonly InstalledPackage[] {
  return parseRpmQuery(output)
    .filter(({ name }) => name !== 'gpg-pubkey')
    .map(({ name, version, release }) => ({
      format: 'rpm' as const,
      name,
      version: `${version}-${release}`,
      state: 'installed' as const,
    }));
}

/** rpm knows no half-installed state: what its database holds is present, a failed scriptlet shows elsewhere. */
export function rpmPackageState(output: string): PackageState {
  const record = parseRpmQuery(output)[0];
  if (record === undefined) return { state: 'absent', version: null, detail: 'not installed' };
  return { state: 'present', version: record.version, detail: `${record.version}-${record.release}` };
}

export function rpmMetadata(output: string): PackageMetadata | null {
  const record = parseRpmQuery(output)[0];
  if (record === undefined || record.name === '') return null;
  return { name: record.name, version: record.version, architecture: record.architecture };
}

/** RFC 4880 hash numbers as Node names them; others are not used for files. */
const digestNames: Readonly<Record<string, string>> = { 1: 'md5', 2: 'sha1', 8: 'sha256', 9: 'sha384', 10: 'sha512' };

export interface FileDigest {
  /** As `createHash` names it; null where the database has no digest of this file. */
  readonly algorithm: string | null;
  readonly hex: string;
}

/** Output of `rpm -q` with `rpmFileFormat`: path → digest. */
export function parseRpmFiles(output: string): ReadonlyMap<string, FileDigest> {
  return new Map(
    output.split('\n').flatMap((line) => {
      const [path, hex, number] = line.split('\t');
      if (path === undefined || hex === undefined || !path.startsWith('/')) return [];
      return [[path, { algorithm: hex === '' ? null : (digestNames[number ?? ''] ?? null), hex }] as const];
    }),
  );
}

interface SignatureLine {
  readonly keyId: string;
  readonly outcome: string;
}

/** rpm 4.14 – 4.20: "Header V4 RSA/SHA256 Signature, key ID 51b0c7a1: OK"; rpm 6: "… signature, key fingerprint: 0123…: OK". */
const signatureLine = /signature, key (?:ID|fingerprint):? ([0-9a-f]{8,64}): ?([A-Z]+)/i;

/**
 * Reads `rpmkeys -Kv` at `_pkgverify_level all` against a keyring that holds the pinned keys alone. Every line must be
 * good and one signature must come from a pinned primary key; the exit code alone would not tell who signed.
 */
export function judgeRpmSignature(
  result: { readonly code: number | null; readonly stdout: string; readonly stderr: string },
  fingerprints: readonly string[],
): SignatureVerdict {
  const lines = result.stdout.split('\n').filter((line) => /^\s/.test(line) && line.includes(':'));
  const signatures = lines.flatMap(signatureOf);
  const detail = [...lines.map((line) => line.trim()), result.stderr.trim()].filter(Boolean).join('; ').slice(0, 600);
  if (lines.some((line) => /:\s*BAD\b/.test(line))) return { status: 'altered', detail };
  if (lines.length === 0) return { status: 'failed', detail: detail || 'no answer from rpmkeys' };
  if (signatures.length === 0) return { status: 'unsigned', detail };
  if (signatures.some(({ outcome }) => outcome !== 'OK')) return { status: 'untrusted', detail };
  const publisher = signatures.map(({ keyId }) => pinOf(keyId, fingerprints));
  const first = publisher[0];
  if (publisher.includes(null) || first === null || first === undefined) return { status: 'untrusted', detail };
  return result.code === 0 ? { status: 'trusted', publisher: first } : { status: 'failed', detail };
}

function signatureOf(line: string): readonly SignatureLine[] {
  const found = signatureLine.exec(line);
  if (found?.[1] === undefined || found[2] === undefined) return [];
  return [{ keyId: found[1].toLowerCase(), outcome: found[2].toUpperCase() }];
}

/** A key id is the end of its fingerprint; a subkey's id is the end of none. */
function pinOf(keyId: string, fingerprints: readonly string[]): string | null {
  return fingerprints.find((fingerprint) => normalised(fingerprint).endsWith(keyId)) ?? null;
}

function normalised(fingerprint: string): string {
  return fingerprint.replaceAll(' ', '').toLowerCase();
}
