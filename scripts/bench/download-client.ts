/**
 * The agent's own download and verification, alone: bundled for and run by the shipped Node, so that it is the code and
 * the runtime of the binary. Arguments: address, directory, size, expected SHA-256. Ends with 1 when the digest differs.
 */
import type { Candidate } from '#protocol/assignment.ts';
import type { ConsoleClient } from '#agent/link/client.ts';
import { consoleSupply } from '#agent/link/supply.ts';
import { createTransport } from '#agent/link/transport.ts';
import { LinuxFiles } from '#platform/linux/files.ts';

const [address = '', path = '', size = '0', sha256 = ''] = process.argv.slice(2);

function unused(): never {
  throw new Error('the bench only downloads');
}

async function main(): Promise<void> {
  const transport = createTransport({ addresses: () => [address], pins: () => [], proxy: null });
  const client: ConsoleClient = {
    request: unused,
    upload: unused,
    download: (from, { range, ...rest }) =>
      transport.download({ ...rest, path: from, headers: range === null ? {} : { range } }),
  };
  const packages = await new LinuxFiles({ expectedUid: 0, trustedRoot: '/' }).openPrivateDirectory(path);
  const supply = consoleSupply({ client, packages, identity: unused });
  const candidate = { sha256, sizeBytes: Number(size) } as Candidate;
  await supply.fetchPackage(candidate, 'package', () => undefined);
  const found = await packages.digest('package');
  transport.close();
  process.exitCode = found?.sha256 === sha256 ? 0 : 1;
}

void main();
