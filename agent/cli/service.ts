/** `service VERB`: the agent as a service of this system. */
import type { OwnServiceStatus } from '#platform/own-service.ts';
import { currentService } from '#platform/current.ts';
import { build } from '#agent/build.ts';
import { placesOf, requireRoot, type GlobalOptions } from '#agent/cli/environment.ts';
import { platformOptions } from '#agent/cli/machine.ts';
import { print, printJson } from '#agent/cli/output.ts';

type ServiceVerb = 'install' | 'uninstall' | 'start' | 'stop' | 'status';

export interface ServiceOptions extends GlobalOptions {
  readonly json?: boolean;
}

const definitions = {
  package: 'by its package',
  own: 'by "service install"',
  none: 'not installed',
} as const satisfies Record<OwnServiceStatus['definition'], string>;

/** Ends with the status that is reached; exit code 69 when `status` finds it not running. */
export async function serviceCommand(verb: ServiceVerb, options: ServiceOptions): Promise<void> {
  requireRoot();
  const own = await currentService(platformOptions(placesOf(options), null));
  switch (verb) {
    case 'install':
      await own.install(process.execPath, build.version);
      break;
    case 'uninstall':
      await own.uninstall();
      break;
    case 'start':
      await own.start();
      break;
    case 'stop':
      await own.stop();
      break;
    case 'status':
      break;
  }
  const status = await own.status();
  if (options.json === true) printJson(status);
  else print(`Garrison agent service: ${textOf(status)}`);
  if (verb === 'status' && status.state !== 'running') process.exitCode = 69;
}

function textOf({ definition, state, enabled }: OwnServiceStatus): string {
  if (definition === 'none') return 'not installed.';
  return `${state}, installed ${definitions[definition]}, ${enabled ? 'starts' : 'does not start'} at boot.`;
}
