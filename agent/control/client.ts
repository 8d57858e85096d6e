/** Asks the running daemon. Fault `agent.not-running` when nobody listens, `agent.not-root` when we may not ask. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Fault } from '#protocol/codes.ts';
import { parsed, readAnswer, type ControlRequest } from '#agent/control/answer.ts';
import { socketName } from '#agent/places.ts';

const timeoutMs = 120_000;

/**
 * Node's own HTTP and no schemas: `status` must answer at once, and only root can be at the other end of the socket.
 */
export async function askDaemon(runtimeDirectory: string, request: ControlRequest): Promise<unknown> {
  const { status, text } = await send(`${runtimeDirectory}/${socketName}`, request).catch((error: unknown) => {
    throw unreachable(error);
  });
  return readAnswer(status, parsed(text));
}

async function send(
  socketPath: string,
  { method, path, body }: ControlRequest,
): Promise<{ status: number; text: string }> {
  const payload = body === undefined ? null : JSON.stringify(body);
  const headers =
    payload === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = httpRequest({ socketPath, method, path, headers, agent: false, timeout: timeoutMs });
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.end(payload);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
}

function unreachable(error: unknown): Fault {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EACCES' || code === 'EPERM') return new Fault('agent.not-root', 'the control socket is for root only');
  return new Fault('agent.not-running', 'nobody answers on the control socket', { cause: error });
}
