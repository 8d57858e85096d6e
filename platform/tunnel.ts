/** Connections through an HTTP proxy (CONNECT): what goes through them is between us and the other end. */
import { request as plainRequest } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';

export interface Target {
  readonly name: string;
  readonly port: number;
}

const timeoutMs = 10_000;

/** Hosts that no proxy is asked for: this machine itself. */
export function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

export interface ProxyEnds {
  readonly host: string;
  readonly port: number;
  /** Value of `Proxy-Authorization`, null without a login in the address. */
  readonly authorization: string | null;
}

/** Parts of `http://user:password@host:port`. */
export function proxyEnds(proxy: string): ProxyEnds {
  const url = new URL(proxy);
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = url.username === '' ? null : `Basic ${Buffer.from(login).toString('base64')}`;
  return { host: url.hostname, port: Number(url.port || 80), authorization };
}

/** A connection to the target through the proxy; rejects when the proxy does not make one within 10 s. */
export function tunnel(proxy: string, target: Target): Promise<Duplex> {
  const { host, port, authorization } = proxyEnds(proxy);
  const path = `${target.name}:${target.port}`;
  const headers = { host: path, ...(authorization === null ? {} : { 'proxy-authorization': authorization }) };
  return new Promise((resolve, reject) => {
    const request = plainRequest({ host, port, method: 'CONNECT', path, headers, agent: false, timeout: timeoutMs });
    request.once('connect', (response, socket) => {
      socket.setTimeout(0);
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`answered ${response.statusCode ?? 0}`));
    });
    request.once('response', (response) => {
      response.destroy();
      reject(new Error(`answered ${response.statusCode ?? 0}`));
    });
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('error', reject);
    request.end();
  });
}
