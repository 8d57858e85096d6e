import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { readRange } from '#platform/files/handles.ts';
import type { Probe } from '#platform/inventory.ts';
import type {
  PackageFormat,
  PackageMetadata,
  PackageState,
  PinnedPublishers,
  SignatureVerdict,
} from '#platform/platform.ts';
import { judgeAuthenticode } from '#platform/windows/parse/authenticode.ts';
import { msiMetadata } from '#platform/windows/parse/msi.ts';
import { programMetadata } from '#platform/windows/parse/portable-executable.ts';
import { packageStateOf } from '#platform/windows/parse/programs-list.ts';
import { askOne } from '#platform/windows/powershell.ts';
import type { Starter } from '#platform/windows/runner.ts';
import { authenticode } from '#platform/windows/scripts.ts';
import { uninstallEntriesOf } from '#platform/windows/survey.ts';

/** By the uninstall entries of both registry views, whichever of the formats put the program there. */
export async function packageState(
  starter: Starter,
  format: PackageFormat,
  names: readonly string[],
): Promise<Probe<PackageState>> {
  if (!isOurs(format)) return notOnWindows(format);
  const entries = await uninstallEntriesOf(starter);
  return entries.status === 'ok' ? { status: 'ok', value: packageStateOf(entries.value, names) } : entries;
}

/** The file lies in our private directory: what is read here is what was hashed. */
export async function packageMetadata(format: PackageFormat, file: string): Promise<Probe<PackageMetadata>> {
  if (!isOurs(format)) return notOnWindows(format);
  const handle = await open(file, constants.O_RDONLY);
  try {
    const readAt = (position: number, length: number): Promise<Uint8Array> => readRange(handle, position, length);
    const metadata = await (format === 'msi' ? msiMetadata(readAt) : programMetadata(readAt));
    if (metadata !== null) return { status: 'ok', value: metadata };
    const what = format === 'msi' ? 'a Windows Installer package' : 'a program with a description of its version';
    return { status: 'failed', code: 'package.unreadable', detail: `the file is not ${what}` };
  } finally {
    await handle.close();
  }
}

export async function verifySignature(
  starter: Starter,
  format: PackageFormat,
  file: { readonly path: string; readonly pinned: PinnedPublishers },
): Promise<SignatureVerdict> {
  if (!isOurs(format)) return { status: 'failed', detail: `${format} packages are not made for Windows` };
  const { authenticodeOrganisations } = file.pinned;
  if (authenticodeOrganisations.length === 0) return { status: 'untrusted', detail: 'this build pins no publisher' };
  const answer = await askOne(starter, 'signature', authenticode(file.path), file.path);
  if (answer.status !== 'ok') return { status: 'failed', detail: answer.detail };
  return judgeAuthenticode(answer.value, authenticodeOrganisations);
}

function isOurs(format: PackageFormat): format is 'exe' | 'msi' {
  return format === 'exe' || format === 'msi';
}

function notOnWindows(format: PackageFormat): Probe<never> {
  return { status: 'unsupported', detail: `${format} packages are not made for Windows` };
}
