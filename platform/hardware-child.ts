import type { ProbeLimits } from '#platform/exec.ts';
import type { Hardware } from '#platform/hardware.ts';
import type { Probe } from '#platform/inventory.ts';
import { failed } from '#platform/looks.ts';
import type { SelfCommand } from '#platform/options.ts';
import type { Invocation, ProbeResult } from '#platform/platform.ts';

const limits = { timeoutMs: 60_000, outputBytesMax: 64 * 1024 };

/** Each system's own: starts a program that the caller has proved, with an environment made from nothing. */
interface Starter {
  run(invocation: Invocation, limits: Partial<ProbeLimits>): Promise<ProbeResult>;
}

/** In a child of our own: what it loads and starts is gone when it has answered. */
export async function readHardwareApart(starter: Starter, self: SelfCommand): Promise<Probe<Hardware>> {
  const result = await starter.run({ program: self.program, args: [...self.args, 'hardware'] }, limits);
  if (result.code !== 0)
    return failed(`the hardware could not be read (code ${result.code ?? 'none'}): ${result.stderr.trim()}`);
  try {
    return { status: 'ok', value: JSON.parse(result.stdout) as Hardware };
  } catch {
    return failed('the hardware was not described as expected');
  }
}
