/** Local configuration (`Places.configFile`), read once. It can only restrict or connect, never loosen trust. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import type { Files } from '#platform/files.ts';

const configBytesMax = 64 * 1024;

const schema = z.strictObject({
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** `http://host:port` for the way to the Garrison console and for package managers. */
  proxy: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null),
  /** `local`: an archive for looking for faults is made on the device only, never for the console. */
  diagnostics: z.enum(['allowed', 'local']).default('allowed'),
  /**
   * May the agent restart this machine where the console's policy says so? `never`: whatever the console says. `allowed`:
   * also when it is a server. Not said: clients as the console says, servers never.
   */
  reboot: z.enum(['never', 'allowed']).nullable().default(null),
});
export type Config = z.infer<typeof schema>;

/** Defaults when the file is absent. Fault `agent.bad-configuration` names every wrong field; `file.untrusted` as said there. */
export async function readConfig(files: Files, path: string): Promise<Config> {
  const bytes = await files.readTrusted(path, configBytesMax).catch((error: unknown) => {
    if (isAbsent(error)) return null;
    throw error;
  });
  if (bytes === null) return Object.freeze(schema.parse({}));
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new Fault('agent.bad-configuration', `${path} is not JSON`, { cause: error });
  }
  const parsed = schema.safeParse(document);
  if (!parsed.success) throw new Fault('agent.bad-configuration', `${path}: ${z.prettifyError(parsed.error)}`);
  return Object.freeze(parsed.data);
}

/** The only refusal that is no mistake: nobody wrote a configuration. */
function isAbsent(error: unknown): boolean {
  return error instanceof Fault && error.context['missing'] === true;
}
