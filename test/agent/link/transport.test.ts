import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTransport, plainOnlyToLoopback, type Transport } from '#agent/link/transport.ts';

const servers: Server[] = [];
const transports: Transport[] = [];
const folder = mkdtempSync(join(tmpdir(), 'garrison-tls-'));
let certificate = { key: '', cert: '', pin: '' };

beforeAll(() => {
  // Made here, by the openssl of the system: a console's own certificate, known to no authority.
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      join(folder, 'k'),
      '-out',
      join(folder, 'c'),
      '-days',
      '2',
      '-subj',
      '/CN=garrison',
    ],
    { stdio: 'ignore' },
  );
  const cert = readFileSync(join(folder, 'c'), 'utf8');
  const spki = new X509Certificate(cert).publicKey.export({ format: 'der', type: 'spki' });
  certificate = {
    key: readFileSync(join(folder, 'k'), 'utf8'),
    cert,
    pin: createHash('sha256').update(spki).digest('hex'),
  };
});
afterEach(() => {
  for (const transport of transports.splice(0)) transport.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

async function serve(listener: RequestListener, tls = false): Promise<string> {
  const server = tls
    ? createTlsServer({ key: certificate.key, cert: certificate.cert }, listener)
    : createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function transport(
  addresses: readonly string[],
  pins: readonly string[] | null = [],
  proxy: string | null = null,
): Transport {
  const made = createTransport({ addresses: () => addresses, pins: () => pins, proxy });
  transports.push(made);
  return made;
}

const get = (made: Transport, path = '/x') => made.call({ method: 'GET', path, headers: {}, timeoutMs: 5_000 });

describe('the way to the console', () => {
  it('sends and bounds, and any status is an answer', async () => {
    const address = await serve((request, response) => {
      response
        .writeHead(request.url === '/bad' ? 503 : 200, { 'retry-after': '7' })
        .end(request.url === '/huge' ? Buffer.alloc(3 * 1024 * 1024) : 'hello');
    });
    const made = transport([address]);
    expect(await get(made)).toMatchObject({ status: 200, body: Buffer.from('hello') });
    expect(await get(made, '/bad')).toMatchObject({ status: 503, headers: { 'retry-after': '7' } });
    await expect(get(made, '/huge')).rejects.toMatchObject({ code: 'network.console-unreachable' });
  });

  it('follows no redirect', async () => {
    let reached = 0;
    const elsewhere = await serve((_, response) => {
      reached += 1;
      response.end('stolen');
    });
    const address = await serve((_, response) => response.writeHead(302, { location: elsewhere }).end());
    expect((await get(transport([address]))).status).toBe(302);
    expect(reached).toBe(0);
  });

  it('goes on to the next address when one does not answer, and stays there', async () => {
    let served = 0;
    const address = await serve((_, response) => {
      served += 1;
      response.end('ok');
    });
    const made = transport(['http://127.0.0.1:1', address]);
    expect((await get(made)).status).toBe(200);
    expect((await get(made)).status).toBe(200);
    expect(served).toBe(2);
  });

  it('never speaks plain HTTP to another machine', async () => {
    expect(() => plainOnlyToLoopback('http://garrison.example')).toThrow(
      expect.objectContaining({ code: 'network.console-untrusted' }),
    );
    expect(() => plainOnlyToLoopback('ftp://127.0.0.1')).toThrow();
    expect(plainOnlyToLoopback('http://127.0.0.1:99/x')).toBe('http://127.0.0.1:99');
    await expect(get(transport(['http://192.0.2.1']))).rejects.toMatchObject({ code: 'network.console-untrusted' });
  });

  it('is not steered by proxy variables', async () => {
    process.env['http_proxy'] = 'http://127.0.0.1:1';
    try {
      const address = await serve((_, response) => response.end('direct'));
      expect((await get(transport([address]))).status).toBe(200);
    } finally {
      delete process.env['http_proxy'];
    }
  });
});

describe('pinned keys', () => {
  it('accepts the console by its pinned key although no authority knows it', async () => {
    const address = await serve((_, response) => response.end('ok'), true);
    expect((await get(transport([address], ['00'.repeat(32), certificate.pin]))).status).toBe(200);
  });

  it('sends not one byte of a request to another key', async () => {
    let requests = 0;
    const address = await serve((_, response) => {
      requests += 1;
      response.end('ok');
    }, true);
    const made = transport([address], ['00'.repeat(32)]);
    await expect(
      made.call({
        method: 'POST',
        path: '/x',
        headers: { authorization: 'Bearer secret' },
        body: 'secret',
        timeoutMs: 5_000,
      }),
    ).rejects.toMatchObject({
      code: 'network.console-untrusted',
    });
    expect(requests).toBe(0);
  });

  it('leaves it to the authorities when nothing is pinned', async () => {
    const address = await serve((_, response) => response.end('ok'), true);
    await expect(get(transport([address], []))).rejects.toMatchObject({ code: 'network.console-untrusted' });
  });

  it('takes any certificate only where the content is signed itself', async () => {
    const address = await serve((_, response) => response.end('ok'), true);
    expect((await get(transport([address], null))).status).toBe(200);
  });
});

describe('downloads', () => {
  async function download(made: Transport, idleMs = 5_000): Promise<{ status: number; bytes: number }> {
    let status = 0;
    let bytes = 0;
    await made.download({
      path: '/p',
      headers: {},
      idleMs,
      begin: async (code) => {
        status = code;
        return code === 200;
      },
      chunk: async (chunk) => {
        bytes += chunk.length;
      },
    });
    return { status, bytes };
  }

  it('streams', async () => {
    const address = await serve((_, response) => response.end(Buffer.alloc(5_000_000)));
    expect(await download(transport([address]))).toEqual({ status: 200, bytes: 5_000_000 });
  });

  it('gives up when nothing arrives any more, however slowly it came before', async () => {
    const address = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('x');
    });
    await expect(download(transport([address]), 300)).rejects.toMatchObject({ code: 'download.interrupted' });
  });

  it('says that it was cut off', async () => {
    const address = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('x', () => response.destroy());
    });
    await expect(download(transport([address]))).rejects.toMatchObject({ code: 'download.interrupted' });
  });
});

describe('a proxy', () => {
  /** Answers CONNECT and nothing else; keeps what it was asked and what went through it in the clear. */
  async function serveProxy(): Promise<{ address: string; asked: string[]; bytes: () => string }> {
    const asked: string[] = [];
    const passed: Buffer[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      response.writeHead(403).end();
    });
    server.on('connect', (request, client: Socket) => {
      asked.push(`CONNECT ${request.url ?? ''} ${request.headers['proxy-authorization'] ?? ''}`.trim());
      const port = Number((request.url ?? '').split(':')[1]);
      const upstream = connectTcp(port, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
      client.on('data', (chunk: Buffer) => passed.push(chunk));
      for (const each of [upstream, client]) each.on('error', () => undefined);
      client.pipe(upstream).pipe(client);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return {
      address: `http://user:p%40ss@127.0.0.1:${port}`,
      asked,
      bytes: () => Buffer.concat(passed).toString('latin1'),
    };
  }
  /** Only the proxy knows where that is. */
  const byName = (address: string): string => address.replace('127.0.0.1', 'console.example');

  it('tunnels, and the pinned key still decides who is spoken to', async () => {
    const proxy = await serveProxy();
    const address = await serve((_, response) => response.end('ok'), true);
    const made = transport([byName(address)], [certificate.pin], proxy.address);
    expect((await get(made, '/secret-path')).status).toBe(200);
    const basic = Buffer.from('user:p@ss').toString('base64');
    expect(proxy.asked).toEqual([`CONNECT ${byName(address).slice('https://'.length)} Basic ${basic}`]);
    expect(proxy.bytes()).not.toContain('secret-path');
  });

  it('does not reach a console of another key, whoever signed its certificate', async () => {
    let requests = 0;
    const proxy = await serveProxy();
    const address = await serve((_, response) => {
      requests += 1;
      response.end('stolen');
    }, true);
    const made = transport([byName(address)], ['00'.repeat(32)], proxy.address);
    await expect(get(made)).rejects.toMatchObject({ code: 'network.console-untrusted' });
    expect(requests).toBe(0);
  });

  it('is not asked for a console on this machine', async () => {
    const address = await serve((_, response) => response.end('ok'));
    expect((await get(transport([address], [], 'http://127.0.0.1:1'))).status).toBe(200);
  });
});

describe('a peer that says nothing', () => {
  it('is left in time, also when it takes the connection and never shakes hands', async () => {
    const sockets: Socket[] = [];
    const silent = createTcpServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const address = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const made = transport([address], [certificate.pin]);
      const call = made.call({ method: 'GET', path: '/x', headers: {}, timeoutMs: 300 });
      await expect(call).rejects.toMatchObject({ code: 'network.console-unreachable' });
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });
});
