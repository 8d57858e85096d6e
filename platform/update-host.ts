/** What updating the agent needs of the system, besides the files of its versions. Each system brings its own. */
import type { ProgramVersions } from '#platform/program-versions.ts';

export interface UpdateHost {
  readonly versions: ProgramVersions;
  /** The first line of what a version's program answers to `--version`; null when it does not answer, or not in time. */
  ask(version: string): Promise<string | null>;
  /**
   * Has the version that `current` names started, watched by another program than itself. `end`: this process has to end for
   * that, and the service host does the rest (Windows).
   */
  handOver(): Promise<'watched' | 'end'>;
}

/** The agent's service, as its watcher sees it. */
export interface WatchedService {
  look(): Promise<WatchedState>;
  /** Starts what `current` names, whatever ran before. */
  restart(): Promise<void>;
  /** Ends it at once, without asking. */
  kill(): Promise<void>;
}

export interface WatchedState {
  /** `stopped`: by a person. */
  readonly state: 'running' | 'failed' | 'stopped';
  /** How often the service manager has started it anew by itself. */
  readonly restarts: number;
  /** Version of the process that runs; null when there is none, or it cannot be told. */
  readonly version: string | null;
  /** Of its last end; 0 when none is known. */
  readonly exitCode: number;
}
