import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { checkHost, parseHost } from '#platform/network.ts';
import { systemRoots } from '#platform/linux/roots.ts';
import { isLoopback } from '#platform/tunnel.ts';
import { fixture } from '#test/platform/linux/fixture.ts';

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

function listen(server: Pick<Server, 'listen' | 'address' | 'close'>): Promise<number> {
  open.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

const tls = { key: fixture('tls/test-only.key'), cert: fixture('tls/test-only.crt') };
const bundle = fileURLToPath(new URL('../fixtures/linux/tls/test-only.crt', import.meta.url));
const sayDate = (offsetMs: number) =>
  createServer((_, response) => response.setHeader('date', new Date(Date.now() + offsetMs).toUTCString()).end());

describe('checkHost', () => {
  it('connects, trusts the system’s roots and reads the clock', async () => {
    const port = await listen(createSecureServer(tls, (_, response) => response.writeHead(404).end()));
    const check = await checkHost(`localhost:${port}`, {
      plainHttpToLoopback: false,
      systemRoots: () => systemRoots([bundle]),
    });
    expect(check).toMatchObject({ dns: 'ok', tls: 'ok', detail: 'TLS, HTTP status 404' });
    expect(Math.abs(check.clockOffsetMs ?? 60_000)).toBeLessThan(2_000);
  });

  it('tells somebody else’s certificate from no answer', async () => {
    const port = await listen(createSecureServer(tls, (_, response) => response.end()));
    const check = await checkHost(`127.0.0.1:${port}`, {
      plainHttpToLoopback: false,
      systemRoots: () => systemRoots([]),
    });
    expect(check).toMatchObject({ dns: 'ok', tls: 'untrusted', clockOffsetMs: null });
    const closed = await checkHost('127.0.0.1:1', { plainHttpToLoopback: false, systemRoots });
    expect(closed).toMatchObject({ dns: 'ok', tls: 'failed', detail: 'ECONNREFUSED' });
  });

  it('sees a wrong clock', async () => {
    const port = await listen(sayDate(-7_200_000));
    const check = await checkHost(`127.0.0.1:${port}`, { plainHttpToLoopback: true, systemRoots });
    expect(check.tls).toBe('ok');
    expect(Math.abs((check.clockOffsetMs ?? 0) - 7_200_000)).toBeLessThan(2_000);
  });

  it('speaks plain HTTP only where a test build allows it', async () => {
    const port = await listen(sayDate(0));
    const check = await checkHost(`127.0.0.1:${port}`, { plainHttpToLoopback: false, systemRoots });
    expect(check).toMatchObject({ dns: 'ok', tls: 'failed' });
  });

  it('ends with somebody who takes the connection and says nonsense', async () => {
    const port = await listen(createTcpServer((socket) => socket.end('SSH-2.0-x\r\n')) as unknown as Server);
    const check = await checkHost(`127.0.0.1:${port}`, { plainHttpToLoopback: false, systemRoots });
    expect(check.tls).toBe('failed');
  });

  it('goes through the configured proxy, which resolves the name', async () => {
    const port = await listen(createSecureServer(tls, (_, response) => response.writeHead(200).end()));
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
      if (request.url?.startsWith('refused')) {
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
        return;
      }
      const upstream = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    const options = {
      plainHttpToLoopback: false,
      systemRoots: () => systemRoots([bundle]),
      proxy: `http://me:p%40ss@127.0.0.1:${await listen(proxy)}`,
    };
    const other = await checkHost('vendor.invalid', options);
    expect(other).toMatchObject({ dns: 'ok', tls: 'untrusted', detail: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(asked).toEqual([`vendor.invalid:443 Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
    const refused = await checkHost('refused.invalid', options);
    expect(refused).toMatchObject({ dns: 'ok', tls: 'failed', detail: 'proxy: answered 403' });
    const gone = await checkHost('vendor.invalid', { ...options, proxy: 'http://127.0.0.1:1' });
    expect(gone).toMatchObject({ tls: 'failed', detail: 'proxy: ECONNREFUSED' });
    expect((await checkHost('vendor.invalid', { ...options, proxy: 'nonsense' })).tls).toBe('failed');
  });

  it('says when a name does not resolve or is none', async () => {
    const unresolved = await checkHost('nothing.invalid', { plainHttpToLoopback: false, systemRoots });
    expect(unresolved).toMatchObject({ dns: 'failed', tls: 'failed' });
    for (const host of ['a b', 'https://x/', 'x:0', 'x:99999', '-', '']) {
      expect((await checkHost(host, { plainHttpToLoopback: false, systemRoots })).tls).toBe('failed');
    }
  });
});

describe('host names', () => {
  it('come with or without a port', () => {
    expect(parseHost('x.sentinelone.net')).toEqual({ name: 'x.sentinelone.net', port: 443 });
    expect(parseHost('[::1]:8443')).toEqual({ name: '::1', port: 8443 });
    expect(parseHost('::1')).toBeNull();
  });

  it('are of this machine only when they say so literally', () => {
    expect(['localhost', '127.0.0.1', '127.9.9.9', '::1'].map(isLoopback)).toEqual([true, true, true, true]);
    expect(['127.evil.example', 'localhost.evil.example', '10.0.0.1'].map(isLoopback)).toEqual([false, false, false]);
  });
});
