/** Commands: judged by signature, audience, expiry and order, remembered for their lifetime, carried out once. */
import * as z from 'zod';
import { commandSchema, type Command } from '#protocol/commands.ts';
import { asFault, Fault } from '#protocol/codes.ts';
import { openEnvelope, type Envelope } from '#protocol/envelope.ts';
import { refuseExpiredKeys, type KeySet } from '#protocol/key-set.ts';
import type { Memory } from '#agent/memory/memory.ts';
import type { Agent } from '#agent/agent.ts';
import { orderUpdate } from '#agent/update/order-update.ts';
import { leavingFile } from '#agent/identity/leave-for-good.ts';
import { mayBeCalledOff } from '#agent/plan/reboot.ts';

const lifetimeMaxMs = 30 * 86_400_000;

export interface CommandAudience {
  readonly consoleId: string;
  readonly deviceId: string;
  readonly keySet: KeySet;
}

/** Faults `command.untrusted`, `.foreign`, `.expired`, `.replayed`, `keys.expired`. */
export function acceptCommand(envelope: Envelope, audience: CommandAudience, memory: Memory, nowMs: number): Command {
  refuseExpiredKeys(audience.keySet, nowMs);
  const opened = openEnvelope('command', envelope, audience.keySet.signingKeys);
  if (!opened.ok) throw new Fault('command.untrusted', opened.why);
  const parsed = commandSchema.safeParse(opened.value);
  if (!parsed.success) throw new Fault('command.untrusted', z.prettifyError(parsed.error).slice(0, 500));
  const command = parsed.data;
  if (command.consoleId !== audience.consoleId || command.deviceId !== audience.deviceId) {
    throw new Fault('command.foreign', `made for device ${command.deviceId} of console ${command.consoleId}`);
  }
  const expiresAtMs = Date.parse(command.expiresAt);
  if (expiresAtMs <= nowMs) throw new Fault('command.expired', `valid until ${command.expiresAt}`);
  if (expiresAtMs > nowMs + lifetimeMaxMs)
    throw new Fault('command.untrusted', `valid until ${command.expiresAt}, longer than 30 days`);
  if (memory.executedCommands.some((entry) => entry.id === command.commandId)) {
    throw new Fault('command.replayed', command.commandId);
  }
  return command;
}

export interface CommandContext {
  readonly agent: Agent;
  lookAgain(): void;
  /** Begins it; its end is told by an event of its own. */
  diagnose(commandId: string): void;
  unenrol(command: Command): Promise<void>;
}

/** The record that it was executed and what it does to the memory are one durable write. */
export async function executeCommand(context: CommandContext, command: Command): Promise<void> {
  const { agent } = context;
  const { journal } = agent;
  const { commandId, verb } = command;
  const atMs = agent.time.now();
  const done = { change: 'command', id: commandId, expiresAtMs: Date.parse(command.expiresAt), atMs } as const;
  const received = { event: 'command-received', data: { commandId, verb } } as const;
  const executed = (result: 'done' | 'refused' | 'joined', fault: Fault | null = null) =>
    ({ event: 'command-executed', data: { commandId, verb, result, fault: faultData(fault) } }) as const;
  agent.log.info('command', { verb, commandId });
  switch (verb) {
    case 'retry': {
      const joined = journal.memory.attempt !== null;
      const change = { change: 'retry', by: 'console', commandId, atMs } as const;
      const requested = { event: 'retry-requested', data: { by: 'console', commandId } } as const;
      await journal.write(received, done, change, requested, executed(joined ? 'joined' : 'done'));
      return context.lookAgain();
    }
    case 'check':
      await journal.write(received, done, executed('done'));
      return context.lookAgain();
    case 'unenrol':
      if (command.removeService === true)
        await leavingFile(agent.directories.state).write({ deviceId: command.deviceId });
      await journal.write(received, done, executed('done'), { event: 'unenrolled', data: { by: 'console' } });
      return context.unenrol(command);
    case 'cancel': {
      const refusal = new Fault('command.unsupported', 'there is no restart to call off');
      if (!mayBeCalledOff(journal.memory)) return journal.write(received, done, executed('refused', refusal));
      await journal.write(received, done, { change: 'reboot-unwanted' }, executed('done'));
      return context.lookAgain();
    }
    case 'diagnose':
      await journal.write(received, done);
      return context.diagnose(commandId);
    case 'update-self': {
      const ordered = orderUpdate(agent, command);
      const order = ordered.result === 'done' ? ordered.order : null;
      const wanted = order === null ? [] : [{ change: 'update-wanted', update: order } as const];
      const fault = ordered.result === 'refused' ? ordered.fault : null;
      await journal.write(received, done, ...wanted, executed(ordered.result, fault));
      return agent.updates.ring();
    }
  }
}

/** *Retry install* pressed on the device itself. */
export async function retryLocally(agent: Agent): Promise<'joined' | 'started'> {
  const joined = agent.journal.memory.attempt !== null;
  await agent.journal.write(
    { change: 'retry', by: 'local', commandId: null, atMs: agent.time.now() },
    { event: 'retry-requested', data: { by: 'local', commandId: null } },
  );
  return joined ? 'joined' : 'started';
}

/** A restart that is scheduled is not wanted here; false: none is. */
export async function cancelLocally(agent: Agent): Promise<boolean> {
  if (!mayBeCalledOff(agent.journal.memory)) return false;
  await agent.journal.write({ change: 'reboot-unwanted' });
  return true;
}

export function faultData(
  error: unknown,
): { code: Fault['code']; detail: string; context: Record<string, string | number | boolean | null> } | null {
  if (error === null) return null;
  const record = asFault(error).toRecord();
  return { ...record, context: { ...record.context } };
}
