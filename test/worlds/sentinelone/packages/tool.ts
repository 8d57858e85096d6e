/** Runs a packaging tool of this machine; its whole output is in the error when it fails. */
import { execFile } from 'node:child_process';

export function runTool(
  program: string,
  argv: readonly string[],
  options: { env?: Record<string, string> } = {},
): Promise<string> {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', HOME: '/nonexistent', ...options.env };
  return new Promise((resolve, reject) => {
    execFile(program, [...argv], { env, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(new Error(`${program} ${argv.join(' ')} failed (${error.code ?? error.signal}):\n${stdout}${stderr}`));
    });
  });
}
