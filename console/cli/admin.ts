/** `admin create`: an administrator, or a new password for one, by whoever may read the console's files. */
import { ensureAdministrator } from '#console/auth/operators.ts';
import { say } from '#console/cli/output.ts';
import { readSecret } from '#console/cli/secret-input.ts';
import type { ConsoleConfig } from '#console/config.ts';
import { Fault } from '#protocol/codes.ts';
import { createSealer, readKeyFile } from '#console/secrets.ts';
import { openStore } from '#console/start.ts';

export async function createAdministrator(config: ConsoleConfig, name: string, passwordFile: string): Promise<void> {
  const password = readSecret(passwordFile, 'the password');
  if (password.length < 12) throw new Fault('console.bad-configuration', 'a password needs at least 12 characters');
  const sealer = createSealer(readKeyFile(config.keyFile));
  const store = await openStore(config, { alone: false });
  try {
    const done = await ensureAdministrator({ store, sealer, clock: { now: () => Date.now() } }, { name, password });
    say(done === 'made' ? `Administrator ${name} was made.` : `Administrator ${name} has a new password.`);
  } finally {
    await store.close();
  }
}
