/** `run`: the console itself, until it is told to stop. */
import { say } from '#console/cli/output.ts';
import type { ConsoleConfig } from '#console/config.ts';
import { startConsole } from '#console/start.ts';

export async function run(config: ConsoleConfig): Promise<void> {
  const running = await startConsole(config);
  say(`Devices:   ${running.deviceAddress}`);
  say(`Operators: ${running.operatorAddress} (open ${config.operatorUrl})`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  say('Stopping.');
  await running.stop();
}
