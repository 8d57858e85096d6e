/**
 * The agent for macOS as an archive: the program where it will stand, its launch daemon, and scripts that put both in place
 * and take them away. No package: one could not be signed, and MDM servers run scripts as well. It has not run on a Mac.
 */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  daemonFile,
  daemonLabel,
  launchDaemon,
  watchDaemon,
  watchFile,
  watchLabel,
} from '#platform/macos/launch-daemon.ts';
import { macosProgramRoot } from '#platform/macos/program-root.ts';
import { agentFile, buildAgent } from '../build/agent.ts';
import { noticesOf } from '../build/licenses.ts';
import { recordPackage } from '../build/package-record.ts';
import { run } from '../build/run.ts';
import { cache, root } from '../build/runtime.ts';
import { commitSeconds } from './commit.ts';
import { noticesName } from './contents.ts';

export type MacosTarget = 'macos-x64' | 'macos-arm64';

const machines = { 'macos-x64': 'x86_64', 'macos-arm64': 'arm64' } as const satisfies Record<MacosTarget, string>;
const scripts = join(import.meta.dirname, 'macos-scripts');

export interface ArchiveRequest {
  readonly target: MacosTarget;
  readonly version: string;
  /** The agent's binary on this machine. */
  readonly program: string;
  /** Licences of what is inside it. */
  readonly notices: string;
  readonly epochSeconds: number;
  readonly output: string;
}

/** Builds agent and archive of the release flavour; returns the file. */
export async function archiveAgent(target: MacosTarget): Promise<string> {
  const request = { target, trust: 'release', testKeys: null } as const;
  const { libraries } = await buildAgent(request);
  const program = agentFile(request);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const output = join(dirname(program), `garrison-agent-${version}-${target}.tar.gz`);
  makeArchive({ target, version, program, notices: noticesOf(libraries), epochSeconds: commitSeconds(), output });
  recordPackage(output, { kind: 'archive', target, version, program });
  return output;
}

/** Owned by root:wheel inside, in one order and of one time: the same content is the same archive, to the byte. */
export function makeArchive({ target, version, program, notices, epochSeconds, output }: ArchiveRequest): void {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'archive-'));
  const at = (...parts: readonly string[]): string => join(work, 'archive', ...parts);
  try {
    const place = at('payload', macosProgramRoot, 'versions', version, 'garrison-agent');
    mkdirSync(dirname(place), { recursive: true });
    copyFileSync(program, place);
    const plist = at('payload', daemonFile);
    mkdirSync(dirname(plist), { recursive: true });
    writeFileSync(plist, launchDaemon());
    writeFileSync(at('payload', watchFile), watchDaemon());
    const labels = { LABEL: daemonLabel, DAEMON: daemonFile, WATCHLABEL: watchLabel, WATCH: watchFile };
    const values = { VERSION: version, MACHINE: machines[target], ...labels };
    for (const script of ['install.sh', 'uninstall.sh'])
      writeFileSync(at(script), filled(readFileSync(join(scripts, script), 'utf8'), values));
    copyFileSync(join(root, 'LICENSE'), at('LICENSE'));
    writeFileSync(at(noticesName), notices);
    for (const path of [place, at('install.sh'), at('uninstall.sh')]) chmodSync(path, 0o755);
    writeFileSync(output, gzipSync(tarOf(work, epochSeconds), { level: 9 }));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function tarOf(work: string, epochSeconds: number): Buffer {
  const file = join(work, 'archive.tar');
  const owner = ['--owner=root:0', '--group=wheel:0', '--mode=u=rwX,go=rX'];
  const order = ['--sort=name', `--mtime=@${epochSeconds}`, '--format=ustar'];
  const folder = join(work, 'archive');
  run('tar', ['-C', folder, ...owner, ...order, '-cf', file, ...readdirSync(folder).sort()]);
  return readFileSync(file);
}

/** A name that nobody fills in would be run as it stands. */
function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/@([A-Z]+)@/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) throw new Error(`nothing fills in @${key}@`);
    return value;
  });
}
