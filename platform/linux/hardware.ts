import type { Hardware } from '#platform/hardware.ts';
import type { Probe } from '#platform/inventory.ts';
import type { SelfCommand } from '#platform/linux/launch.ts';
import { failed } from '#platform/linux/read.ts';
import type { Runner } from '#platform/linux/runner.ts';

const limits = { timeoutMs: 60_000, outputBytesMax: 64 * 1024 };

/** In a child of our own: what it loads and starts is gone when it has answered. */
export async function readHardwareApart(runner: Runner, self: SelfCommand): Promise<Probe<Hardware>> {
  const result = await runner.run({ program: self.program, args: [...self.args, 'hardware'] }, limits);
  if (result.code !== 0) return failed(`the hardware could not be read (code ${result.code ?? 'none'})`);
  try {
    return { status: 'ok', value: JSON.parse(result.stdout) as Hardware };
  } catch {
    return failed('the hardware was not described as expected');
  }
}
