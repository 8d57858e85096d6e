import type { Probe } from '#platform/inventory.ts';
import { completed, failed } from '#platform/looks.ts';
import type { ProcessIdentity } from '#platform/platform.ts';
import { errnoOf } from '#platform/files/errors.ts';
import { isSameBoot } from '#platform/windows/parse/boot.ts';
import { parseTasks, servicesSession, type Task } from '#platform/windows/parse/tasklist.ts';
import { listOf } from '#platform/windows/parse/powershell.ts';
import { queryRegistry } from '#platform/windows/registry.ts';
import { askOne } from '#platform/windows/powershell.ts';
import type { Starter } from '#platform/windows/runner.ts';
import { processStart } from '#platform/windows/scripts.ts';

/** A process says its own beginning a little late: the system had to load it first, past whatever scans programs. */
const startToleranceMs = 60_000;
/** Asking for a beginning costs a start of PowerShell; a process that was recognised stays itself while its number lives. */
const recognisedForMs = 60_000;

/**
 * Its service process stays for minutes after its work. The system's own updates are left out: they work for hours at
 * times and do not stand in an installer's way.
 */
const windowsInstaller = 'msiexec.exe';

/** Here while Windows Installer changes the machine; only administrators write this key (a mutex anybody can make). */
const inProgressKey = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Installer\\InProgress';

export class Processes {
  readonly #starter: Starter;
  readonly #bootId: () => Promise<string>;
  readonly #recognised = new Map<string, number>();
  readonly #monotonic: () => number;

  constructor(starter: Starter, bootId: () => Promise<string>, monotonic: () => number) {
    this.#starter = starter;
    this.#bootId = bootId;
    this.#monotonic = monotonic;
  }

  async self(): Promise<ProcessIdentity> {
    return { pid: process.pid, startTime: String(Math.round(performance.timeOrigin)), bootId: await this.#bootId() };
  }

  /** Of a child that we have just started. */
  async child(pid: number, startedAtMs: number): Promise<ProcessIdentity> {
    return { pid, startTime: String(startedAtMs), bootId: await this.#bootId() };
  }

  /**
   * A number that lives is told from a later process of the same number by when that began. The name of the boot does not
   * decide as long as that can be asked: it is computed from the clock, and a clock that is set meanwhile (as after every
   * start of a machine with an empty battery) must not make a running installer look dead.
   */
  async isAlive(identity: ProcessIdentity): Promise<boolean> {
    if (!exists(identity.pid)) return false;
    const key = `${identity.pid} ${identity.startTime}`;
    const nowMs = this.#monotonic();
    if (nowMs - (this.#recognised.get(key) ?? Number.NEGATIVE_INFINITY) < recognisedForMs) return true;
    const begun = await askOne(this.#starter, 'process-start', processStart(identity.pid));
    // A look that failed proves no death: as long as the number lives in this boot, so does the process for us.
    const isItself =
      begun.status === 'ok'
        ? isBeginning(listOf(begun.value)[0], identity.startTime)
        : isSameBoot(identity.bootId, await this.#bootId());
    if (!isItself) {
      this.#recognised.delete(key);
      return false;
    }
    this.#recognised.set(key, nowMs);
    return true;
  }

  /**
   * What installs software now. A name that any user can give his program counts only in the services' session; Windows
   * Installer only while it changes the machine, for its service stays on when it is done.
   */
  async installers(vendorPrograms: readonly string[]): Promise<Probe<readonly { pid: number; command: string }[]>> {
    const tasks = await this.tasks();
    if (tasks.status !== 'ok') return tasks;
    const isVendors = (name: string): boolean => vendorPrograms.some((start) => name.startsWith(start));
    const services = servicesSession(tasks.value);
    const found = tasks.value.filter(({ name, session }) => {
      const lower = name.toLowerCase();
      return (session === services || session === null) && (lower === windowsInstaller || isVendors(lower));
    });
    if (!found.some((task) => task.name.toLowerCase() === windowsInstaller))
      return { status: 'ok', value: found.map(named) };
    const changing = await this.installationInProgress();
    if (changing.status !== 'ok') return changing;
    const counted = found.filter((task) => changing.value || task.name.toLowerCase() !== windowsInstaller);
    return { status: 'ok', value: counted.map(named) };
  }

  async tasks(): Promise<Probe<readonly Task[]>> {
    const result = completed(
      await this.#starter.probe({ program: 'tasklist', args: ['/fo', 'csv', '/nh'] }),
      'tasklist',
    );
    if (result.status !== 'ok') return result;
    const tasks = parseTasks(result.value.stdout);
    return tasks.length > 0
      ? { status: 'ok', value: tasks }
      : failed(`tasklist lists nothing (code ${result.value.code ?? 'none'})`);
  }

  async installationInProgress(): Promise<Probe<boolean>> {
    const found = await queryRegistry(this.#starter, { key: inProgressKey });
    return found.status === 'ok' ? { status: 'ok', value: found.value.exists } : found;
  }
}

function named({ pid, name }: Task): { pid: number; command: string } {
  return { pid, command: name };
}

function isBeginning(said: unknown, startTime: string): boolean {
  const begunMs = Date.parse(typeof said === 'string' ? said : '');
  return !Number.isNaN(begunMs) && Math.abs(begunMs - Number(startTime)) <= startToleranceMs;
}

/** Signal 0 asks only; a process that may not be opened exists. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
