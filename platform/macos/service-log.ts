import type { Probe } from '#platform/inventory.ts';
import type { InstallerFiles } from '#platform/macos/files.ts';
import { logFile } from '#platform/macos/launch-daemon.ts';
import { failed } from '#platform/looks.ts';

const bytesMax = 512 * 1024;

/** The end of the file that launchd appends our standard error to, without the line that was cut. */
export async function serviceLog(files: Pick<InstallerFiles, 'readForeign'>): Promise<Probe<string>> {
  const bytes = await files.readForeign(logFile, { newerThanMs: 0, bytesMax });
  if (bytes === null) return failed(`there is no ${logFile}`);
  const text = Buffer.from(bytes).toString('utf8');
  return { status: 'ok', value: bytes.length < bytesMax ? text : text.slice(text.indexOf('\n') + 1) };
}
