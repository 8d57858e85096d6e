/** An open page of a console that really listens: the live hints of one operator, and when they end. */
import type { FastifyInstance } from 'fastify';
import { sessionEndedEvent, streamPath } from '#console/api/stream.ts';

export interface OpenPage {
  /** Resolves when the console has ended the stream: whether it said that the session is over. */
  readonly ended: Promise<boolean>;
  close(): void;
}

/** `headers`: what this page is known by. The answer comes once the stream is open. */
export async function openPage(app: FastifyInstance, headers: Record<string, string>): Promise<OpenPage> {
  const address = app.server.listening ? addressOf(app) : await app.listen({ host: '127.0.0.1', port: 0 });
  const closing = new AbortController();
  const response = await fetch(address + streamPath, { headers, signal: closing.signal });
  if (response.status !== 200 || response.body === null) throw new Error(`the stream answers ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  await reader.read();
  const rest = async (): Promise<boolean> => {
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text.includes(sessionEndedEvent);
      text += value;
    }
  };
  return { ended: rest(), close: () => closing.abort() };
}

function addressOf(app: FastifyInstance): string {
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('listens nowhere');
  return `http://127.0.0.1:${address.port}`;
}
