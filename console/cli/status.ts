/** `status`: what is set up, and whether the audit log holds. */
import { consoleScope } from '#console/auth/scope.ts';
import { say } from '#console/cli/output.ts';
import type { ConsoleConfig } from '#console/config.ts';
import { loadKeys } from '#console/keys.ts';
import { createSealer, readKeyFile } from '#console/secrets.ts';
import { openStore } from '#console/start.ts';
import { verifyAudit } from '#console/store/audit/audit-chain.ts';
import { countDevices } from '#console/store/devices/device-counts.ts';
import { hasOperators } from '#console/store/operators/operators.ts';

export async function status(config: ConsoleConfig): Promise<void> {
  const sealer = createSealer(readKeyFile(config.keyFile));
  const store = await openStore(config, { alone: false });
  try {
    const { consoleId, keySet } = await loadKeys(store.read, sealer);
    const counts = await countDevices(store.read, consoleScope('status'), {});
    const broken = await verifyAudit(store.read, sealer.subkey('audit'));
    say(`Console    ${consoleId}, key set ${keySet.epoch}/${keySet.number}, valid until ${keySet.notAfter}`);
    say(`Addresses  ${keySet.addresses.join(', ')}`);
    say(`Allowed    ${keySet.vendorHosts.join(', ') || 'no SentinelOne console yet'}`);
    say(`Database   ${store.kind}, ${await store.sizeBytes()} bytes`);
    say(`Devices    ${counts.reduce((sum, row) => sum + row.devices, 0)}`);
    say(`Operators  ${(await hasOperators(store.read)) ? 'yes' : 'none yet'}`);
    say(`Audit log  ${broken === null ? 'unbroken' : `does not hold from entry ${broken} on`}`);
  } finally {
    await store.close();
  }
}
