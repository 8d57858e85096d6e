/**
 * A console that does not have the keys we hold: one restored from a backup, or that lost its keys or its certificate. The
 * owner's newest key set says so, and only that does; who hands it over, and under which certificate, is no matter.
 */
import { asFault, type FaultCode } from '#protocol/codes.ts';
import { acceptKeySet } from '#protocol/key-set.ts';
import { keySetResponse, paths } from '#protocol/messages.ts';
import type { LinkState } from '#agent/link/link-state.ts';
import { readAnswer } from '#agent/link/problem.ts';

/** How it looks from here when the console has other keys than we know. */
export const mayHaveNewKeys: ReadonlySet<FaultCode> = new Set(['network.console-untrusted', 'auth.session-expired']);

const timeoutMs = 30_000;

/** True when there was a newer one, which is saved by then. */
export async function renewKeySet(link: LinkState): Promise<boolean> {
  const held = link.keySet();
  try {
    const answer = await link.anyCertificate.call({ method: 'GET', path: paths.keySet, headers: {}, timeoutMs });
    const { keySet } = readAnswer(answer, keySetResponse);
    const next = acceptKeySet(keySet, link.identity().ownerKey, held);
    if (next.epoch === held.epoch && next.number === held.number) return false;
    await link.saveKeySet(keySet, next);
    link.agent.log.warn('the console has new keys, signed by the owner', { epoch: next.epoch, number: next.number });
    return true;
  } catch (error) {
    const fault = asFault(error);
    if (fault.code === 'agent.defect' || fault.code.startsWith('state.')) throw fault;
    return false;
  }
}
