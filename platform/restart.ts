import { spawn } from 'node:child_process';

const failedToStart = 71;

/**
 * Starts our own program over with another environment where a process cannot be replaced, and lives on only to hand its
 * end on. The new one shares our terminal and our outputs and ends with us: it belongs to the runtime's job, which the
 * kernel ends with its last handle.
 */
export function startOver(args: readonly string[], environment: NodeJS.ProcessEnv): void {
  const child = spawn(process.execPath, args, { env: environment, stdio: 'inherit', shell: false });
  // The terminal tells both; it is the new one that stops in order, and we wait for it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const) process.on(signal, () => undefined);
  child.once('error', () => {
    process.stderr.write('garrison-agent: could not start over without variables that steer its runtime\n');
    process.exitCode = failedToStart;
  });
  child.once('exit', (code) => {
    process.exitCode = code ?? failedToStart;
  });
}
