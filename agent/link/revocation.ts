/**
 * Whether the console has really removed this device. An answer over HTTP proves nothing, since whoever breaks TLS could
 * unenrol a fleet with it: the identity is given up only for a signed command to this very device.
 */
import { asFault, Fault } from '#protocol/codes.ts';
import type { Command } from '#protocol/commands.ts';
import { acceptCommand, faultData } from '#agent/link/commands.ts';
import type { LinkState } from '#agent/link/link-state.ts';
import type { RevokedFault } from '#agent/link/problem.ts';

/** The command to give the identity up; null: it is not proven. A refusal is said once until the console takes a check-in again. */
export async function provenRevocation(link: LinkState, fault: RevokedFault): Promise<Command | null> {
  const { agent } = link;
  try {
    const command = provenCommand(link, fault);
    agent.log.info('the console has removed this device', { commandId: command.commandId });
    return command;
  } catch (error) {
    const { code, message } = asFault(error);
    if (!code.startsWith('command.') && code !== 'keys.expired') throw error;
    if (link.revocationRefused) return null;
    link.revocationRefused = true;
    const why = code === 'command.untrusted' ? message : `${code}: ${message}`;
    const refusal = new Fault('command.untrusted', `said to be removed, without proof: ${why}`);
    agent.log.error('removal refused', { code: refusal.code, detail: refusal.message });
    const data = faultData(refusal);
    // A disk that takes no more records must not end the link, which would ask again sooner.
    if (data !== null && agent.journal.broken === null)
      await agent.journal.write({ event: 'command-refused', data: { fault: data } });
    return null;
  }
}

function provenCommand(link: LinkState, { revocation }: RevokedFault): Command {
  if (revocation === null) throw new Fault('command.untrusted', 'nothing was signed');
  const { agent } = link;
  const { consoleId, deviceId } = link.identity().enrolled;
  const keySet = link.keySet();
  const command = acceptCommand(revocation, { consoleId, deviceId, keySet }, agent.journal.memory, agent.time.now());
  if (command.verb !== 'unenrol') throw new Fault('command.untrusted', `the command is to ${command.verb}`);
  // What the owner has ended is void. A later epoch may be honest: a device that was removed is given no newer keys.
  if (command.epoch < keySet.epoch)
    throw new Fault('command.untrusted', `of epoch ${command.epoch}, we hold ${keySet.epoch}`);
  return command;
}
