import type { Probe } from '#platform/inventory.ts';
import { completed } from '#platform/looks.ts';
import type { Runner } from '#platform/linux/runner.ts';
import { unitFileName } from '#platform/linux/unit.ts';

const limits = { timeoutMs: 20_000, outputBytesMax: 2 * 1024 * 1024 };
const linesMax = '2000';

/** The end of our unit's log as systemd keeps it. No other unit's: what others write there is not ours to hand on. */
export async function serviceLog(runner: Runner): Promise<Probe<string>> {
  const args = ['-u', unitFileName, '-n', linesMax, '-o', 'short-iso', '--no-pager', '--quiet'];
  const probe = completed(await runner.probe({ program: 'journalctl', args }, limits), 'journalctl');
  return probe.status === 'ok' ? { status: 'ok', value: probe.value.stdout } : probe;
}
