/**
 * Local control: HTTP over a socket in a root-only directory, so that the file system decides who may speak. There is no
 * TCP listener on the device. Every answer is a document; faults are problem documents like the console's.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { asFault, codes, Fault } from '#protocol/codes.ts';
import type { Directory } from '#platform/files.ts';
import { socketName } from '#agent/places.ts';

const bodyBytesMax = 16 * 1024;

export type Handler = (body: unknown) => Promise<unknown>;
/** By "METHOD /path". */
export type Handlers = Readonly<Record<string, Handler>>;

export interface ControlServer {
  close(): Promise<void>;
}

/** The caller owns the state directory, so a socket that stands here is a dead one's. */
export async function serveControl(directory: Directory, handlers: Handlers): Promise<ControlServer> {
  const path = `${directory.path}/${socketName}`;
  await directory.remove(socketName);
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response, handlers);
  });
  server.requestTimeout = 30_000;
  await listen(server, path);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The directory is 0700 already; the socket's own mode is a second lock on the same door. */
async function listen(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => resolve());
    });
  } finally {
    process.umask(before);
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, handlers: Handlers): Promise<void> {
  const send = (status: number, type: string, body: unknown): void => {
    response.writeHead(status, { 'content-type': type });
    response.end(JSON.stringify(body));
  };
  try {
    const handler = handlers[`${request.method ?? ''} ${request.url ?? ''}`];
    if (handler === undefined) throw new Fault('not-found', `${request.method ?? ''} ${request.url ?? ''}`);
    send(200, 'application/json', (await handler(await readBody(request))) ?? {});
  } catch (error) {
    const fault = asFault(error);
    const { title, remedy } = codes[fault.code];
    const status = fault.code === 'not-found' ? 404 : fault.code === 'agent.defect' ? 500 : 409;
    send(status, 'application/problem+json', {
      type: 'about:blank',
      title,
      status,
      detail: fault.message,
      code: fault.code,
      remedy,
    });
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = chunk as Buffer;
    bytes += part.length;
    if (bytes > bodyBytesMax) throw new Fault('request.too-large', `more than ${bodyBytesMax} bytes`);
    chunks.push(part);
  }
  if (bytes === 0) return null;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new Fault('request.invalid', 'the body is not JSON', { cause: error });
  }
}
