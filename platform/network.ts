import { lookup } from 'node:dns/promises';
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { rootCertificates } from 'node:tls';
import { errnoOf } from '#platform/files/errors.ts';
import type { HostCheck } from '#platform/platform.ts';
import { isLoopback, proxyEnds, type Target, tunnel } from '#platform/tunnel.ts';

const timeoutMs = 10_000;

/** Errors of a connection that was made to somebody whose certificate we do not accept (OpenSSL's and Node's names). */
const untrustedErrors = /CERT|SELF_SIGNED|UNABLE_TO_|ISSUER|ERR_TLS_CERT_ALTNAME_INVALID/;

export interface HostCheckOptions {
  /** Test builds only: an address of this machine itself is asked without TLS. */
  readonly plainHttpToLoopback: boolean;
  /** Of the local configuration; it resolves the name itself. */
  readonly proxy?: string | null;
  /** The trust store that the administrator maintains, as PEM texts; Node brings its own list and reads none of it. */
  systemRoots(): Promise<readonly string[]>;
}

/** Resolves the name, makes a TLS connection and reads the clock of `host` or `host:port`. Never rejects. */
export async function checkHost(host: string, options: HostCheckOptions): Promise<HostCheck> {
  const lost = { host, dns: 'failed', tls: 'failed', clockOffsetMs: null } as const;
  const target = parseHost(host);
  if (target === null) return { ...lost, detail: 'not a host name' };
  const proxy = isLoopback(target.name) ? null : (options.proxy ?? null);
  const plain = options.plainHttpToLoopback && isLoopback(target.name);
  try {
    const unresolved = await whyUnresolved(proxy === null ? target.name : proxyEnds(proxy).host);
    if (unresolved !== null) return { ...lost, detail: unresolved };
    const socket = proxy === null ? null : await tunnel(proxy, target);
    const roots = plain ? null : [...rootCertificates, ...(await options.systemRoots())];
    return { host, dns: 'ok', ...(await head(target, roots, socket)) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ...lost, dns: 'ok', detail: `proxy: ${errnoOf(error) ?? detail}`.slice(0, 200) };
  }
}

/** `host`, `host:port` or `[v6]:port`. */
export function parseHost(host: string): Target | null {
  const found = /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]{1,253}))(?::(\d{1,5}))?$/.exec(host);
  const name = found?.[1] ?? found?.[2];
  const port = Number(found?.[3] ?? 443);
  return name === undefined || port < 1 || port > 65_535 ? null : { name, port };
}

async function whyUnresolved(name: string): Promise<string | null> {
  const late = new Promise<string>((resolve) => {
    setTimeout(() => resolve('the name was not resolved in time'), timeoutMs).unref();
  });
  const answer = lookup(name).then(
    () => null,
    (error: unknown) => errnoOf(error) ?? 'the name was not resolved',
  );
  return Promise.race([answer, late]);
}

type Answer = Pick<HostCheck, 'tls' | 'clockOffsetMs' | 'detail'>;

/** `roots` null: without TLS. Any HTTP status will do, the Date header is what is wanted. */
function head(target: Target, roots: readonly string[] | null, socket: Duplex | null): Promise<Answer> {
  const servername = isIP(target.name) === 0 ? { servername: target.name } : {};
  const over = socket === null ? {} : { socket, ...servername };
  const ends = { host: target.name, port: target.port, method: 'HEAD', path: '/', agent: false, timeout: timeoutMs };
  return new Promise((resolve) => {
    let secured = false;
    const request =
      roots === null ? plainRequest(ends) : secureRequest({ ...ends, ...over, ca: [...roots], minVersion: 'TLSv1.2' });
    const limit = setTimeout(() => request.destroy(new Error('no answer in time')), timeoutMs);
    const settle = (answer: Answer): void => {
      clearTimeout(limit);
      resolve(answer);
      request.destroy();
    };
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('response', (response) => {
      response.resume();
      const how = roots === null ? 'plain HTTP to this machine' : 'TLS';
      const detail = `${how}, HTTP status ${response.statusCode ?? 0}`;
      settle({ tls: 'ok', clockOffsetMs: offsetOf(response.headers.date), detail });
    });
    request.once('error', (error) => settle(answerOf(error, secured)));
    request.once('socket', (socket) => socket.once('secureConnect', () => (secured = true)));
    request.end();
  });
}

/** Once the connection is secured, what follows is not TLS's failure: some consoles answer no HEAD. */
function answerOf(error: Error, secured: boolean): Answer {
  const code = errnoOf(error) ?? '';
  const tls = untrustedErrors.test(code) ? 'untrusted' : secured ? 'ok' : 'failed';
  return { tls, clockOffsetMs: null, detail: (code || error.message).slice(0, 200) };
}

/** The Date header counts whole seconds: half of one is added to be right on average. */
function offsetOf(date: string | undefined): number | null {
  const theirs = Date.parse(date ?? '');
  return Number.isNaN(theirs) ? null : Date.now() - (theirs + 500);
}
