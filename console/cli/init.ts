/** `init`: makes the keys of a new console. The owner key is printed once and kept nowhere. */
import { offerFirstAdministrator } from '#console/auth/operators.ts';
import { say } from '#console/cli/output.ts';
import type { ConsoleConfig } from '#console/config.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import { makeKeys } from '#console/keys.ts';
import { makeOwnerKey } from '#console/owner-key.ts';
import { createSealer, ensureKeyFile, readKeyFile } from '#console/secrets.ts';
import { openStore } from '#console/start.ts';
import { readMeta } from '#console/store/meta.ts';
import { pinOf } from '#console/tls/certificate.ts';
import { readTlsFiles } from '#console/tls/files.ts';
import { replaceTlsKey } from '#console/tls/own-key.ts';
import { Fault } from '#protocol/codes.ts';

export interface InitOptions {
  /** Addresses devices reach us under. */
  readonly publicUrl: readonly string[];
  readonly vendorHost: readonly string[];
  readonly tlsPin: readonly string[];
  readonly json?: boolean;
}

/** Origins that devices may be sent to. */
export function demandAddresses(addresses: readonly string[]): void {
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
    const tls = tlsPlan(config, options);
    const secret = await store.write(async (db) => {
      const own = tls.makesKey ? [await replaceTlsKey(db, sealer)] : [];
      await makeKeys(db, sealer, owner.pair, {
        consoleId: newId('con'),
        epoch: 1,
        addresses: options.publicUrl,
        vendorHosts: options.vendorHost.map((host) => host.toLowerCase().replace(/:443$/, '')),
        tlsPins: [...options.tlsPin, ...own],
        nowMs: Date.now(),
      });
      return offerFirstAdministrator(db);
    });
    const link = `${config.operatorUrl}/first-administrator#${secret}`;
    if (options.json === true) say(JSON.stringify({ ownerKey: owner.text, firstAdministrator: link }));
    else say(introduction(owner.text, link, tls.words));
  } finally {
    await store.close();
  }
}

interface TlsPlan {
  readonly makesKey: boolean;
  readonly words: readonly string[];
}

/** Who speaks TLS to the devices, and how they will know it. */
function tlsPlan(config: ConsoleConfig, { publicUrl, tlsPin }: InitOptions): TlsPlan {
  if (!publicUrl.some((address) => address.startsWith('https://'))) {
    return { makesKey: false, words: ['TLS: none; the only addresses are on this machine.'] };
  }
  const known = tlsPin.length > 0 ? 'by the pins given' : 'by the certificate authorities that ship with the agent';
  if (config.tls === 'proxy') {
    return { makesKey: false, words: [`TLS: by a proxy in front. Devices know its certificate ${known}.`] };
  }
  if (config.tls !== 'own') {
    const { cert } = readTlsFiles(config.tls, tlsPin);
    const words = [`TLS: ${config.tls.certificate}, read again when it changes. Devices know it ${known}.`];
    const pin = `     For a private authority pin its key: init --tls-pin ${pinOf(cert)}`;
    return { makesKey: false, words: tlsPin.length > 0 ? words : [...words, pin] };
  }
  return {
    makesKey: true,
    words: [
      'TLS: a key and certificate of its own. Devices pin the key; the certificate renews itself. Browsers do not know it',
      '     and will warn. Instead: your own certificate (GARRISON_CONSOLE_TLS=certificate.pem,key.pem) or a proxy in',
      '     front (GARRISON_CONSOLE_TLS=proxy); set it before init.',
    ],
  };
}

function introduction(ownerKey: string, link: string, tls: readonly string[]): string {
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
    ...tls,
    '',
    'Start it:  garrison-console run',
  ].join('\n');
}
