/** Requests to the single sign-on provider: judged like those of notifications (G16), of bounded size, no redirect followed. */
import type { CustomFetch } from 'openid-client';
import { Fault, type FaultCode } from '#protocol/codes.ts';
import { guardedLookup, webhookUrl, type DestinationRules } from '#console/notify/destination.ts';
import { newTransport, type Transport } from '#console/sentinelone/transport.ts';

export interface WireOptions {
  readonly rules: DestinationRules;
  /** Trusted beside the public authorities; null: only these. */
  readonly caPem: string | null;
  readonly timeoutMs: number;
  readonly version: string;
}

export interface Wire {
  readonly fetch: CustomFetch;
  close(): void;
}

const answerBytesMax = 512 * 1024;
const certificateProblems = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS/;

/** As it is used; fault `sign-on.address`. */
export function providerUrl(text: string, rules: DestinationRules): string {
  try {
    return webhookUrl(text, rules);
  } catch (error) {
    const why = error instanceof Fault ? error.message : 'this is not an address';
    throw new Fault('sign-on.address', `${why}: ${text.slice(0, 200)}`);
  }
}

/** Of what went wrong only its name is kept: the request holds the client secret. */
function noAnswer(problem: string, host: string): Fault {
  const code: FaultCode =
    problem === 'ADDRESS_FORBIDDEN'
      ? 'sign-on.address'
      : certificateProblems.test(problem)
        ? 'sign-on.untrusted'
        : 'sign-on.unreachable';
  return new Fault(code, `no answer from ${host}: ${problem.slice(0, 60)}`);
}

async function readBounded(body: AsyncIterable<unknown>, host: string): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    const bytes = Buffer.from(part as Uint8Array);
    size += bytes.length;
    if (size > answerBytesMax) throw new Fault('sign-on.unreachable', `the answer of ${host} is too large`);
    parts.push(bytes);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Statuses that come without a body. */
const bodiless = new Set([204, 205, 304]);

async function ask(
  transport: Transport,
  options: WireOptions,
  url: string,
  asked: Parameters<CustomFetch>[1],
): Promise<Response> {
  const { host } = new URL(url);
  const answer = await transport.send({
    method: asked.method === 'POST' ? 'POST' : 'GET',
    url: providerUrl(url, options.rules),
    headers: { ...asked.headers, 'accept-encoding': 'identity', 'user-agent': `Garrison/${options.version}` },
    body: asked.body instanceof URLSearchParams || typeof asked.body === 'string' ? String(asked.body) : null,
    signal: AbortSignal.timeout(options.timeoutMs),
  });
  if (answer.kind === 'no-answer') throw noAnswer(answer.problem, host);
  const bytes = await readBounded(answer.body, host).catch((error: unknown) => {
    throw error instanceof Fault ? error : noAnswer('the answer broke off', host);
  });
  // What is no status of an answer, such as 1xx, is none that anybody waits for.
  const status = answer.status >= 200 && answer.status <= 599 ? answer.status : 502;
  return new Response(bodiless.has(status) ? null : bytes, { status, headers: answer.headers });
}

export function providerWire(options: WireOptions): Wire {
  const { caPem, timeoutMs, rules } = options;
  const transport = newTransport({ caPem, stallMs: timeoutMs, resolve: guardedLookup(rules) });
  return {
    fetch: (url, asked) => ask(transport, options, url, asked),
    close: () => transport.close(),
  };
}
