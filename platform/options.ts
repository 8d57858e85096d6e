/** Our own binary: `[process.execPath]` of a packaged agent, Node and the main file while developing. */
export interface SelfCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/** What every system needs to know about us; each has options of its own besides. */
export interface PlatformOptions {
  readonly selfCommand: SelfCommand;
  /** Private directory for what lives as long as one child: HOMEs, keyrings. */
  readonly scratchDirectory?: string;
  /** From the local configuration. */
  readonly proxy?: string | null;
  /** Test builds only: an address of this machine itself is asked without TLS. */
  readonly plainHttpToLoopback?: boolean;
}
