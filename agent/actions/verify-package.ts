/** Everything that must hold before a package may run. A missing answer is a refusal with its own code, never a skip. */
import type { Candidate } from '#protocol/assignment.ts';
import { Fault, isFaultCode } from '#protocol/codes.ts';
import type { SignatureVerdict } from '#platform/platform.ts';
import { filePath } from '#agent/file-path.ts';
import { packageName, type Agent } from '#agent/agent.ts';

/** Faults `download.digest-mismatch` and `package.*`; returns who signed it, for the timeline. */
export async function verifyPackage(agent: Agent, candidate: Candidate): Promise<string> {
  const { platform, vendor, directories } = agent;
  const name = packageName(candidate);
  const digest = await directories.packages.digest(name);
  if (digest === null) throw new Fault('download.unavailable', `${candidate.fileName} is not on the device`);
  if (digest.sha256 !== candidate.sha256 || digest.sizeBytes !== candidate.sizeBytes) {
    const detail = `expected ${candidate.sha256} (${candidate.sizeBytes} bytes), got ${digest.sha256} (${digest.sizeBytes} bytes)`;
    throw new Fault('download.digest-mismatch', detail);
  }
  const file = filePath(platform.os, directories.packages.path, name);
  const publisher = judgeSignature(await platform.verifySignature(candidate.format, file, vendor.pinned));
  const metadata = await platform.packageMetadata(candidate.format, file);
  if (metadata.status !== 'ok') throw new Fault('package.unreadable', metadata.detail);
  const wrong = vendor.judgePackage(candidate, metadata.value);
  if (wrong !== null) throw new Fault(wrong.code, wrong.detail);
  return publisher;
}

function judgeSignature(verdict: SignatureVerdict): string {
  switch (verdict.status) {
    case 'trusted':
      return `signed by ${verdict.publisher}`;
    case 'not-applicable':
      return 'the format carries no signature; the digest signed by the console holds';
    case 'unsigned':
      throw new Fault('package.unsigned', verdict.detail);
    case 'untrusted':
      throw new Fault('package.untrusted-signature', verdict.detail);
    case 'altered':
      throw new Fault('package.altered', verdict.detail);
    case 'failed':
      throw new Fault('package.signature-unchecked', verdict.detail);
  }
}

/** A refusal says something about the package; other faults only about this moment. */
export function isRefusal(fault: Fault): boolean {
  return isFaultCode(fault.code) && (fault.code.startsWith('package.') || fault.code === 'download.digest-mismatch');
}
