/** A small proxy as offices have them: CONNECT for https, whole addresses for http. Knows by itself where names lead. */
import { createServer, request as httpRequest } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface OfficeProxy {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `host:port` of every tunnel and request, in order. */
  readonly seen: string[];
  close(): Promise<void>;
}

/** Every name leads to this machine. */
export async function startProxy(): Promise<OfficeProxy> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((asked, answer) => {
    const url = new URL(asked.url ?? '');
    seen.push(url.host);
    const onward = httpRequest(
      {
        host: '127.0.0.1',
        port: url.port,
        path: url.pathname + url.search,
        method: asked.method,
        headers: asked.headers,
      },
      (came) => came.pipe(answer.writeHead(came.statusCode ?? 502, came.headers)),
    );
    onward.on('error', () => answer.writeHead(502).end());
    asked.pipe(onward);
  });
  server.on('connect', (asked, near: Socket, head) => {
    seen.push(asked.url ?? '');
    const far = connect(Number((asked.url ?? '').split(':')[1]), '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      far.write(head);
      far.pipe(near);
      near.pipe(far);
    });
    for (const [one, other] of [
      [far, near],
      [near, far],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => sockets.delete(one));
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
