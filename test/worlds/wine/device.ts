/** A device under test: Windows under Wine with the agent's binary, and a stand-in SentinelOne on this machine's loopback. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProtectionState } from '#protocol/state.ts';
import { partsOf, rememberedIn, type Remembered } from '#test/e2e/harness.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import type { WindowsStandIn } from '#test/worlds/sentinelone/windows/build.ts';
import { answerAsUsual } from '#test/worlds/wine/answers.ts';
import { startWindows, type Running, type Windows, type WindowsMachine } from '#test/worlds/wine/machine.ts';
import { misbehaviourFile, misbehaviourText, runsFile, type WindowsMisbehaviour } from '#test/worlds/wine/stand-ins.ts';

export const program = 'C:\\Program Files\\Garrison\\garrison-agent.exe';
const stateDirectory = 'C:\\Program Files\\Garrison\\State';
const given = 'C:\\Program Files\\Garrison\\Given';
export const assignmentFile = `${given}\\assignment.json`;

export interface WindowsDevice {
  readonly machine: WindowsMachine;
  /** Writes package, site token and a local assignment. */
  assign(file: WindowsStandIn, sentinelOne: SentinelOneWorld): void;
  /** Starts the daemon; the one before is ended first. */
  startAgent(...more: readonly string[]): void;
  /** As the task manager would; installers live on. */
  killAgent(): Promise<void>;
  misbehave(how: WindowsMisbehaviour | null): void;
  installerRuns(): number;
  memory(): Remembered;
  until(what: string, reached: () => boolean, withinMs?: number): Promise<void>;
  untilState(kind: ProtectionState['kind'], withinMs?: number): Promise<ProtectionState>;
  /** Log, timeline, runs: what a person would ask for first. */
  story(): string;
  stop(): Promise<void>;
}

export interface WindowsDeviceOptions {
  readonly name: string;
  readonly windows: Windows;
  /** The agent's binary on this machine. */
  readonly agent: string;
}

export async function startWindowsDevice({ name, windows, agent }: WindowsDeviceOptions): Promise<WindowsDevice> {
  const machine = await startWindows(name, windows);
  machine.copyIn(agent, program);
  answerAsUsual(machine);
  let running: Running | null = null;
  const device: WindowsDevice = {
    machine,
    assign: (file, sentinelOne) => writeAssignment(machine, file, sentinelOne),
    startAgent(...more) {
      running?.kill();
      running = machine.start([program, 'run', '--log-level', 'debug', ...more]);
    },
    async killAgent() {
      running?.kill();
      await running?.ended;
    },
    misbehave: (how) => machine.write(misbehaviourFile, how === null ? '' : misbehaviourText(how)),
    installerRuns: () =>
      machine
        .read(runsFile)
        .split('\n')
        .filter((line) => line.includes(' installer-run ')).length,
    memory: () => rememberedIn(machine.pathOnHost(`${stateDirectory}\\journal`)),
    async until(what, reached, withinMs = 60_000) {
      const deadline = performance.now() + withinMs;
      while (!reached()) {
        machine.requireAlive();
        if (performance.now() > deadline)
          throw new Error(`${what}: not within ${withinMs / 1000} s\n${device.story()}`);
        await pause(100);
      }
    },
    async untilState(kind, withinMs) {
      await device.until(`state ${kind}`, () => device.memory().state?.kind === kind, withinMs);
      const { state } = device.memory();
      if (state === null) throw new Error('no state');
      return state;
    },
    story() {
      const { events, damage } = device.memory();
      const timeline = events.map(({ seq, kind, data }) => `${seq} ${kind} ${JSON.stringify(data).slice(0, 500)}`);
      const log = running?.output().split('\n').slice(-60).join('\n') ?? 'the agent was never started';
      return [
        '--- log',
        log,
        `--- timeline ${damage ?? ''}`,
        ...timeline.slice(-60),
        '--- runs',
        machine.read(runsFile),
      ].join('\n');
    },
    async stop() {
      running?.kill();
      await machine.stop();
    },
  };
  return device;
}

function writeAssignment(machine: WindowsMachine, file: WindowsStandIn, sentinelOne: SentinelOneWorld): void {
  const site = sentinelOne.tenant.sites[0];
  if (site === undefined) throw new Error('The stand-in tenant has no site');
  const token = sentinelOne.registrationToken(site.id);
  const { consoleHost, siteKey } = partsOf(token);
  const { target, format, version, fileName, sizeBytes, sha256 } = file;
  if (!existsSync(machine.pathOnHost(`${given}\\${fileName}`))) machine.copyIn(file.path, `${given}\\${fileName}`);
  machine.write(`${given}\\site-token`, token);
  const siteKeySha256 = createHash('sha256').update(siteKey).digest('hex');
  const assignment = {
    site: { siteId: site.id, siteName: site.name, consoleHost, siteKeySha256 },
    candidates: [{ target, format, version, fileName, sizeBytes, sha256, source: 'baseline', release: 'ga' }],
    siteTokenFile: `${given}\\site-token`,
    packageDirectory: given,
  };
  machine.write(assignmentFile, JSON.stringify(assignment));
}
