/** The wire: one request to one origin, no redirect followed, no proxy guessed, no secret in what is thrown. */
import { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns';
import { Agent as HttpAgent, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { getCACertificates } from 'node:tls';
import axios, { isAxiosError } from 'axios';
import { Fault } from '#protocol/codes.ts';
import { isForbiddenAddress } from '#console/sentinelone/address.ts';

interface WireRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

export type WireAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Readable;
    }
  | { readonly kind: 'no-answer'; readonly problem: string; readonly sent: boolean };

export interface Transport {
  send(request: WireRequest): Promise<WireAnswer>;
  close(): void;
}

/** A name that resolves to a link-local or metadata address is refused, whatever was checked before (G16). */
function guarded(resolve: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, options, (error, address, family) => {
      const found = typeof address === 'string' ? [address] : (address ?? []).map((one) => one.address);
      const refused = error ?? (found.some(isForbiddenAddress) ? forbiddenName() : null);
      callback(refused, address, family);
    });
  };
}

function forbiddenName(): NodeJS.ErrnoException {
  return Object.assign(new Error('the name resolves to a forbidden address'), { code: 'ADDRESS_FORBIDDEN' });
}

const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ADDRESS_FORBIDDEN',
]);

/** Nothing of the failed request is kept: it holds the token. */
function noAnswer(error: unknown): WireAnswer {
  const code = isAxiosError(error) || error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const problem = typeof code === 'string' ? code : 'unknown';
  return { kind: 'no-answer', problem, sent: !neverSent.has(problem) };
}

function plainHeaders(headers: object): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

const stallLimitMs = 60_000;

/** A body that stops coming would otherwise be waited for until the whole call's limit. */
function endWhenStalled(body: Readable, limitMs: number): void {
  if (body instanceof IncomingMessage) body.setTimeout(limitMs, () => body.destroy(new Error('stalled')));
}

export interface TransportOptions {
  /** Trusted beside the public authorities; null: only these. */
  readonly caPem: string | null;
  /** Without a byte for so long, before or within an answer, it is given up. */
  readonly stallMs?: number;
  /** Names to addresses; the system's own by default. */
  readonly resolve?: LookupFunction;
}

/** Throws `request.invalid` for anything but a certificate in PEM. */
function trusted(caPem: string): string[] {
  try {
    const { subject } = new X509Certificate(caPem);
    if (subject !== undefined) return [...getCACertificates('default'), caPem];
  } catch {
    /* told below */
  }
  throw new Fault('request.invalid', 'The certificate of the authority is not one in PEM form');
}

export function newTransport(options: TransportOptions): Transport {
  const { caPem, stallMs = stallLimitMs, resolve = lookup } = options;
  const common = { keepAlive: true, maxSockets: 8, lookup: guarded(resolve) };
  const httpAgent = new HttpAgent(common);
  const httpsAgent = new HttpsAgent({
    ...common,
    rejectUnauthorized: true,
    ...(caPem === null ? {} : { ca: trusted(caPem) }),
  });
  return {
    async send(request) {
      const silence = new AbortController();
      const timer = setTimeout(() => silence.abort(), stallMs);
      try {
        const answer = await axios.request<Readable>({
          method: request.method,
          url: request.url,
          headers: request.headers,
          data: request.body ?? undefined,
          signal: AbortSignal.any([request.signal, silence.signal]),
          adapter: 'http',
          responseType: 'stream',
          httpAgent,
          httpsAgent,
          proxy: false,
          maxRedirects: 0,
          decompress: false,
          validateStatus: () => true,
          transformRequest: (body: unknown) => body,
        });
        endWhenStalled(answer.data, stallMs);
        return { kind: 'answer', status: answer.status, headers: plainHeaders(answer.headers), body: answer.data };
      } catch (error) {
        return noAnswer(error);
      } finally {
        clearTimeout(timer);
      }
    },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}
