/** Stands in for the agent's `run-installer DIR`: installs DIR/package.deb by the real platform and notes how it went. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linuxPlatform } from '#platform/linux/index.ts';

const [verb, directory = ''] = process.argv.slice(2);
if (verb !== 'run-installer') throw new Error(`unexpected verb ${verb}`);
const platform = linuxPlatform({ selfCommand: { program: process.execPath, args: [] } });
writeFileSync(join(directory, 'cgroup'), readFileSync('/proc/self/cgroup'));
writeFileSync(join(directory, 'environment'), JSON.stringify(process.env));
const running = await platform.startInstaller(
  { program: 'dpkg', args: ['-i', join(directory, 'package.deb')] },
  { directory, outputFile: 'output', environment: { DEBIAN_FRONTEND: 'noninteractive' } },
);
writeFileSync(join(directory, 'started'), JSON.stringify(running.identity));
const { code } = await running.exited;
writeFileSync(join(directory, 'exited'), String(code));
