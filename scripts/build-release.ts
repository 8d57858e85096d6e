/**
 * Makes a release: `npm run build:release [-- --final] [--days 180] [--replaces VERSION]`. Builds the agent for every system and
 * writes into `dist/` the manifest over these and over the packages made of them (`release.json`), its signature
 * (`release.json.sig`) when GARRISON_RELEASE_KEY_FILE names the key, checksums, licences, and what still stands in the way of
 * handing it out (`hindrances.txt`); with `--final` a hindrance or a missing signature is an error.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { signEnvelope } from '#protocol/envelope.ts';
import { releaseFile, releaseSignatureFile } from '#protocol/release.ts';
import { trust } from '#protocol/release/trust.release.ts';
import { buildAgent } from './build/agent.ts';
import { licensesOf } from './build/licenses.ts';
import { readReleaseKey, releaseKeyVariable } from './build/release-key.ts';
import { checksums, describeRelease } from './build/release.ts';
import { root, targets } from './build/runtime.ts';
import { buildServiceHost, windowsTargets } from './build/service-host.ts';

const { values } = parseArgs({
  options: {
    final: { type: 'boolean', default: false },
    days: { type: 'string', default: '180' },
    replaces: { type: 'string', multiple: true, default: [] },
  },
});
const key = readReleaseKey(process.env, trust.keys);

const built = [];
for (const target of targets) {
  const started = performance.now();
  const agent = await buildAgent({ target, trust: 'release', testKeys: null });
  const how = agent.upToDate ? 'up to date' : `built in ${((performance.now() - started) / 1000).toFixed(1)} s`;
  process.stdout.write(`${agent.file} ${agent.version} ${how}\n`);
  built.push({ ...agent, target });
}

for (const target of windowsTargets) process.stdout.write(`${buildServiceHost(target)}\n`);

const commits = new Set(built.map(({ commit }) => commit));
const { manifest, hindrances } = describeRelease({
  version: built[0]?.version ?? 'unknown',
  commit: commits.size === 1 ? (built[0]?.commit ?? 'unknown') : 'several commits',
  built,
  keys: trust.keys,
  issuedAtMs: Date.now(),
  lifetimeMs: Number(values.days) * 86_400_000,
  replaces: values.replaces,
});
const dist = join(root, 'dist');
const envelope = key === null ? null : signEnvelope('release', manifest, [key]);
writeFileSync(join(dist, releaseFile), envelope === null ? JSON.stringify(manifest) : readable(envelope.payload));
rmSync(join(dist, releaseSignatureFile), { force: true });
if (envelope !== null) writeFileSync(join(dist, releaseSignatureFile), `${JSON.stringify(envelope)}\n`);
writeFileSync(join(dist, 'SHA256SUMS'), checksums(manifest));
writeFileSync(join(dist, 'licenses.txt'), licensesOf(new Set(built.flatMap(({ libraries }) => libraries))));

const missing = [
  ...hindrances,
  ...(key === null ? [`NOT SIGNED: ${releaseKeyVariable} names no release key; no console takes it`] : []),
];
writeFileSync(join(dist, 'hindrances.txt'), missing.map((one) => `${one}\n`).join(''));
process.stdout.write(`${manifest.artifacts.length} files in ${releaseFile}${key === null ? '' : ', signed'}\n`);
if (missing.length > 0) {
  process.stderr.write(`NOT to be handed out:\n${missing.map((one) => `  ${one}\n`).join('')}`);
  if (values.final) process.exitCode = 1;
}

function readable(payload: string): Buffer {
  return Buffer.from(payload, 'base64');
}
