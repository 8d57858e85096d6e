/** The two loops beside the daemon: checking in, and waiting for commands. */
import { asFault, Fault } from '#protocol/codes.ts';
import { commandsResponse, paths, type CommandsResponse } from '#protocol/messages.ts';
import type { Command } from '#protocol/commands.ts';
import { limits } from '#protocol/limits.ts';
import type { DeviceReport } from '#protocol/report.ts';
import type { Diagnostics } from '#agent/diagnose/diagnose.ts';
import { checkIn } from '#agent/link/check-in.ts';
import type { ConsoleClient } from '#agent/link/client.ts';
import { acceptCommand, executeCommand, faultData } from '#agent/link/commands.ts';
import { mayHaveNewKeys, renewKeySet } from '#agent/link/key-set-renewal.ts';
import type { LinkState } from '#agent/link/link-state.ts';
import { sendDiagnostics } from '#agent/link/send-diagnostics.ts';
import { RevokedFault } from '#agent/link/problem.ts';
import { provenRevocation } from '#agent/link/revocation.ts';
import { retryDelayMs } from '#agent/schedule.ts';

const shortestWaitSeconds = 15;

export interface LinkOptions {
  readonly link: LinkState;
  readonly client: ConsoleClient;
  readonly report: () => DeviceReport | null;
  readonly lookAgain: () => void;
  readonly diagnostics: Diagnostics;
  readonly unenrol: (command: Command) => Promise<void>;
}

/** Runs until aborted, or until the console says that this identity is gone. When one of the loops fails, so does the other. */
export async function runLink(options: LinkOptions, signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const loops = [checkInLoop(options, either), commandLoop(options, either)];
  try {
    await Promise.all(loops);
  } finally {
    failed.abort();
    await Promise.allSettled(loops);
  }
}

const lastWordsMs = 10_000;
const lastCheckInsMax = 20;

/** Sends what is not told yet, for as long as it gets through: being out of reach keeps no device from leaving. */
export async function lastWords(options: Pick<LinkOptions, 'link' | 'client' | 'report'>): Promise<void> {
  const { link, client, report } = options;
  const late = new AbortController();
  const tell = async (): Promise<void> => {
    for (let sent = 0; sent < lastCheckInsMax && !late.signal.aborted; sent++) {
      const latest = report();
      const outcome = latest === null ? null : await checkIn(link, client, latest).catch(() => null);
      if (outcome?.again !== true) return;
    }
  };
  await Promise.race([tell(), link.agent.platform.clock.sleep(lastWordsMs, late.signal)]);
  late.abort();
}

async function checkInLoop(options: LinkOptions, signal: AbortSignal): Promise<void> {
  const { link, client } = options;
  const { agent } = link;
  let failures = 0;
  while (!signal.aborted) {
    const report = options.report();
    let waitMs = 1_000;
    if (report !== null) {
      try {
        const { again, nextInMs } = await checkIn(link, client, report);
        failures = 0;
        agent.current.heardAtMs = agent.platform.clock.monotonic();
        link.revocationRefused = false;
        waitMs = again ? 0 : jittered(bounded(nextInMs ?? limits.checkInEveryMs), agent.random());
      } catch (error) {
        failures += 1;
        waitMs = await failed(options, error, failures);
      }
    }
    if (waitMs > 0) await nap(options, waitMs, failures, signal);
  }
}

/** A change is told at once, but not more often than every 2 s; while the console is away its own rhythm holds. */
async function nap(options: LinkOptions, waitMs: number, failures: number, signal: AbortSignal): Promise<void> {
  const { agent } = options.link;
  const floorMs = Math.min(waitMs, limits.checkInFloorMs);
  await agent.platform.clock.sleep(floorMs, signal);
  const leftMs = waitMs - floorMs;
  if (leftMs <= 0) return;
  if (failures > 0) await agent.platform.clock.sleep(leftMs, signal);
  else await agent.news.wait(leftMs, signal);
}

/** Neither never again nor all the time, whatever the console wishes. */
function bounded(wishedMs: number): number {
  return Math.max(limits.checkInFloorMs, Math.min(wishedMs, limits.checkInEveryMaxMs));
}

function jittered(everyMs: number, random: number): number {
  return Math.round(everyMs * (0.9 + 0.2 * random));
}

async function failed(options: LinkOptions, error: unknown, failures: number): Promise<number> {
  const { agent } = options.link;
  if (error instanceof DOMException) return 1;
  const fault = asFault(error);
  const level = fault.code === 'agent.defect' ? 'error' : 'warn';
  agent.log[level]('the console was not reached', { code: fault.code, detail: fault.message, failures });
  if (fault instanceof RevokedFault) {
    const command = await provenRevocation(options.link, fault);
    if (command !== null) await options.unenrol(command);
    else return unprovenDelayMs(agent.random());
  }
  if (mayHaveNewKeys.has(fault.code) && (await renewKeySet(options.link))) return 1;
  const retryAfterMs = typeof fault.context['retryAfterMs'] === 'number' ? fault.context['retryAfterMs'] : 0;
  return Math.min(retryDelayMs(failures, agent.random(), retryAfterMs), limits.checkInEveryMs);
}

/** Whoever sends a false removal makes no device busy with it. */
function unprovenDelayMs(random: number): number {
  return Math.round(limits.checkInEveryMs * (1 + 0.2 * random));
}

async function commandLoop(options: LinkOptions, signal: AbortSignal): Promise<void> {
  const { link } = options;
  const { agent } = link;
  let waitSeconds = limits.commandWaitMs / 1000;
  let failures = 0;
  while (!signal.aborted) {
    // A device that was never told anything has nothing to obey; the first check-in comes first.
    if (link.acknowledgedByConsole === null) {
      await agent.platform.clock.sleep(500, signal);
      continue;
    }
    try {
      const askedAtMs = agent.platform.clock.monotonic();
      const answer = await waitForCommands(options, waitSeconds, signal);
      failures = 0;
      await takeCommands(options, answer, signal);
      // A console that answers at once, again and again, is not asked as often as it answers.
      const leftMs = limits.checkInFloorMs - (agent.platform.clock.monotonic() - askedAtMs);
      if (leftMs > 0) await agent.platform.clock.sleep(leftMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      waitSeconds = Math.max(shortestWaitSeconds, Math.floor(waitSeconds / 2));
      const fault = asFault(error);
      // The check-in is told the same, and decides whether it is true.
      const revoked = fault instanceof RevokedFault;
      if (revoked) agent.news.ring();
      agent.log.debug('waiting for commands was cut', { code: fault.code, detail: fault.message });
      const retryAfterMs = typeof fault.context['retryAfterMs'] === 'number' ? fault.context['retryAfterMs'] : 0;
      const backOffMs = retryDelayMs(failures, agent.random(), retryAfterMs);
      const waitMs = revoked ? Math.max(backOffMs, unprovenDelayMs(agent.random())) : backOffMs;
      await agent.platform.clock.sleep(waitMs, signal);
    }
  }
}

function waitForCommands(
  { link, client }: LinkOptions,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<CommandsResponse> {
  const after = link.agent.journal.memory.commandPosition;
  return client.request({
    method: 'GET',
    path: `${paths.commands}?after=${after}&wait=${waitSeconds}`,
    answer: commandsResponse,
    timeoutMs: (waitSeconds + 30) * 1000,
    signal,
  });
}

async function takeCommands(options: LinkOptions, answer: CommandsResponse, signal: AbortSignal): Promise<void> {
  const { agent } = options.link;
  if (answer.checkIn) agent.news.ring();
  for (const { position, command } of answer.commands) {
    await takeCommand(options, command);
    // The identity is gone, and with it the numbers of its console.
    if (signal.aborted) return;
    await agent.journal.write({ change: 'command-position', position });
    agent.news.ring();
  }
}

async function takeCommand(
  options: LinkOptions,
  envelope: CommandsResponse['commands'][number]['command'],
): Promise<void> {
  const { link } = options;
  const { agent } = link;
  const { consoleId, deviceId } = link.identity().enrolled;
  try {
    const audience = { consoleId, deviceId, keySet: link.keySet() };
    const command = acceptCommand(envelope, audience, agent.journal.memory, agent.time.now());
    const held = agent.current.assignment?.assignment.number ?? 0;
    const report = options.report();
    if (command.assignmentNumber > held && report !== null) await checkIn(link, options.client, report);
    const { lookAgain, unenrol } = options;
    const diagnose = (commandId: string): void => void sendDiagnostics(options, commandId);
    await executeCommand({ agent, lookAgain, unenrol, diagnose }, command);
  } catch (error) {
    const fault = asFault(error);
    if (!fault.code.startsWith('command.') && fault.code !== 'keys.expired') throw fault;
    agent.log.error('command refused', { code: fault.code, detail: fault.message });
    const data = faultData(new Fault(fault.code, fault.message));
    if (fault.code !== 'command.replayed' && data !== null)
      await agent.journal.write({ event: 'command-refused', data: { fault: data } });
  }
}
