/**
 * What launchd makes of the agent's own daemons, the agent's and its watcher's: shapes and codes of launchctl(1) as publicly recorded (113: not loaded; 5:
 * loaded already; 36: being ended; 3: nothing to end). A job that is asked to end takes its time.
 */
import type { ProbeResult } from '#platform/platform.ts';
import { daemonFile, daemonLabel, watchFile, watchLabel } from '#platform/macos/launch-daemon.ts';
import type { WorldTime } from '#test/worlds/host/time.ts';

type Answer = Pick<ProbeResult, 'code' | 'stdout' | 'stderr'>;

const ok = (stdout = ''): Answer => ({ code: 0, stdout, stderr: '' });
const fails = (code: number, stderr: string): Answer => ({ code, stdout: '', stderr: `${stderr}\n` });

/** The two jobs of one Mac. */
export const ownJobs = { agent: [daemonLabel, daemonFile], watcher: [watchLabel, watchFile] } as const;

export class Launchd {
  readonly #time: WorldTime;
  readonly #label: string;
  readonly #path: string;
  /** Text of the daemon's file on the Mac; null: there is none. */
  file: string | null = null;
  loaded = false;
  disabled = false;
  /** Whether it holds on once it is started. */
  holdsOn = true;
  endsAfterMs = 3_000;
  /** How often it was loaded. */
  loads = 0;
  /** How often it was started since. */
  runs = 0;
  #ending = false;

  constructor(time: WorldTime, [label, path]: readonly [string, string]) {
    this.#time = time;
    this.#label = label;
    this.#path = path;
  }

  /** As after a restart: what has a file and is not disabled is loaded. */
  boot(): void {
    this.#ending = false;
    this.loaded = this.file !== null && !this.disabled;
  }

  /** Null for what is not about the agent. */
  answer(args: readonly string[]): Answer | null {
    const target = `system/${this.#label}`;
    switch (args.join(' ')) {
      case `print ${target}`:
        return this.#print();
      case `bootstrap system ${this.#path}`:
        return this.#bootstrap();
      case `bootout ${target}`:
        return this.#bootout();
      case `kickstart ${target}`:
        return this.#loadedOrNot();
      case `kickstart -k ${target}`:
        if (this.loaded) this.runs += 1;
        return this.#loadedOrNot();
      case `kill SIGKILL ${target}`:
        // Kept alive, it is there again.
        if (this.loaded) this.runs += 1;
        return this.#loadedOrNot();
      case `enable ${target}`:
        this.disabled = false;
        return ok();
      case 'print-disabled system':
        return ok(
          `\n\tdisabled services = {\n\t\t"com.apple.ftp-proxy" => disabled\n\t\t"${this.#label}" => ${this.disabled ? 'disabled' : 'enabled'}\n\t}\n`,
        );
      default:
        return null;
    }
  }

  #loadedOrNot(): Answer {
    return this.loaded ? ok() : fails(113, `Could not find service "${this.#label}" in domain for system`);
  }

  #print(): Answer {
    if (!this.loaded) return fails(113, `Bad request.\nCould not find service "${this.#label}" in domain for system`);
    const state = this.holdsOn ? 'running' : 'spawn scheduled';
    const exit = this.holdsOn ? '(never exited)' : '1';
    return ok(
      `system/${this.#label} = {\n\tactive count = 1\n\tpath = ${this.#path}\n\tstate = ${state}\n\n\truns = ${this.runs}\n\tlast exit code = ${exit}\n}\n`,
    );
  }

  #bootstrap(): Answer {
    if (this.file === null || this.disabled) return fails(5, 'Bootstrap failed: 5: Input/output error');
    if (this.#ending) return fails(37, 'Bootstrap failed: 37: Operation already in progress');
    if (this.loaded) return fails(5, 'Bootstrap failed: 5: Input/output error');
    this.loaded = true;
    this.loads += 1;
    this.runs = 1;
    return ok();
  }

  #bootout(): Answer {
    if (!this.loaded) return fails(3, 'Boot-out failed: 3: No such process');
    if (this.#ending) return fails(36, 'Boot-out failed: 36: Operation now in progress');
    this.#ending = true;
    this.#time.at(this.#time.nowMs + this.endsAfterMs, () => {
      if (!this.#ending) return;
      this.#ending = false;
      this.loaded = false;
    });
    return ok();
  }
}
