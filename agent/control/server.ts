/**
 * Local control: HTTP over a socket in a root-only directory, so that the file system decides who may speak. There is no
 * TCP listener on the device. Every answer is a document; faults are problem documents like the console's.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Fault } from '#protocol/codes.ts';
import type { Directory } from '#platform/files.ts';
import { answerTo, bodyBytesMax, type Handlers } from '#agent/control/answer.ts';
import { socketName } from '#agent/places.ts';

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
  const question = `${request.method ?? ''} ${request.url ?? ''}`;
  const { status, document } = await answerTo(handlers, question, () => readBody(request));
  const type = status === 200 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type });
  response.end(JSON.stringify(document));
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
