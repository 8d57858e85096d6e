/** `run`: the console itself, until it is told to stop. */
import { say } from '#console/cli/output.ts';
import type { ConsoleConfig } from '#console/config.ts';
import { startConsole, type Running } from '#console/running.ts';

/** At a terminal a person reads; everywhere else a collector of logs does. */
function tell(running: Running, text: string, what: Readonly<Record<string, string>>): void {
  if (process.stdout.isTTY) say(text);
  else running.log.info(what, text.split(':')[0] ?? '');
}

export async function run(config: ConsoleConfig): Promise<void> {
  const running = await startConsole(config);
  const { deviceAddress, operatorAddress } = running;
  const addresses = { devices: deviceAddress, operators: operatorAddress, page: config.operatorUrl };
  tell(
    running,
    `listening: devices ${deviceAddress}, operators ${operatorAddress}, page ${config.operatorUrl}`,
    addresses,
  );
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const one of ['SIGINT', 'SIGTERM'] as const) process.on(one, () => resolve(one));
  });
  tell(running, `stopping: ${signal}`, { signal });
  // Told once more, it does not wait for anybody.
  for (const one of ['SIGINT', 'SIGTERM'] as const) process.once(one, () => running.hurry());
  await running.stop();
}
