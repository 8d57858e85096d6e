/**
 * Logs of the vendor and of package managers are shared by every run there ever was. What stood in them before a run is
 * noted, so that an old failure is not taken for the cause of a new one.
 */
import { asFault } from '#protocol/codes.ts';
import type { Agent } from '#agent/agent.ts';
import type { RunDirectory } from '#agent/run-directory.ts';

const logBytesMax = 4 * 1024;
const endingBytesMax = 400;

/** Notes how each log ends now. */
export async function noteLogs(agent: Agent, run: RunDirectory, paths: readonly string[]): Promise<void> {
  const endings: Record<string, string> = {};
  for (const path of paths) {
    const tail = await tailOf(agent, path, { newerThanMs: 0, bytesMax: endingBytesMax }).catch(() => null);
    if (tail !== null) endings[path] = wholeLines(tail);
  }
  await run.logs.write(endings);
}

/** What was added since, by name; others may have planted a log, so only a plain file of root's that is newer than our start is read (G7). */
export async function logsSince(
  agent: Agent,
  run: RunDirectory,
  paths: readonly string[],
  newerThanMs: number,
): Promise<string> {
  const endings = (await run.logs.read().catch(() => null)) ?? {};
  const parts: string[] = [];
  for (const path of paths) {
    try {
      const tail = await tailOf(agent, path, { newerThanMs, bytesMax: logBytesMax });
      if (tail !== null) parts.push(`\n--- ${path}\n${addedSince(tail, endings[path] ?? '')}`);
    } catch (error) {
      parts.push(`\n--- ${path}: ${asFault(error).code}\n`);
    }
  }
  return parts.join('');
}

/** Without the line that was cut: half a secret would not be recognised as one. */
function wholeLines(tail: string): string {
  const cut = tail.indexOf('\n');
  return cut === -1 ? '' : tail.slice(cut + 1);
}

/** A log that was begun anew, or has grown past what is read of it, is new as a whole. */
export function addedSince(tail: string, ending: string): string {
  const at = ending === '' ? -1 : tail.lastIndexOf(ending);
  return at === -1 ? tail : tail.slice(at + ending.length);
}

async function tailOf(
  agent: Agent,
  path: string,
  options: { newerThanMs: number; bytesMax: number },
): Promise<string | null> {
  const bytes = await agent.platform.files.readForeign(path, options);
  return bytes === null ? null : agent.redactor.text(Buffer.from(bytes).toString('utf8'));
}
