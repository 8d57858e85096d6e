import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, type BundleRequest, testMarker } from './bundle.ts';
import { readSigningKey, signAuthenticode } from './authenticode.ts';
import { checkProgramTrust, makeExecutable } from './executable.ts';
import { root, runtimeOf, sha256 } from './runtime.ts';
import { describeComponents, packagesOf } from './components.ts';

export interface BuiltAgent {
  readonly file: string;
  readonly version: string;
  readonly sha256: string;
  /** Of which the file that is there was made. */
  readonly commit: string;
  /** Folders of the npm packages inside. */
  readonly libraries: readonly string[];
  /** Nothing had changed since the last build of this flavour. */
  readonly upToDate: boolean;
}

/** Where a flavour is put: `dist/` holds what may be shipped, `dist/test/` what never may. */
export function agentFile(request: Pick<BundleRequest, 'target' | 'trust' | 'version'>): string {
  const extension = runtimeOf(request.target).format === 'pe' ? '.exe' : '';
  return join(
    root,
    'dist',
    request.trust === 'test' ? 'test' : '',
    `garrison-agent-${request.version === undefined ? '' : `${request.version}-`}${request.target}${extension}`,
  );
}

/** Makes the agent's binary unless the one that is there was made from the same inputs. */
export async function buildAgent(request: BundleRequest): Promise<BuiltAgent> {
  const file = agentFile(request);
  const record = `${file}.json`;
  const { code, parts, build, inputs } = await bundle(request);
  const about = { file, version: build.version, libraries: [...packagesOf(inputs)] };
  const key =
    request.trust === 'release' && runtimeOf(request.target).format === 'pe' ? readSigningKey(process.env) : null;
  const known =
    existsSync(file) && existsSync(record) ? (JSON.parse(readFileSync(record, 'utf8')) as Record<string, unknown>) : {};
  const sbom = `${file}.cdx.json`;
  const isSame = known['inputs'] === build.inputs && (known['signed'] === true) === (key !== null);
  if (existsSync(sbom) && isSame && known['sha256'] === sha256(readFileSync(file))) {
    return { ...about, commit: String(known['commit']), sha256: known['sha256'], upToDate: true };
  }
  makeExecutable({ code, parts }, request.target, file, build.version);
  checkProgramTrust(
    file,
    request.trust,
    [code, ...Object.values(parts)].some((text) => text.includes(testMarker)),
  );
  if (key !== null) signAuthenticode(file, key);
  const made = { ...build, signed: key !== null, sha256: sha256(readFileSync(file)) };
  writeFileSync(sbom, `${JSON.stringify(describeComponents(made, inputs), null, 2)}\n`);
  writeFileSync(record, `${JSON.stringify(made, null, 2)}\n`);
  return { ...about, commit: build.commit, sha256: made.sha256, upToDate: false };
}
