/** What tests tell the stand-in packages to do wrong, and what they wrote down about themselves. Paths are inside the device. */

/** Read by the maintainer scripts, sentinelctl and the stand-in agent; one line each, `key` or `key=value`. */
export const misbehaviourFile = '/etc/stand-in-misbehave';
/** One line for every start of a maintainer script. */
export const runsFile = '/var/log/stand-in-runs';
/** One line for every call of sentinelctl: the time, then its arguments. */
export const controlCallsFile = '/var/log/stand-in-ctl';

export interface Misbehaviour {
  /** Before unpacking: the script ends with this code (the vendor's are 101, 102 and 103). */
  readonly exit?: number;
  /** Before unpacking: so many seconds pass. */
  readonly hang?: number;
  /** After unpacking, with the package manager's lock held: so many seconds pass. */
  readonly delay?: number;
  /** After unpacking the script fails: half-configured for dpkg; rpm only warns and ends with 0. */
  readonly half?: boolean;
  /** A child outlives the installer for so many seconds and holds its output open. */
  readonly children?: number;
  /** The installer ends with 0 and has done nothing after unpacking: no user, no service enabled, no token, not started. */
  readonly silent?: boolean;
  /** The agent runs and never reaches its console. Read all the time: ends when the file goes. */
  readonly 'never-registers'?: boolean;
  /** The agent ends by a signal a second after each start. */
  readonly crash?: boolean;
  /** The control program reports the agent as disabled. */
  readonly disabled?: boolean;
  /** The token's site key is replaced by this one when it is set. */
  readonly 'wrong-site'?: string;
  /** The first `exit`, `hang`, `half` or `silent` is also the last. */
  readonly once?: boolean;
}

/** The text of the misbehaviour file. */
export function misbehaviourText(misbehaviour: Misbehaviour): string {
  return Object.entries(misbehaviour)
    .filter(([, value]) => value !== false)
    .map(([key, value]) => (value === true ? `${key}\n` : `${key}=${value}\n`))
    .join('');
}

export interface ScriptRun {
  /** ISO time. */
  readonly at: string;
  readonly format: 'deb' | 'rpm';
  readonly version: string;
  /** `installer-run`: a package began to be installed; there is exactly one for each run of the package manager. */
  readonly event: 'installer-run' | 'configure' | 'remove';
  readonly mode: 'install' | 'upgrade' | null;
}

/** Reads the runs file; throws on a line it does not know. */
export function scriptRuns(text: string): ScriptRun[] {
  const line = /^(\S+Z) (deb|rpm) (\S+) (installer-run|configure|remove)(?: (install|upgrade))?$/;
  return text
    .split('\n')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [, at = '', format, version = '', event, mode] = line.exec(entry) ?? [];
      if (event === undefined) throw new Error(`Not a line of ${runsFile}: ${entry}`);
      return { at, format, version, event, mode: mode ?? null } as ScriptRun;
    });
}

/** A registration token: base64 of the console's address and the site's key. */
export function registrationToken(url: string, siteKey: string): string {
  return Buffer.from(JSON.stringify({ url, site_key: siteKey })).toString('base64');
}
