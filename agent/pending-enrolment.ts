/** Images are prepared with an enrolment string and no identity: each copy makes its own at its first start. */
import * as z from 'zod';
import { asFault, codes } from '#protocol/codes.ts';
import { writeEnrolmentString } from '#protocol/enrolment.ts';
import { limits } from '#protocol/limits.ts';
import type { Directory } from '#platform/files.ts';
import type { Identity } from '#agent/identity.ts';
import { jsonFile, type JsonFile } from '#agent/json-file.ts';
import { retryDelayMs } from '#agent/schedule.ts';
import type { RunningAgent } from '#agent/start.ts';

const pendingSchema = z.object({ enrolment: z.string().max(8_000) });
export type PendingEnrolment = z.infer<typeof pendingSchema>;

export function pendingFile(state: Directory): JsonFile<PendingEnrolment> {
  return jsonFile(state, 'enrolment.json', pendingSchema);
}

/** For a copy of an enrolled machine: the string by which the original came in, so that it comes in by itself too. */
export async function keepPending(state: Directory, { addresses, ownerKey, enrolmentKey }: Identity): Promise<void> {
  if (enrolmentKey === null) return;
  await pendingFile(state).write({ enrolment: writeEnrolmentString({ addresses, ownerKey, ...enrolmentKey }) });
}

/** Tries until it is enrolled; a refusal that only a person can lift is logged and tried again each hour. */
export async function enrolPending({ agent, connection }: RunningAgent, signal: AbortSignal): Promise<void> {
  const file = pendingFile(agent.directories.state);
  for (let failures = 1; !signal.aborted; failures++) {
    const pending = await file.read();
    if (pending === null || connection.identity()?.enrolled != null) return;
    try {
      await connection.enrol(pending.enrolment);
      return await file.remove();
    } catch (error) {
      const fault = asFault(error);
      agent.log.error('could not enrol', { code: fault.code, detail: fault.message });
      const waitMs =
        codes[fault.code].class === 'permanent' ? limits.retryAfterMaxMs : retryDelayMs(failures, agent.random());
      await agent.platform.clock.sleep(waitMs, signal);
    }
  }
}
