/**
 * Enrolment without a person at the machine. Images are prepared with an enrolment string and no identity: each copy makes
 * its own at its first start. And whoever may write into the state (the MSI, a tool that rolls out) leaves the string there.
 */
import * as z from 'zod';
import { asFault, codes, type FaultCode } from '#protocol/codes.ts';
import { readEnrolmentString, writeEnrolmentString } from '#protocol/enrolment.ts';
import { limits } from '#protocol/limits.ts';
import type { Directory } from '#platform/files.ts';
import type { Agent } from '#agent/agent.ts';
import type { Identity } from '#agent/identity/identity.ts';
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

/** In the state directory: the enrolment string as text. Its content is in force from the next look on, and the file gone. */
const leftName = 'enrolment';
const leftBytesMax = 16 * 1024;
const lookEveryMs = 60_000;
const unusable: readonly FaultCode[] = ['enrol.malformed', 'file.too-large', 'file.untrusted'];

/** Text of a file that a person or a script has written: UTF-8, or UTF-16 as Windows PowerShell writes it. */
export function textOfFile(bytes: Uint8Array): string {
  const sixteen = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(sixteen ? 'utf-16le' : 'utf-8').decode(bytes);
}

/** Takes in a string that was left for us; one that cannot be used is said once and goes too, for it may hold a secret. */
export async function takeInEnrolment(agent: Pick<Agent, 'directories' | 'log'>, isEnrolled: boolean): Promise<void> {
  const { state } = agent.directories;
  try {
    const bytes = await state.read(leftName, leftBytesMax);
    if (bytes === null) return;
    const enrolment = textOfFile(bytes).trim();
    readEnrolmentString(enrolment);
    if (isEnrolled) agent.log.info('the enrolment string that was left here is not needed: already enrolled');
    else await pendingFile(state).write({ enrolment });
  } catch (error) {
    const { code, message } = asFault(error);
    agent.log.error('the enrolment string that was left here cannot be used', { code, detail: message });
    // A full disk, a scanner that holds it: it stays for the next look.
    if (!unusable.includes(code)) return;
  }
  await state.remove(leftName);
}

/** Tries until it is enrolled; a refusal that only a person can lift is logged and tried again each hour. */
export async function enrolPending({ agent, connection }: RunningAgent, signal: AbortSignal): Promise<void> {
  const { clock } = agent.platform;
  const file = pendingFile(agent.directories.state);
  for (let failures = 0; !signal.aborted;) {
    const isEnrolled = connection.identity()?.enrolled != null;
    await takeInEnrolment(agent, isEnrolled);
    const pending = isEnrolled ? null : await file.read();
    if (pending === null) {
      failures = 0;
      await clock.sleep(lookEveryMs, signal);
      continue;
    }
    try {
      await connection.enrol(pending.enrolment);
      await file.remove();
    } catch (error) {
      failures += 1;
      const fault = asFault(error);
      agent.log.error('could not enrol', { code: fault.code, detail: fault.message });
      const waitMs =
        codes[fault.code].class === 'permanent' ? limits.retryAfterMaxMs : retryDelayMs(failures, agent.random());
      await clock.sleep(waitMs, signal);
    }
  }
}
