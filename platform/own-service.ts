/** Our own service, as the system's service manager sees it. Each system brings its own (`linux/own-service.ts`). */
export interface OwnServiceStatus {
  /** Whose definition is in force: the package's, one written by `service install`, or none. */
  readonly definition: 'package' | 'own' | 'none';
  readonly state: 'running' | 'stopped' | 'failed';
  /** Whether it starts by itself at boot. */
  readonly enabled: boolean;
}

export interface OwnService {
  /**
   * Makes `program`, which is that version of the agent, the service, starts it, and has it started at every boot. The same
   * again changes nothing.
   */
  install(program: string, version: string): Promise<void>;
  /** Stops it and takes away what `install` has written; a package's own definition is only switched off. */
  uninstall(): Promise<void>;
  /** From inside, for good: it does not start again. Ends this process soon, and does not wait for that. Absent: cannot. */
  leave?(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  status(): Promise<OwnServiceStatus>;
}

/** How a running service answers the manager that started it; nothing happens where none did. */
export interface ServiceManager {
  /** How long the manager waits for a sign of life before it starts us anew; null: it does not. */
  readonly watchdogMs: number | null;
  ready(): Promise<void>;
  alive(): Promise<void>;
  /** Calls back once when the manager asks us to stop by other means than a signal. Keeps no process alive. */
  onStop(stop: () => void): void;
}

/** Nobody started us who would want to hear of us. */
export const noManager: ServiceManager = {
  watchdogMs: null,
  ready: async () => {},
  alive: async () => {},
  onStop: () => {},
};
