/** A receiver of webhooks on this machine: real sockets, scripted answers, everything kept. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Answer to the next requests: a status with headers; 'silence': none at all; 'cut': the connection breaks. */
  answer: { status: number; headers?: Record<string, string> } | 'silence' | 'cut';
  /** Before it answers. */
  delayMs: number;
  close(): Promise<void>;
}

export async function receiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
      const { answer, delayMs } = self;
      if (answer === 'silence') return;
      if (answer === 'cut') return void request.socket.destroy();
      setTimeout(() => {
        response.writeHead(answer.status, answer.headers);
        response.end('x'.repeat(100_000));
      }, delayMs);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const self: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    answer: { status: 204 },
    delayMs: 0,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return self;
}
