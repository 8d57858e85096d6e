/**
 * The only HTTP of the agent: axios over node:http(s), no redirects, no environment proxies, every answer bounded. A console
 * with pinned keys is recognised by them before the first byte is sent; else the certificate authorities
 * that ship with the runtime decide: one behind a private authority needs its pins.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions } from 'node:https';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { Fault } from '#protocol/codes.ts';
import { isLoopback, tunnel } from '#platform/tunnel.ts';

const answerBytesMax = 2 * 1024 * 1024;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface Download {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Nothing arriving for so long is a broken connection; the whole may take as long as it takes. */
  readonly idleMs: number;
  readonly signal?: AbortSignal;
  /** Called once with the answer's status before any chunk; false stops. */
  begin(status: number, headers: Readonly<Record<string, string>>): Promise<boolean>;
  chunk(bytes: Uint8Array): Promise<void>;
}

/** Faults `network.console-unreachable` and `network.console-untrusted`; any HTTP status is an answer. */
export interface Transport {
  call(call: Call): Promise<Answer>;
  download(download: Download): Promise<void>;
  close(): void;
}

export interface TransportOptions {
  /** Tried in order; the one that answered last is tried first. */
  readonly addresses: () => readonly string[];
  /** SHA-256 (hex) of SPKI; empty: certificate authorities decide. `null`: any certificate, for what is signed itself. */
  readonly pins: () => readonly string[] | null;
  readonly proxy: string | null;
}

export function createTransport(options: TransportOptions): Transport {
  const agents = {
    http: new HttpAgent({ keepAlive: true }),
    https: new PinningAgent({ keepAlive: true }, options),
  };
  const client = axios.create({
    adapter: 'http',
    httpAgent: agents.http,
    httpsAgent: agents.https,
    // Plain HTTP goes to this machine only; for the rest our own agent asks the proxy, so that the pins hold behind it too.
    proxy: false,
    maxRedirects: 0,
    decompress: false,
    validateStatus: () => true,
  });
  let preferred = 0;
  const tryAddresses = async <T>(work: (address: string) => Promise<T>): Promise<T> => {
    const addresses = options.addresses();
    let failure: unknown = new Fault('network.console-unreachable', 'no address of the console is known');
    for (let turn = 0; turn < addresses.length; turn++) {
      const index = (preferred + turn) % addresses.length;
      try {
        const result = await work(plainOnlyToLoopback(addresses[index] ?? ''));
        preferred = index;
        return result;
      } catch (error) {
        failure = error;
        if (error instanceof DOMException || (error instanceof Fault && error.code !== 'network.console-unreachable'))
          throw error;
      }
    }
    throw failure;
  };
  return {
    call: (call) => tryAddresses((address) => sendCall(client, address, call)),
    download: (download) => tryAddresses((address) => sendDownload(client, address, download)),
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** Plain HTTP never leaves the machine, whatever a key set says. */
export function plainOnlyToLoopback(address: string): string {
  const url = new URL(address);
  const loopback = url.hostname === '127.0.0.1' || url.hostname === '[::1]' || url.hostname === 'localhost';
  if (url.protocol === 'https:' || (url.protocol === 'http:' && loopback)) return url.origin;
  throw new Fault('network.console-untrusted', `${url.origin} is neither HTTPS nor this machine`);
}

async function sendCall(client: AxiosInstance, address: string, call: Call): Promise<Answer> {
  const answer = await guarded(address, () =>
    client.request<ArrayBuffer>({
      url: address + call.path,
      method: call.method,
      headers: { ...call.headers },
      ...(call.body === undefined ? {} : { data: Buffer.from(call.body) }),
      responseType: 'arraybuffer',
      maxContentLength: answerBytesMax,
      timeout: call.timeoutMs,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    }),
  );
  return { status: answer.status, headers: plainHeaders(answer), body: Buffer.from(answer.data) };
}

async function sendDownload(client: AxiosInstance, address: string, download: Download): Promise<void> {
  const answer = await guarded(address, () =>
    client.request<Readable>({
      url: address + download.path,
      headers: { ...download.headers },
      responseType: 'stream',
      timeout: download.idleMs,
      ...(download.signal === undefined ? {} : { signal: download.signal }),
    }),
  );
  const stream = answer.data;
  const idle = setTimeout(() => stream.destroy(new Error('nothing arrived')), download.idleMs);
  try {
    if (!(await download.begin(answer.status, plainHeaders(answer)))) return;
    for await (const chunk of stream) {
      idle.refresh();
      await download.chunk(chunk as Uint8Array);
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('download.interrupted', error instanceof Error ? error.message : 'cut off', { cause: error });
  } finally {
    clearTimeout(idle);
    stream.destroy();
  }
}

function plainHeaders(answer: AxiosResponse): Record<string, string> {
  return Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

async function guarded<T>(address: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (axios.isCancel(error)) throw new DOMException('aborted', 'AbortError');
    if (error instanceof Fault) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    const untrusted =
      detail.includes('pinned') || (axios.isAxiosError(error) && /CERT|ALTNAME|SELF_SIGNED/.test(error.code ?? ''));
    throw new Fault(untrusted ? 'network.console-untrusted' : 'network.console-unreachable', `${address}: ${detail}`, {
      cause: error,
    });
  }
}

type PinningOptions = Pick<TransportOptions, 'pins' | 'proxy'>;
type Handed = (error: Error | null, socket: TLSSocket) => void;

/** Hands a socket out only after the peer's public key was found among the pins, also behind a proxy. */
class PinningAgent extends HttpsAgent {
  readonly #options: PinningOptions;

  constructor(agentOptions: AgentOptions, options: PinningOptions) {
    super(agentOptions);
    this.#options = options;
  }

  override createConnection(options: ConnectionOptions, callback?: Handed): TLSSocket {
    const { proxy, pins } = this.#options;
    if (proxy === null || isLoopback(options.host ?? '')) secure(options, pins(), callback);
    else void secureBehind(proxy, options, pins(), callback);
    // Node takes the socket from the callback; returning it as well would let requests start before the check.
    return undefined as unknown as TLSSocket;
  }
}

async function secureBehind(
  proxy: string,
  options: ConnectionOptions,
  pins: readonly string[] | null,
  callback?: Handed,
): Promise<void> {
  try {
    const target = { name: options.host ?? '', port: Number(options.port ?? 443) };
    secure({ ...options, socket: await tunnel(proxy, target) }, pins, callback);
  } catch (error) {
    const why = new Error(`proxy: ${error instanceof Error ? error.message : 'no connection'}`, { cause: error });
    callback?.(why, undefined as unknown as TLSSocket);
  }
}

function secure(options: ConnectionOptions, pins: readonly string[] | null, callback?: Handed): void {
  const byAuthority = pins !== null && pins.length === 0;
  const socket = connect({ ...options, rejectUnauthorized: byAuthority });
  const fail = (error: Error): void => {
    socket.destroy();
    callback?.(error, socket);
  };
  socket.once('error', fail);
  socket.once('secureConnect', () => {
    socket.off('error', fail);
    if (pins === null || byAuthority || pins.includes(spkiOf(socket))) callback?.(null, socket);
    else fail(new Error('the key of the console is not a pinned one'));
  });
}

function spkiOf(socket: TLSSocket): string {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return '';
  return createHash('sha256')
    .update(certificate.publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex');
}
