/** The stand-in Windows packages, built once and kept in `.cache/` until their sources change; and how they are told what to do. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, sha256 } from '../../../scripts/build/runtime.ts';
import { buildWindowsStandIns, type WindowsStandIn } from '#test/worlds/sentinelone/windows/build.ts';

const sources = join(import.meta.dirname, '../sentinelone/windows');

export async function windowsStandIns(): Promise<readonly WindowsStandIn[]> {
  const names = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(c|h|ts|wxs)$/.test(name) && !name.endsWith('.test.ts'))
    .toSorted();
  const digest = sha256(names.map((name) => `${name} ${sha256(readFileSync(join(sources, name)))}\n`).join(''));
  const folder = join(cache, 'wine', `stand-ins-${digest.slice(0, 16)}`);
  const record = `${folder}.json`;
  if (existsSync(record)) return JSON.parse(readFileSync(record, 'utf8')) as readonly WindowsStandIn[];
  const built = await buildWindowsStandIns(folder);
  writeFileSync(record, JSON.stringify(built));
  return built;
}

/** Read by installer, services and control program. */
export const misbehaviourFile = 'C:\\stand-in-misbehave.txt';
/** One line for every start and end of an installer. */
export const runsFile = 'C:\\stand-in-runs.txt';

export interface WindowsMisbehaviour {
  /** The installer ends with this code, by default after it has done its work. */
  readonly exit?: number;
  /** It does nothing but end. */
  readonly 'installs-nothing'?: boolean;
  /** So many seconds pass before it does anything; `delay`: after all is done. */
  readonly hang?: number;
  readonly delay?: number;
  /** EXE: ends at once with 0 while another process does the work. */
  readonly early?: boolean;
  /** EXE: the code in its file is this one; or there is no file. */
  readonly 'file-exit'?: number;
  readonly 'no-code-file'?: boolean;
  /** MSI: so many seconds something of it goes on after msiexec has ended, out of a file in the directory of the run. */
  readonly lingers?: number;
  /** The first misbehaviour of an installer is also the last. */
  readonly once?: boolean;
  readonly 'wrong-site'?: string;
  readonly 'not-started'?: boolean;
  readonly 'never-registers'?: boolean;
  readonly disabled?: boolean;
}

export function misbehaviourText(how: WindowsMisbehaviour): string {
  return Object.entries(how)
    .filter(([, value]) => value !== false)
    .map(([key, value]) => (value === true ? `${key}\n` : `${key}=${value}\n`))
    .join('');
}
