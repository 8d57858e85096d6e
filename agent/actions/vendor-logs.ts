/**
 * What an installer left to read: its own output, logs that every run there ever was shares, logs in its own run
 * directory, and files with its exit code. Secrets are gone from all of it before anything else sees it.
 */
import { asFault } from '#protocol/codes.ts';
import type { Recipe, ReportedExit } from '#installers/vendor.ts';
import type { Agent } from '#agent/agent.ts';
import { addedSince, exitCodeIn, logText, wholeLines } from '#agent/actions/log-text.ts';
import { outputName, type RunDirectory } from '#agent/installer-run/run-directory.ts';

const outputBytesMax = 16 * 1024;
const endingBytesMax = 400;
const exitCodeBytesMax = 64;

export interface Traces {
  /** Everything, for the recipe to judge. */
  readonly whole: string;
  /** What of it is worth keeping. */
  readonly kept: string;
  readonly reported: ReportedExit | null;
}

/** Notes the time of this machine and how each shared log ends now: an old failure must not explain a new one. */
export async function noteBefore(agent: Agent, run: RunDirectory, paths: readonly string[]): Promise<void> {
  const endings: Record<string, string> = {};
  for (const path of paths.filter((each) => !each.includes('*'))) {
    const tail = await foreignText(agent, path, { newerThanMs: 0, bytesMax: endingBytesMax }).catch(() => null);
    if (tail !== null) endings[path] = tail;
  }
  await run.before.write({ wallMs: agent.platform.clock.now(), endings });
}

/** What the run left behind. `preparedAtMs` stands in for the time of this machine where that was not noted. */
export async function tracesOf(
  agent: Agent,
  run: RunDirectory,
  recipe: Recipe | null,
  preparedAtMs: number,
): Promise<Traces> {
  const before = (await run.before.read().catch(() => null)) ?? { wallMs: preparedAtMs, endings: {} };
  const output = await ownText(agent, run, outputName, outputBytesMax);
  const logs: { name: string; text: string }[] = [];
  for (const name of recipe?.runLogs ?? []) {
    // On Windows something that still runs may hold it: that says nothing about how the installer ended.
    const text = await ownText(agent, run, name, recipe?.logBytesMax ?? 0).catch(unread);
    logs.push({ name, text });
  }
  const shared = await Promise.all((recipe?.logs ?? []).map((pattern) => matching(agent, pattern, before.wallMs)));
  for (const path of shared.flat()) {
    const options = { newerThanMs: before.wallMs, bytesMax: recipe?.logBytesMax ?? 0 };
    const ending = before.endings[path] ?? '';
    const text = await sharedText(agent, path, options, ending);
    // How it ended before was not noted, or the note is lost: then its own times must do.
    logs.push({ name: path, text: ending === '' ? (recipe?.since?.(text, before.wallMs) ?? text) : text });
  }
  const told = logs.filter(({ text }) => text !== '');
  const joined = (pick: (text: string) => string): string =>
    [output, ...told.map(({ name, text }) => `\n--- ${name}\n${pick(text)}`)].join('');
  const reported = await reportedExit(agent, recipe, before.wallMs);
  const note = reported.distrusted === '' ? '' : `\n--- ${reported.distrusted}`;
  return {
    whole: joined((text) => text),
    kept: joined((text) => recipe?.keep(text) ?? text) + note,
    reported: reported.exit,
  };
}

const matchesMax = 2;

/** Of a path whose last part holds a `*` the newest files that were written since; any other path as it is. */
async function matching(agent: Agent, pattern: string, newerThanMs: number): Promise<readonly string[]> {
  const cut = Math.max(pattern.lastIndexOf('/'), pattern.lastIndexOf('\\'));
  const [begin = '', end] = pattern.slice(cut + 1).split('*');
  if (end === undefined) return [pattern];
  const entries = await agent.platform.files.listForeign(pattern.slice(0, cut));
  return entries
    .filter(({ name, changedAtMs }) => changedAtMs > newerThanMs && fits(name, begin, end))
    .toSorted((a, b) => b.changedAtMs - a.changedAtMs)
    .slice(0, matchesMax)
    .map(({ name }) => `${pattern.slice(0, cut + 1)}${name}`);
}

function fits(name: string, begin: string, end: string): boolean {
  return name.length >= begin.length + end.length && name.startsWith(begin) && name.endsWith(end);
}

/** Others may have planted a log: only a plain file of the system's own that is newer than our start is read (G7). */
async function sharedText(
  agent: Agent,
  path: string,
  options: { newerThanMs: number; bytesMax: number },
  ending: string,
): Promise<string> {
  try {
    const tail = await foreignText(agent, path, options);
    return tail === null ? '' : addedSince(tail, ending);
  } catch (error) {
    return unread(error);
  }
}

const unread = (error: unknown): string => `(${asFault(error).code})\n`;

/** The latest stage whose file is believed (G7): newer than the start of this run, and nothing but a number in it. */
async function reportedExit(
  agent: Agent,
  recipe: Recipe | null,
  newerThanMs: number,
): Promise<{ exit: ReportedExit | null; distrusted: string }> {
  let distrusted = '';
  for (const { path, stage } of recipe?.exitCodeFiles ?? []) {
    try {
      const text = await foreignText(agent, path, { newerThanMs, bytesMax: exitCodeBytesMax });
      const code = text === null ? null : exitCodeIn(text);
      if (code !== null) return { exit: { code, stage }, distrusted };
      if (text !== null) distrusted += `${path}: holds more than a number\n`;
    } catch (error) {
      const { code, message } = asFault(error);
      distrusted += `${path}: ${code} (${message.slice(0, 300)})\n`;
    }
  }
  return { exit: null, distrusted };
}

async function ownText(agent: Agent, { directory }: RunDirectory, name: string, bytesMax: number): Promise<string> {
  const bytes = await directory.readTail(name, bytesMax);
  return bytes === null ? '' : clean(agent, bytes, bytesMax);
}

async function foreignText(
  agent: Agent,
  path: string,
  options: { newerThanMs: number; bytesMax: number },
): Promise<string | null> {
  const bytes = await agent.platform.files.readForeign(path, options);
  return bytes === null ? null : clean(agent, bytes, options.bytesMax);
}

/** A tail that was cut begins with half a line, which may be half a secret that nobody would recognise. */
function clean(agent: Agent, bytes: Uint8Array, bytesMax: number): string {
  const text = agent.redactor.text(logText(bytes));
  return bytes.byteLength < bytesMax ? text : wholeLines(text);
}
