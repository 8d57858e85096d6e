/** What a start of the package manager does, as scripts. Wording as in the recorded outputs of dpkg and apt. */
import { noProduct, type Product } from '#test/worlds/host/product.ts';

export interface Script {
  /** How long the program itself runs; null: until the machine restarts. */
  readonly runsForMs: number | null;
  readonly code?: number;
  readonly signal?: string;
  readonly output?: string;
  /** What the machine holds when it ends, or when its children do. */
  readonly leaves: 'absent' | 'partial' | 'present' | 'stopped' | 'unchanged';
  /** Children go on for so long after the program ended; `leaves` holds only then. */
  readonly childrenForMs?: number;
  /** From the end until it is connected; null: never. */
  readonly connectsAfterMs?: number | null;
  /** Another run in the same boot is what must never happen. */
  readonly owesRestart?: boolean;
  /** The installer itself restarts the machine so long after its start, whether it has ended or not. */
  readonly restartsAfterMs?: number;
  /** After the restart it goes on by itself, for so long. */
  readonly afterBoot?: Pick<Script, 'leaves' | 'connectsAfterMs'> & {
    readonly forMs: number;
    /** What it leaves in `afterBootFile` then. */
    readonly code?: number;
  };
}

/** Where an installer that went on after a restart leaves its exit code, like the vendor's Windows installer. */
export const afterBootFile = { directory: '/var/lib', name: 'after-reboot-exit-code.txt' };

const setUp = 'Unpacking sentinelagent (24.2.2.20) ...\nSetting up sentinelagent (24.2.2.20) ...\n';
const scriptFailed = (which: string, status: number): string =>
  `dpkg: error processing archive SentinelAgent.deb (--install):\n new sentinelagent package ${which} script subprocess returned error exit status ${status}\n`;

export const scripts = {
  works: { runsForMs: 6_000, code: 0, output: setUp, leaves: 'present', connectsAfterMs: 4_000 },
  /** A command in the package's script failed half-way; `dpkg --configure` brings it to its end. */
  half: {
    runsForMs: 8_000,
    code: 1,
    output: `${setUp}dpkg: error processing package sentinelagent (--configure):\n installed sentinelagent package post-installation script subprocess returned error exit status 101\n`,
    leaves: 'partial',
  },
  fails101: { runsForMs: 5_000, code: 1, output: scriptFailed('pre-installation', 101), leaves: 'absent' },
  fails102: { runsForMs: 5_000, code: 1, output: scriptFailed('pre-installation', 102), leaves: 'absent' },
  fails103: { runsForMs: 5_000, code: 1, output: scriptFailed('post-installation', 103), leaves: 'absent' },
  unknownCode: { runsForMs: 5_000, code: 77, output: 'something else\n', leaves: 'absent' },
  busy: {
    runsForMs: 60_000,
    code: 100,
    output: 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (apt-get)\n',
    leaves: 'absent',
  },
  crashes: { runsForMs: 3_000, signal: 'SIGSEGV', leaves: 'absent' },
  hangs: { runsForMs: null, leaves: 'unchanged' },
  slow: { runsForMs: 45 * 60_000, code: 0, output: setUp, leaves: 'present', connectsAfterMs: 15_000 },
  /** Ends at once, and what it started does the work. */
  children: {
    runsForMs: 2_000,
    code: 0,
    output: setUp,
    leaves: 'present',
    childrenForMs: 8_000,
    connectsAfterMs: 4_000,
  },
  nothing: { runsForMs: 4_000, code: 0, output: 'Reading package lists...\n', leaves: 'absent' },
  leftStopped: { runsForMs: 4_000, code: 0, output: setUp, leaves: 'stopped' },
  neverConnects: { runsForMs: 20_000, code: 0, output: setUp, leaves: 'present', connectsAfterMs: null },
} as const satisfies Record<string, Script>;

/** The product after a script came to its end; `token` is what its installer read from the file it was named. */
export function afterScript(
  before: Product,
  script: Pick<Script, 'leaves' | 'connectsAfterMs'>,
  token: string | null,
  nowMs: number,
): Product {
  switch (script.leaves) {
    case 'unchanged':
      return before;
    case 'absent':
      return before.package === 'present' ? before : noProduct;
    case 'partial':
      return { ...before, package: 'partial', detail: 'install ok half-configured', service: 'absent' };
    case 'stopped':
      return { ...before, package: 'present', detail: 'ii', service: 'stopped', registration: registrationOf(token) };
    case 'present': {
      const connects = script.connectsAfterMs ?? null;
      return {
        ...before,
        package: 'present',
        detail: 'ii',
        service: 'running',
        registration: registrationOf(token),
        connectedFromMs: connects === null ? null : nowMs + connects,
      };
    }
  }
}

function registrationOf(token: string | null): Product['registration'] {
  if (token === null) return null;
  const content = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as { url: string; site_key: string };
  return { url: content.url, siteKey: content.site_key };
}

/** The token in the vendor's configuration file. */
export function tokenIn(config: string): string | null {
  return /^S1_AGENT_MANAGEMENT_TOKEN=(\S+)$/m.exec(config)?.[1] ?? null;
}
