import type { Files } from '#platform/files.ts';
import type { Probe } from '#platform/inventory.ts';
import { failed } from '#platform/looks.ts';
import { windowsProgramRoot } from '#platform/windows/program-root.ts';

const bytesMax = 512 * 1024;

/** The end of what the service host keeps, its older file first; nothing that a user could have put there. */
export async function serviceLog(
  files: Pick<Files, 'readForeign'>,
  folder = `${windowsProgramRoot()}\\State\\Log`,
): Promise<Probe<string>> {
  const newest = `${folder}\\service.log`;
  const parts: Uint8Array[] = [];
  let room = bytesMax;
  for (const path of [newest, `${newest}.1`]) {
    const bytes = room > 0 ? await files.readForeign(path, { newerThanMs: 0, bytesMax: room }) : null;
    if (bytes === null) break;
    parts.unshift(bytes);
    room -= bytes.length;
  }
  if (parts.length === 0) return failed(`there is no ${newest}`);
  const text = Buffer.concat(parts).toString('utf8');
  // The line that was cut.
  return { status: 'ok', value: room > 0 ? text : text.slice(text.indexOf('\n') + 1) };
}
