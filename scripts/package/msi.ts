/** The agent and its service host as MSI, for both processors. The same inputs give the same bytes. */
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hostFile, packagedFile } from '#platform/windows/own-service.ts';
import { agentFile, buildAgent } from '../build/agent.ts';
import { readSigningKey, signAuthenticode } from '../build/authenticode.ts';
import type { BundleRequest } from '../build/bundle.ts';
import { noticesOf, serviceHostNotices } from '../build/licenses.ts';
import { recordPackage } from '../build/package-record.ts';
import { run } from '../build/run.ts';
import { cache, root, sha256 } from '../build/runtime.ts';
import { buildServiceHost, type WindowsTarget } from '../build/service-host.ts';
import { commitSeconds } from './commit.ts';
import { noticesName } from './contents.ts';
import { agentName, guidOf, licenseName, msiSource } from './msi-source.ts';
import { msiTables } from './msi-tables.ts';

interface MsiRequest {
  readonly target: WindowsTarget;
  readonly version: string;
  /** What the agent calls itself: the version, in a test build with its suffix. */
  readonly program?: string;
  /** The agent's binary and the service host. */
  readonly agent: string;
  readonly host: string;
  /** Licences of what is inside both. */
  readonly notices: string;
  readonly epochSeconds: number;
}

/**
 * Builds agent, service host and package; returns the file, beside the binary of the same flavour. `version`: of the package,
 * by default that of `package.json`; tests make a newer one of the same program.
 */
export async function packageMsi(
  request: BundleRequest & { readonly target: WindowsTarget },
  version = ownVersion(),
): Promise<string> {
  const { libraries } = await buildAgent(request);
  const { target, trust } = request;
  const agent = agentFile(request);
  const output = join(dirname(agent), `garrison-agent-${version}-${target.slice('windows-'.length)}.msi`);
  const work = mkdtempSync(join(cache, 'msi-'));
  try {
    const notices = [noticesOf(libraries), serviceHostNotices(target)].join('\n');
    const program = version + (trust === 'test' ? '+test-trust' : '');
    const parts = { agent, host: buildServiceHost(target), notices };
    buildMsi({ target, version, program, ...parts, epochSeconds: commitSeconds() }, work);
    const key = trust === 'release' ? readSigningKey(process.env) : null;
    if (key !== null) signAuthenticode(join(work, 'agent.msi'), key);
    renameSync(join(work, 'agent.msi'), output);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  if (trust === 'release') recordPackage(output, { kind: 'msi', target, version, program: agent });
  return output;
}

function ownVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

/** Makes `agent.msi` in `work`. The package code is drawn from everything that goes in. */
export function buildMsi(request: MsiRequest, work: string): void {
  const { target, version, program = version, agent, host, notices, epochSeconds } = request;
  if (!/^\d{1,3}\.\d{1,3}\.\d{1,5}$/.test(version))
    throw new Error(`${version} is no version of an MSI: three numbers, at most 255.255.65535`);
  copyFileSync(agent, join(work, agentName));
  copyFileSync(host, join(work, hostFile));
  writeFileSync(join(work, packagedFile), `${program}\r\n`);
  copyFileSync(join(root, 'LICENSE'), join(work, licenseName));
  writeFileSync(join(work, noticesName), notices);
  const names = [agentName, hostFile, packagedFile, licenseName, noticesName];
  for (const name of names) utimesSync(join(work, name), epochSeconds, epochSeconds);
  const facts = { target, version, program, epochSeconds };
  const source = msiSource(facts);
  const contents = names.map((name) => sha256(readFileSync(join(work, name))));
  const packageCode = guidOf('package', source, JSON.stringify(msiTables({ ...facts, packageCode: '' })), ...contents);
  assemble({ work, target, source, tables: msiTables({ ...facts, packageCode }) });
}

interface Parts {
  readonly work: string;
  readonly target: WindowsTarget;
  readonly source: string;
  readonly tables: Readonly<Record<string, string>>;
}

function assemble({ work, target, source, tables }: Parts): void {
  writeFileSync(join(work, 'agent.wxs'), source);
  run('wixl', ['-a', target.slice('windows-'.length), '-o', 'agent.msi', 'agent.wxs'], { cwd: work });
  for (const [name, text] of Object.entries(tables)) {
    writeFileSync(join(work, name), text);
    run('msibuild', ['agent.msi', '-i', name], { cwd: work });
  }
}
