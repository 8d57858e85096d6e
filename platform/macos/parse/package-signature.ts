import type { SignatureVerdict } from '#platform/platform.ts';

/**
 * pkgutil's status line for a Developer ID. Its other good words are not enough: "signed Apple Software" is another
 * publisher, "(Development)" was never meant to leave its maker, "trusted by macOS" may rest on a root that an
 * administrator added.
 */
const trustedStatus = 'signed by a developer certificate issued by Apple for distribution';
const untrustedStatuses = [
  'signed by untrusted certificate',
  'signed by a certificate that has since expired',
  'revoked signature',
];

/** What stands in the chain, by number: the publisher's own certificate first. */
const certificate = /^ {4}(\d+)\. (.+)$/;
const installerCertificate = /^Developer ID Installer: (.+) \(([A-Z0-9]{10})\)$/;
const issuers = ['Developer ID Certification Authority', 'Apple Root CA'];

/**
 * `pkgutil --check-signature`, English as it is with LANG=C. Only whole lines count, after the first one: that one repeats
 * the file's name, which is not ours to trust. Trusted is one status line, one chain that ends at Apple's root through
 * the Developer ID authority, and a pinned team in its first certificate.
 */
export function judgePackageSignature(
  result: { readonly code: number | null; readonly stdout: string; readonly stderr: string },
  teamIds: readonly string[],
): SignatureVerdict {
  const lines = result.stdout.split('\n').slice(1);
  const statuses = lines.flatMap((line) => /^ {3}Status: (.+)$/.exec(line)?.[1]?.trimEnd() ?? []);
  const [status] = statuses;
  if (status === undefined || statuses.length > 1) {
    const said = `${result.stdout}${result.stderr}`.trim().slice(0, 300);
    return { status: 'failed', detail: `pkgutil ended with ${result.code ?? 'no code'}: ${said}` };
  }
  if (status === 'no signature') return { status: 'unsigned', detail: 'the package is not signed' };
  if (/^(?:invalid signature|package is invalid)/.test(status)) return { status: 'altered', detail: status };
  if (untrustedStatuses.includes(status)) return { status: 'untrusted', detail: status };
  if (status !== trustedStatus || result.code !== 0) {
    return { status: 'untrusted', detail: `${status} (code ${result.code ?? 'none'})` };
  }
  return judgeChain(lines, teamIds);
}

function judgeChain(lines: readonly string[], teamIds: readonly string[]): SignatureVerdict {
  const chain = lines.flatMap((line) => {
    const found = certificate.exec(line);
    return found === null ? [] : [{ number: Number(found[1]), name: (found[2] ?? '').trim() }];
  });
  const inOrder = chain.every(({ number }, index) => number === index + 1);
  const issued = chain.length === 3 && issuers.every((name, index) => chain[index + 1]?.name === name);
  const [, organisation = '', teamId = ''] = installerCertificate.exec(chain[0]?.name ?? '') ?? [];
  const said = chain.map(({ name }) => name).join(' < ');
  if (!inOrder || !issued || teamId === '') return { status: 'untrusted', detail: `not a Developer ID chain: ${said}` };
  if (!teamIds.includes(teamId)) return { status: 'untrusted', detail: `signed by ${organisation} (${teamId})` };
  return { status: 'trusted', publisher: `${organisation} (${teamId})` };
}
