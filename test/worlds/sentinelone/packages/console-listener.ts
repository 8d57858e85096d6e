/** The least a stand-in agent needs to be registered: a listener that accepts everything and remembers it. */
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly form: Readonly<Record<string, string>>;
}

export interface ConsoleListener {
  readonly url: string;
  readonly received: readonly Received[];
  /** What the next requests are answered with; 200 at first. */
  answer(status: number): void;
  close(): Promise<void>;
}

/** With `tls` over HTTPS, else over HTTP. */
export async function listenAsConsole(tls?: { key: string; cert: string }): Promise<ConsoleListener> {
  const received: Received[] = [];
  let status = 200;
  const listen: RequestListener = (request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      received.push({ path: request.url ?? '', form: Object.fromEntries(new URLSearchParams(body)) });
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  };
  const server = tls === undefined ? createServer(listen) : createTlsServer(tls, listen);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer(next) {
      status = next;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
