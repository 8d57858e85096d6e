/** The way between an agent's process and the model console: takes virtual time, can be cut, ends with the process. */
import type { Answer, Call, Download, Transport } from '#agent/link/transport.ts';
import { Fault } from '#protocol/codes.ts';
import type { ModelConsole } from '#test/worlds/host/console.ts';
import type { HostProcess } from '#test/worlds/host/process.ts';

const latencyMs = 20;
const chunkBytes = 1000;

export function worldTransport(console: ModelConsole, process: HostProcess): Transport {
  return {
    call: (call) => send(console, process, call),
    download: (download) => fetch(console, process, download),
    close: () => undefined,
  };
}

const unreachable = (): Fault => new Fault('network.console-unreachable', 'https://console.test: connect ECONNREFUSED');

async function send(console: ModelConsole, process: HostProcess, call: Call): Promise<Answer> {
  await process.effect(`send ${call.path.split('?')[0] ?? ''}`, () => undefined);
  await process.sleep(latencyMs);
  if (console.down) throw unreachable();
  const told = await untilAborted(
    process,
    console.answer(call, (ms) => process.sleep(ms)),
    call.signal,
  );
  await process.sleep(latencyMs);
  if (console.down) throw unreachable();
  return { status: told.status, headers: {}, body: Buffer.from(JSON.stringify(told.body)) };
}

/** A held request ends when the agent gives it up. */
function untilAborted<T>(process: HostProcess, work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const waiting = process.wait(work);
  if (signal === undefined) return waiting;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new DOMException('aborted', 'AbortError'));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    waiting.then(resolve, reject);
  });
}

async function fetch(console: ModelConsole, process: HostProcess, download: Download): Promise<void> {
  await process.effect('send download', () => undefined);
  await process.sleep(latencyMs);
  if (console.down) throw unreachable();
  const status = console.admits(download);
  if (!(await download.begin(status, {})) || status > 299) return;
  const from = Number(/^bytes=(\d+)-$/.exec(download.headers['range'] ?? '')?.[1] ?? 0);
  const bytes = Buffer.from(console.releases.get(download.path) ?? console.package);
  if (console.altered > 0) {
    console.altered -= 1;
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  }
  const cutAt = console.cuts.shift() ?? bytes.length;
  for (let at = from; at < bytes.length; at += chunkBytes) {
    await process.sleep(latencyMs);
    if (console.down || at >= cutAt) throw new Fault('download.interrupted', 'aborted');
    await download.chunk(bytes.subarray(at, at + chunkBytes));
  }
}
