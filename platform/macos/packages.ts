import type { Probe } from '#platform/inventory.ts';
import { failed } from '#platform/looks.ts';
import { answerTo, outputOf } from '#platform/macos/answer.ts';
import type { Outside } from '#platform/macos/outside.ts';
import { readPackageMetadata } from '#platform/macos/package-file.ts';
import { judgePackageSignature } from '#platform/macos/parse/package-signature.ts';
import {
  hasNoReceipt,
  parseReceipt,
  parseReceipts,
  payloadBundles,
  type Receipt,
  receiptState,
} from '#platform/macos/parse/pkgutil.ts';
import type { Runner } from '#platform/macos/runner.ts';
import type {
  PackageFormat,
  PackageMetadata,
  PackageState,
  PinnedPublishers,
  SignatureVerdict,
} from '#platform/platform.ts';

const listLimits = { timeoutMs: 30_000, outputBytesMax: 16 * 1024 * 1024 };
/** pkgutil reads and hashes the whole package. */
const signatureLimits = { timeoutMs: 120_000, outputBytesMax: 256 * 1024 };

export async function receipts(runner: Runner): Promise<Probe<readonly string[]>> {
  const listed = await outputOf(runner, ['pkgutil', '--pkgs'], listLimits);
  return listed.status === 'ok' ? { status: 'ok', value: parseReceipts(listed.value) } : listed;
}

/** State of the first of `names` that has a receipt; its programs must still be there. */
export async function packageState(
  runner: Runner,
  { system }: Pick<Outside, 'system'>,
  given: { readonly format: PackageFormat; readonly names: readonly string[] },
): Promise<Probe<PackageState>> {
  if (given.format !== 'pkg') return notOnMacos(given.format);
  for (const name of given.names) {
    const receipt = await receiptOf(runner, name);
    if (receipt.status !== 'ok') return receipt;
    if (receipt.value !== null) return stateOf(runner, system, receipt.value);
  }
  return { status: 'ok', value: { state: 'absent', version: null, detail: 'no receipt' } };
}

async function receiptOf(runner: Runner, name: string): Promise<Probe<Receipt | null>> {
  const probe = await answerTo(runner, ['pkgutil', '--pkg-info', name], listLimits);
  if (probe.status !== 'ok') return probe;
  const { code, stdout, stderr } = probe.value;
  if (hasNoReceipt(`${stdout}\n${stderr}`)) return { status: 'ok', value: null };
  const receipt = code === 0 ? parseReceipt(stdout) : null;
  if (receipt?.id === name) return { status: 'ok', value: receipt };
  return failed(`pkgutil ended with ${code ?? 'no code'}: ${stderr.trim()}`);
}

async function stateOf(runner: Runner, system: Outside['system'], receipt: Receipt): Promise<Probe<PackageState>> {
  const listed = await outputOf(runner, ['pkgutil', '--only-dirs', '--files', receipt.id], listLimits);
  if (listed.status !== 'ok') return listed;
  const bundles = payloadBundles(listed.value);
  const root = receipt.root === '/' ? '' : receipt.root;
  const found = await Promise.all(bundles.map((bundle) => system.look(`${root}/${bundle}`, 'root')));
  const there = found.filter(({ status }) => status === 'found').length;
  return { status: 'ok', value: receiptState(receipt, { there, of: bundles.length }) };
}

export async function packageMetadata(
  { system }: Pick<Outside, 'system'>,
  format: PackageFormat,
  file: string,
): Promise<Probe<PackageMetadata>> {
  if (format !== 'pkg') return notOnMacos(format);
  return readPackageMetadata((position, length) => system.readRange(file, position, length));
}

export async function verifySignature(
  runner: Runner,
  format: PackageFormat,
  file: { readonly path: string; readonly pinned: PinnedPublishers },
): Promise<SignatureVerdict> {
  if (format !== 'pkg') return { status: 'failed', detail: `${format} packages are not made for macOS` };
  const { appleTeamIds } = file.pinned;
  if (appleTeamIds.length === 0) return { status: 'untrusted', detail: 'this build pins no publisher team' };
  const probe = await answerTo(runner, ['pkgutil', '--check-signature', file.path], signatureLimits);
  return probe.status === 'ok'
    ? judgePackageSignature(probe.value, appleTeamIds)
    : { status: 'failed', detail: probe.detail };
}

function notOnMacos(format: PackageFormat): Probe<never> {
  return { status: 'unsupported', detail: `${format} packages are not made for macOS` };
}
