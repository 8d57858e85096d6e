/**
 * Makes the agent for every system, with checksums and a record of what went in: `npm run build:release [-- --final]`.
 * `dist/release.json` says whether the result may be handed out and what stands in the way; with `--final` that is an error.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildAgent } from './build/agent.ts';
import type { Build } from '#agent/build.ts';
import { checksums, describeRelease } from './build/release.ts';
import { root, targets } from './build/runtime.ts';
import { buildServiceHost, windowsTargets } from './build/service-host.ts';

const { values } = parseArgs({ options: { final: { type: 'boolean', default: false } } });

const built = [];
for (const target of targets) {
  const started = performance.now();
  const agent = await buildAgent({ target, trust: 'release', testKeys: null });
  const how = agent.upToDate ? 'up to date' : `built in ${((performance.now() - started) / 1000).toFixed(1)} s`;
  process.stdout.write(`${agent.file} ${agent.version} ${how}\n`);
  built.push({ ...agent, target });
}

for (const target of windowsTargets) process.stdout.write(`${buildServiceHost(target)}\n`);

const records = built.map(({ file }) => JSON.parse(readFileSync(`${file}.json`, 'utf8')) as Build);
const commits = new Set(records.map(({ commit }) => commit));
const release = describeRelease({
  version: records[0]?.version ?? 'unknown',
  commit: commits.size === 1 ? (records[0]?.commit ?? 'unknown') : 'several commits',
  built,
});
writeFileSync(join(root, 'dist/SHA256SUMS'), checksums(release));
writeFileSync(join(root, 'dist/release.json'), `${JSON.stringify(release, null, 2)}\n`);
if (!release.shippable) {
  process.stderr.write(`NOT to be handed out:\n${release.hindrances.map((one) => `  ${one}\n`).join('')}`);
  if (values.final) process.exitCode = 1;
}
