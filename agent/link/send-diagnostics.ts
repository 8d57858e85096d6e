/** *Diagnostics* asked for by the console: made here, sealed to the console's key, sent once. Runs beside the commands. */
import { asFault, Fault } from '#protocol/codes.ts';
import { seal } from '#protocol/crypto.ts';
import { diagnosticsPurpose, diagnosticsResponse, paths } from '#protocol/messages.ts';
import type { Diagnostics } from '#agent/diagnose/diagnose.ts';
import type { ConsoleClient } from '#agent/link/client.ts';
import { faultData } from '#agent/link/commands.ts';
import type { LinkState } from '#agent/link/link-state.ts';
import { retryDelayMs } from '#agent/schedule.ts';

const triesMax = 3;

export interface SendOptions {
  readonly link: LinkState;
  readonly client: ConsoleClient;
  readonly diagnostics: Diagnostics;
}

/** Never rejects: how it ended is an event, as with every command. */
export async function sendDiagnostics(options: SendOptions, commandId: string): Promise<void> {
  const { agent } = options.link;
  const fault = await makeAndSend(options, commandId).then(
    () => null,
    (error: unknown) => asFault(error),
  );
  if (fault !== null) agent.log.warn('diagnostics were not sent', { code: fault.code, detail: fault.message });
  const result = fault === null ? 'done' : 'refused';
  const data = { commandId, verb: 'diagnose', result, fault: faultData(fault) } as const;
  await agent.journal.write({ event: 'command-executed', data }).catch((error: unknown) => {
    agent.log.error('the end of a command was not noted', { detail: asFault(error).message });
  });
  agent.news.ring();
}

async function makeAndSend({ link, client, diagnostics }: SendOptions, commandId: string): Promise<void> {
  const { agent } = link;
  const { bytes } = await diagnostics.make({ by: 'console', commandId });
  const { deviceId } = link.identity().enrolled;
  for (let failures = 1; ; failures += 1) {
    try {
      const sealed = seal(link.keySet().sealingKey, diagnosticsPurpose(deviceId, commandId), bytes);
      const body = Buffer.from(sealed, 'base64url');
      await client.upload({ path: paths.diagnostics(commandId), body, answer: diagnosticsResponse });
      return;
    } catch (error) {
      if (failures === triesMax || !mayPass(asFault(error))) throw error;
    }
    await agent.platform.clock.sleep(retryDelayMs(failures, agent.random()));
  }
}

function mayPass({ code }: Fault): boolean {
  return code === 'network.console-unreachable' || code === 'overloaded';
}
