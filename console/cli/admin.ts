/** `admin`: people who may sign in, changed by whoever may read the console's files. */
import { ensureAdministrator, type OperatorParts } from '#console/auth/operators.ts';
import { switchSecondFactor } from '#console/auth/switch-second-factor.ts';
import { say } from '#console/cli/output.ts';
import { readSecret } from '#console/cli/secret-input.ts';
import type { ConsoleConfig } from '#console/config.ts';
import { Fault } from '#protocol/codes.ts';
import { createSealer, readKeyFile } from '#console/secrets.ts';
import { openStore } from '#console/start.ts';

async function withOperators<T>(config: ConsoleConfig, work: (parts: OperatorParts) => Promise<T>): Promise<T> {
  const sealer = createSealer(readKeyFile(config.keyFile));
  const store = await openStore(config, { alone: false });
  try {
    return await work({ store, sealer, clock: { now: () => Date.now() } });
  } finally {
    await store.close();
  }
}

/** Makes an administrator, or gives an existing one a new password. */
export async function createAdministrator(config: ConsoleConfig, name: string, passwordFile: string): Promise<void> {
  const password = readSecret(passwordFile, 'the password');
  if (password.length < 12) throw new Fault('console.bad-configuration', 'a password needs at least 12 characters');
  const done = await withOperators(config, (parts) => ensureAdministrator(parts, { name, password }));
  say(done === 'made' ? `Administrator ${name} was made.` : `Administrator ${name} has a new password.`);
}

/** Asks for the code of an authenticator from now on, or, with `off`, no more. */
export async function changeSecondFactor(config: ConsoleConfig, name: string, off: boolean): Promise<void> {
  const factor = await withOperators(config, (parts) => switchSecondFactor(parts, name, !off));
  if (factor === null) {
    say(`${name} signs in without a code from now on.`);
    return;
  }
  say(`${name} signs in with a code of an authenticator from now on.`);
  say('Enter this into the authenticator now. It is shown only once:');
  say(`  Address  ${factor.uri}`);
  say(`  Secret   ${factor.secret}`);
  say('Should it get lost, run this command again for a new one.');
}
