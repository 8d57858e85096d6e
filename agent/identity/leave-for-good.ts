/** After a leave that was to take the service along: the agent switches itself off, once its console has heard that it left. */
import * as z from 'zod';
import { asFault, Fault } from '#protocol/codes.ts';
import { idText } from '#protocol/words.ts';
import type { Directory } from '#platform/files.ts';
import type { OwnService } from '#platform/own-service.ts';
import { jsonFile, type JsonFile } from '#agent/json-file.ts';
import type { RunningAgent } from '#agent/start.ts';

const leavingSchema = z.object({ deviceId: idText });

/** Written before the identity goes, so that a crash in between is no reason to stay. */
export function leavingFile(state: Directory): JsonFile<z.infer<typeof leavingSchema>> {
  return jsonFile(state, 'leaving.json', leavingSchema);
}

const lookEveryMs = 15_000;

/** Looks until aborted. One that was enrolled anew meanwhile stays. */
export async function leaveForGood(
  { agent, connection }: RunningAgent,
  service: () => Promise<Pick<OwnService, 'leave'>>,
  signal: AbortSignal,
): Promise<void> {
  const file = leavingFile(agent.directories.state);
  for (; !signal.aborted; await agent.platform.clock.sleep(lookEveryMs, signal)) {
    const leaving = await file.read();
    if (leaving === null) continue;
    const identity = connection.identity();
    if (identity?.enrolled?.deviceId === leaving.deviceId) continue;
    await file.remove();
    if (identity !== null) continue;
    try {
      agent.log.info('switching the service off, as the console asked when this device left', {});
      const own = await service();
      if (own.leave === undefined) throw new Fault('service.no-manager', 'this system offers no way to do that');
      await own.leave();
    } catch (error) {
      const { code, message } = asFault(error);
      agent.log.error('the service could not be switched off', { code, detail: message });
    }
  }
}
