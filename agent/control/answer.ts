/** One question to the daemon, answered: the same over a socket and over a spool directory. */
import { asFault, codes, Fault, isFaultCode } from '#protocol/codes.ts';

export const bodyBytesMax = 16 * 1024;

export type Handler = (body: unknown) => Promise<unknown>;
/** By "METHOD /path". */
export type Handlers = Readonly<Record<string, Handler>>;

export interface ControlRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  /** A problem document like the console's unless the status is 200. */
  readonly document: unknown;
}

/** Never rejects: a fault is an answer. */
export async function answerTo(handlers: Handlers, question: string, body: () => Promise<unknown>): Promise<Answer> {
  try {
    const handler = handlers[question];
    if (handler === undefined) throw new Fault('not-found', question);
    return { status: 200, document: (await handler(await body())) ?? {} };
  } catch (error) {
    const fault = asFault(error);
    const { title, remedy } = codes[fault.code];
    const status = fault.code === 'not-found' ? 404 : fault.code === 'agent.defect' ? 500 : 409;
    const document = { type: 'about:blank', title, status, detail: fault.message, code: fault.code, remedy };
    return { status, document };
  }
}

/** What was answered, or the fault it names. Codes that this version does not know become `agent.defect`. */
export function readAnswer(status: number, document: unknown): unknown {
  if (status === 200 && document !== undefined) return document;
  const { code, detail } = (document ?? {}) as { code?: unknown; detail?: unknown };
  if (typeof code === 'string' && isFaultCode(code)) throw new Fault(code, typeof detail === 'string' ? detail : '');
  throw new Fault('agent.defect', `the daemon answered with status ${status}`);
}

/** undefined for what is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
