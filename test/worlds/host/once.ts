/** A device that has no resident service: one pass at a time, as another tool's schedule would start it. */
import { stateKey } from '#agent/plan/plan.ts';
import { runOnce, type OnceResult } from '#agent/once.ts';
import { startAgent, type StartOptions } from '#agent/start.ts';
import { enrolmentString } from '#test/worlds/host/console.ts';
import type { Device } from '#test/worlds/host/device.ts';

export interface PassOptions {
  readonly enrol?: boolean;
  readonly limitMs?: number;
  readonly stopAfterMs?: number;
}

export interface Pass extends OnceResult {
  readonly tookMs: number;
  readonly states: readonly string[];
}

/** Runs one pass to its end; rejects with the fault that kept it from starting. */
export async function passOnce(device: Device, options: PassOptions = {}): Promise<Pass> {
  const { host } = device;
  const fromMs = host.time.nowMs;
  const process = host.spawn('once');
  const states: string[] = [];
  const stop = new AbortController();
  if (options.stopAfterMs !== undefined) host.time.at(fromMs + options.stopAfterMs, () => stop.abort());
  const pass = async (): Promise<Pass> => {
    const start = device.agentOptions(process);
    if (options.enrol === true) await enrol(start);
    const limitMs = options.limitMs ?? 45 * 60_000;
    const progress = (state: Parameters<typeof stateKey>[0]): void => void states.push(stateKey(state));
    const result = await runOnce({ start, limitMs, signal: stop.signal, progress });
    return { ...result, tookMs: host.time.nowMs - fromMs, states };
  };
  let ended = false;
  const result = pass().finally(() => {
    ended = true;
    process.die();
  });
  result.catch(() => undefined);
  await host.time.run(48 * 3_600_000, () => ended);
  if (!ended) throw new Error('the pass does not end');
  return result;
}

async function enrol(start: StartOptions): Promise<void> {
  const running = await startAgent(start);
  await running.connection.enrol(enrolmentString);
  await running.stop();
}
