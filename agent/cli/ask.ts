/** Asks the daemon of this machine the way its system has: over a socket, on Windows by the spool directory. */
import { asFault, Fault } from '#protocol/codes.ts';
import { currentSystem } from '#platform/current.ts';
import type { ControlRequest } from '#agent/control/answer.ts';
import { spoolName, type Places } from '#agent/places.ts';

/** Faults `agent.not-running`, `agent.not-root` and what the daemon answers. */
export async function ask(places: Places, request: ControlRequest): Promise<unknown> {
  if (currentSystem() !== 'windows') {
    const { askDaemon } = await import('#agent/control/client.ts');
    return askDaemon(places.runtimeDirectory, request);
  }
  const { thisMachine } = await import('#agent/cli/machine.ts');
  const { askSpool, openName } = await import('#agent/control/spool.ts');
  const { files, clock } = await thisMachine(places, null);
  const spool = `${places.runtimeDirectory}\\${spoolName}`;
  // A question must not make the directory of a daemon that never ran.
  await files.readTrusted(`${spool}\\${openName}`, 1).catch((error: unknown) => {
    if (asFault(error).context['missing'] !== true) throw error;
    throw new Fault('agent.not-running', 'no daemon serves the control directory');
  });
  return askSpool(await files.openPrivateDirectory(spool), request, clock);
}
