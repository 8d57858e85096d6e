import type { Probe, ProcessRecord } from '#platform/inventory.ts';
import { failed } from '#platform/looks.ts';
import { answerTo, type Question } from '#platform/macos/answer.ts';
import type { Outside } from '#platform/macos/outside.ts';
import { readBootId } from '#platform/macos/machine.ts';
import {
  accountingName,
  baseName,
  type Installer,
  installersAtWork,
  isRoot,
  isSystemUser,
  maybeInstaller,
  parseProcesses,
  parseProgramFiles,
  processColumns,
  type ProcessRow,
} from '#platform/macos/parse/processes.ts';
import type { Runner } from '#platform/macos/runner.ts';
import type { LockHolder, ProcessIdentity } from '#platform/platform.ts';
import { Fault } from '#protocol/codes.ts';

const listLimits = { timeoutMs: 20_000, outputBytesMax: 8 * 1024 * 1024 };
/** Of every process of the system the files it runs from. */
const filesLimits = { timeoutMs: 60_000, outputBytesMax: 32 * 1024 * 1024 };

/** Same boot, same number, same start: the process itself and not a later one with its number. */
export async function isAlive(runner: Runner, identity: ProcessIdentity): Promise<boolean> {
  if (identity.bootId !== (await readBootId(runner))) return false;
  const row = await rowOf(runner, identity.pid);
  return row !== null && !row.gone && row.startTime === identity.startTime;
}

export async function identityOf(runner: Runner, pid: number): Promise<ProcessIdentity> {
  const [row, bootId] = await Promise.all([rowOf(runner, pid), readBootId(runner)]);
  return { pid, startTime: row?.startTime ?? 'unknown', bootId };
}

/** Null when there is none. A look that failed is no answer: what is believed dead would be started again. */
async function rowOf(runner: Runner, pid: number): Promise<ProcessRow | null> {
  const listed = await list(runner, ['-p', String(pid)], [0, 1]);
  if (listed.status !== 'ok') throw new Fault('system.unreadable', listed.detail);
  return listed.value.find((row) => row.pid === pid) ?? null;
}

async function list(
  runner: Runner,
  selection: readonly string[],
  codes: readonly number[],
): Promise<Probe<readonly ProcessRow[]>> {
  // Without -ww a line ends at the width of a terminal, 79 where there is none. Start times are printed in the zone of the
  // machine, and a laptop travels.
  const question: Question = ['ps', '-ww', ...selection, '-o', processColumns];
  const probe = await answerTo(runner, question, listLimits, { environment: { TZ: 'UTC' } });
  if (probe.status !== 'ok') return probe;
  const { code, stdout, stderr } = probe.value;
  if (code === null || !codes.includes(code)) return failed(`ps ended with ${code ?? 'no code'}: ${stderr.trim()}`);
  return { status: 'ok', value: parseProcesses(stdout) };
}

async function listAll(runner: Runner): Promise<Probe<readonly ProcessRow[]>> {
  const listed = await list(runner, ['-ax'], [0]);
  // Every Mac runs launchd; a list without it is of another form than we know.
  if (listed.status !== 'ok' || listed.value.some(({ pid }) => pid === 1)) return listed;
  return failed('ps answered in a form that is not known');
}

/** The programs of the given processes; lsof ends with 1 also when one of them has gone meanwhile. */
async function programsOf(runner: Runner, pids: readonly number[]): Promise<Probe<ReadonlyMap<number, string>>> {
  const question: Question = ['lsof', '-n', '-P', '-w', '-a', '-p', pids.join(','), '-d', 'txt', '-F', 'pn'];
  const probe = await answerTo(runner, question, filesLimits);
  if (probe.status !== 'ok') return probe;
  const { code, stdout, stderr } = probe.value;
  if (code !== 0 && code !== 1) return failed(`lsof ended with ${code ?? 'no code'}: ${stderr.trim()}`);
  return { status: 'ok', value: parseProgramFiles(stdout) };
}

/** What installs right now, whoever started it. */
export async function installerProcesses(runner: Runner): Promise<Probe<readonly Installer[]>> {
  const rows = await listAll(runner);
  if (rows.status !== 'ok') return rows;
  const candidates = rows.value.filter(maybeInstaller).map(({ pid }) => pid);
  if (candidates.length === 0) return { status: 'ok', value: [] };
  const programs = await programsOf(runner, candidates);
  if (programs.status !== 'ok') return programs;
  return { status: 'ok', value: installersAtWork(rows.value, programs.value) };
}

/** macOS has no lock to look at: its installer serves one after another, and who is at work holds it. */
export async function installerLocks(runner: Runner): Promise<Probe<readonly LockHolder[]>> {
  const atWork = await installerProcesses(runner);
  if (atWork.status !== 'ok') return atWork;
  const [holder] = atWork.value;
  return { status: 'ok', value: holder === undefined ? [] : [{ lock: 'macOS installer', path: '', holder }] };
}

/** Root's own programs by their name and the kernel's word for the file they run from. */
export async function processesRunning(runner: Runner, program: string): Promise<Probe<readonly number[]>> {
  const rows = await listAll(runner);
  if (rows.status !== 'ok') return rows;
  const named = rows.value.filter((row) => row.name === accountingName(program) && isRoot(row));
  if (named.length === 0) return { status: 'ok', value: [] };
  const programs = await programsOf(
    runner,
    named.map(({ pid }) => pid),
  );
  if (programs.status !== 'ok') return programs;
  return { status: 'ok', value: named.map(({ pid }) => pid).filter((pid) => programs.value.get(pid) === program) };
}

/**
 * Every process, from ps for its users and from lsof for its program. Not by ps-list: it starts whichever `ps` comes first
 * on the PATH with the whole of our own environment, knows no real user, and takes for the program what the process says
 * of itself, so that a `sleep` under the name /Library/CS/falcond is an antivirus.
 */
export async function surveyProcesses(
  runner: Runner,
  { system }: Pick<Outside, 'system'>,
): Promise<Probe<readonly ProcessRecord[]>> {
  const rows = await listAll(runner);
  if (rows.status !== 'ok') return rows;
  const alive = rows.value.filter(({ gone }) => !gone);
  // Of the system's own users only: a person's process counts for nothing, and could hold so many files that no answer
  // to all of them would ever be whole.
  const programs = await programsOf(
    runner,
    alive.filter(isSystemUser).map(({ pid }) => pid),
  );
  if (programs.status !== 'ok') return programs;
  // lsof without a single program was not allowed to look.
  if (programs.value.size === 0) return failed('lsof named no program of any process');
  const judged = new Map<string, boolean>();
  const records: ProcessRecord[] = [];
  for (const row of alive) {
    const path = programs.value.get(row.pid) ?? null;
    if (path !== null && !judged.has(path)) judged.set(path, await isSystemProgram(system, path));
    records.push({
      pid: row.pid,
      path,
      name: path === null ? row.name : baseName(path),
      trusted: path !== null && isSystemUser(row) && judged.get(path) === true,
      blocksFileAccess: false,
    });
  }
  return { status: 'ok', value: records };
}

/** A file that only administrators can have put there. One that an update has replaced is judged by its successor. */
async function isSystemProgram(system: Outside['system'], path: string): Promise<boolean> {
  const found = await system.look(path, 'administrators');
  return found.status === 'found' && found.distrust === null;
}
