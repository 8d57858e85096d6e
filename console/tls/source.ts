/** Where the certificate of the listeners comes from, and that a running console takes a new one without a restart. */
import type { Server } from 'node:https';
import { Fault } from '#protocol/codes.ts';
import type { KeySet } from '#protocol/key-set.ts';
import type { ConsoleConfig } from '#console/config.ts';
import type { Clock, KeySource } from '#console/context.ts';
import type { Sealer } from '#console/secrets.ts';
import type { Store } from '#console/store/store.ts';
import { pinOf } from '#console/tls/certificate.ts';
import { readTlsFiles } from '#console/tls/files.ts';
import { ownCertificate, replaceTlsKey, readTlsKey, type KeyAndCertificate } from '#console/tls/own-key.ts';

const lookEveryMs = 30_000;

export interface TlsParts {
  readonly config: Pick<ConsoleConfig, 'tls' | 'operatorUrl'>;
  readonly store: Store;
  readonly sealer: Sealer;
  readonly keys: KeySource;
  readonly clock: Clock;
}

export interface Speaking {
  /** null: plain HTTP, for a proxy in front or on loopback. */
  readonly devices: KeyAndCertificate | null;
  readonly operators: KeyAndCertificate | null;
}

const isHttps = (address: string): boolean => address.startsWith('https://');

/** Hosts that our own certificate is for. */
export function namesOf(keySet: Pick<KeySet, 'addresses'>, operatorUrl: string): string[] {
  const hosts = [...keySet.addresses, operatorUrl].filter(isHttps).map((address) => new URL(address).hostname);
  return [...new Set(hosts.map((host) => host.replace(/^\[(.*)\]$/, '$1')))];
}

async function own({ config, store, sealer, keys, clock }: TlsParts): Promise<KeyAndCertificate | null> {
  const names = namesOf(keys.current().keySet, config.operatorUrl);
  if (names.length === 0) return null;
  return store.write(async (db) => {
    if ((await readTlsKey(db, sealer)) === null) await replaceTlsKey(db, sealer);
    return ownCertificate(db, sealer, names, clock.now());
  });
}

/** No authority stands behind a certificate of our own: devices take it only by its pin. */
function demandPinned({ cert }: KeyAndCertificate, { tlsPins }: KeySet): void {
  const pin = pinOf(cert);
  if (tlsPins.includes(pin)) return;
  const ways = `add its pin (key-set renew --tls-pin ${pin}), or set GARRISON_CONSOLE_TLS to "proxy" or to your own files`;
  throw new Fault('console.bad-configuration', `devices do not know the console's own certificate: ${ways}`);
}

/** What both listeners speak now. Fault `console.bad-configuration` for files that cannot serve. */
export async function speaking(parts: TlsParts): Promise<Speaking> {
  const { tls, operatorUrl } = parts.config;
  const { keySet } = parts.keys.current();
  if (tls === 'proxy') return { devices: null, operators: null };
  if (tls !== 'own') {
    const pair = readTlsFiles(tls, keySet.tlsPins);
    return { devices: pair, operators: pair };
  }
  const pair = await own(parts);
  const forDevices = keySet.addresses.some(isHttps);
  if (forDevices && pair !== null) demandPinned(pair, keySet);
  return {
    devices: forDevices ? pair : null,
    operators: isHttps(operatorUrl) ? pair : null,
  };
}

export interface Servers {
  readonly devices: unknown;
  readonly operators: unknown;
}

function take(server: unknown, before: KeyAndCertificate | null, now: KeyAndCertificate | null): boolean {
  if (now === null || before === null || (before.cert === now.cert && before.key === now.key)) return false;
  (server as Server).setSecureContext({ cert: now.cert, key: now.key });
  return true;
}

/** Looks often, and hands listeners what is new; open connections go on. `told`: of what was taken or refused. */
export function followTls(
  parts: TlsParts,
  servers: Servers,
  first: Speaking,
  told: { taken(cert: string): void; refused(error: unknown): void },
): { look(): Promise<void>; stop(): void } {
  let held = first;
  let refused = '';
  const look = async (): Promise<void> => {
    try {
      const next = await speaking(parts);
      const devices = take(servers.devices, held.devices, next.devices);
      const operators = take(servers.operators, held.operators, next.operators);
      held = { devices: next.devices ?? held.devices, operators: next.operators ?? held.operators };
      if (devices || operators) told.taken((next.devices ?? next.operators)?.cert ?? '');
      refused = '';
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== refused) told.refused(error);
      refused = why;
    }
  };
  const timer = setInterval(() => void look(), lookEveryMs);
  timer.unref();
  return { look, stop: () => clearInterval(timer) };
}
