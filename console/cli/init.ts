/** `init`: makes the keys of a new console. The owner key is printed once and kept nowhere. */
import { offerFirstAdministrator } from '#console/auth/operators.ts';
import { say } from '#console/cli/output.ts';
import type { ConsoleConfig } from '#console/config.ts';
import { newId } from '#console/fleet/enrolment.ts';
import { makeKeys } from '#console/keys.ts';
import { makeOwnerKey } from '#console/owner-key.ts';
import { createSealer, ensureKeyFile, readKeyFile } from '#console/secrets.ts';
import { openStore } from '#console/start.ts';
import { readMeta } from '#console/store/meta.ts';
import { Fault } from '#protocol/codes.ts';

export interface InitOptions {
  /** Addresses devices reach us under. */
  readonly publicUrl: readonly string[];
  readonly vendorHost: readonly string[];
  readonly tlsPin: readonly string[];
  readonly json?: boolean;
}

function demandAddresses(addresses: readonly string[]): void {
  for (const address of addresses) {
    const url = URL.canParse(address) ? new URL(address) : null;
    const loopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
    if (url === null || url.origin !== address || (url.protocol !== 'https:' && !loopback)) {
      throw new Fault(
        'console.bad-configuration',
        `${address} must be an origin with https (plain http on loopback only)`,
      );
    }
  }
}

export async function init(config: ConsoleConfig, options: InitOptions): Promise<void> {
  demandAddresses(options.publicUrl);
  ensureKeyFile(config.keyFile);
  const sealer = createSealer(readKeyFile(config.keyFile));
  const store = await openStore(config, { alone: true });
  try {
    if ((await readMeta(store.read, 'owner-key')) !== null) {
      throw new Fault('console.bad-configuration', 'this console was set up already');
    }
    const owner = makeOwnerKey();
    const secret = await store.write(async (db) => {
      await makeKeys(db, sealer, owner.pair, {
        consoleId: newId('con'),
        epoch: 1,
        addresses: options.publicUrl,
        vendorHosts: options.vendorHost.map((host) => host.toLowerCase().replace(/:443$/, '')),
        tlsPins: options.tlsPin,
        nowMs: Date.now(),
      });
      return offerFirstAdministrator(db);
    });
    const link = `${config.operatorUrl}/first-administrator#${secret}`;
    if (options.json === true) say(JSON.stringify({ ownerKey: owner.text, firstAdministrator: link }));
    else say(introduction(owner.text, link));
  } finally {
    await store.close();
  }
}

function introduction(ownerKey: string, link: string): string {
  return [
    'The console is set up.',
    '',
    'Owner key — write it down and keep it away from this server. It is shown once and stored nowhere.',
    'It alone can replace the keys of this console, its addresses and the allowed SentinelOne consoles:',
    '',
    `  ${ownerKey}`,
    '',
    'First administrator — open this once the console runs (it works a single time):',
    '',
    `  ${link}`,
    '',
    'Start it:  garrison-console run',
  ].join('\n');
}
