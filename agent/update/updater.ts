/**
 * Updates the agent itself, beside the loop: a download of 100 MB keeps no installer waiting, and an installer that runs is
 * outside of us and is joined by whichever version comes after. One step at a time, planned anew from what stands on disk.
 */
import { asFault, Fault, type FaultRecord } from '#protocol/codes.ts';
import type { Directory } from '#platform/files.ts';
import { readFallback, readTrial, trialText, type Fallback } from '#platform/trial-note.ts';
import type { UpdateHost } from '#platform/update-host.ts';
import type { Agent } from '#agent/agent.ts';
import { raiseFloor } from '#agent/update/floor.ts';
import type { UpdateOrder } from '#agent/update/order.ts';
import { prepare } from '#agent/update/prepare.ts';
import { planUpdate, type UpdateStep } from '#agent/update/update-plan.ts';
import { retryDelayMs } from '#agent/schedule.ts';

/** From the switch on; with ending and starting it is back within 90 s. */
const trialSeconds = 70;
const onTrialMs = 500;
const restMs = 60_000;

export interface UpdaterOptions {
  readonly agent: Agent;
  readonly host: UpdateHost;
  /** Private; see `floor.ts`. */
  readonly update: Directory;
  readonly target: string;
  readonly keys: readonly string[];
  /** Ends this process in order; the service host starts the new version (Windows). */
  readonly end: () => void;
}

export interface Updater {
  /** Runs until aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** One step; answers how long to rest. */
  turn(): Promise<number>;
}

export function createUpdater(options: UpdaterOptions): Updater {
  const updater = new SelfUpdate(options);
  return {
    turn: () => updater.turn(),
    async run(signal) {
      const { log, updates } = options.agent;
      while (!signal.aborted) {
        const napMs = await updater.turn().catch((error: unknown) => {
          const fault = asFault(error);
          log.error('updating was interrupted', { code: fault.code, detail: fault.message });
          return restMs;
        });
        if (napMs > 0) await updates.wait(napMs, signal);
      }
    },
  };
}

class SelfUpdate {
  readonly #options: UpdaterOptions;
  readonly #startedAtMs: number;
  /** Digest of the program that this process has laid down and tried out, and for which order. */
  #prepared: { readonly commandId: string; readonly sha256: string } | null = null;
  #floorRaised = false;
  #failures = 0;

  constructor(options: UpdaterOptions) {
    this.#options = options;
    this.#startedAtMs = options.agent.platform.clock.monotonic();
  }

  async turn(): Promise<number> {
    const { agent } = this.#options;
    const step = await this.#plan();
    if (step.kind === 'rest')
      return step.why === 'on trial' || agent.journal.memory.updateReturned !== null ? onTrialMs : restMs;
    // A journal that cannot keep what happens next allows nothing.
    if (agent.journal.broken !== null) return restMs;
    agent.log.debug('updating', { step: step.kind });
    return this.#act(step);
  }

  async #plan(): Promise<UpdateStep> {
    const { agent, host } = this.#options;
    const { journal, platform, time, current } = agent;
    const { update, updateReturned } = journal.memory;
    return planUpdate({
      own: agent.version,
      current: await host.versions.current(),
      order: update,
      returned: updateReturned,
      trial: readTrial(await host.versions.note('trial')),
      returning: (await host.versions.note('returning')) !== null,
      fallback: readFallback(await host.versions.note('fallback')),
      heard: current.heardAtMs !== null,
      sinceStartMs: platform.clock.monotonic() - this.#startedAtMs,
      nowMs: time.now(),
      prepared: this.#prepared !== null && this.#prepared.commandId === update?.commandId,
      floorRaised: this.#floorRaised,
    });
  }

  async #act(step: Exclude<UpdateStep, { kind: 'rest' }>): Promise<number> {
    const { agent, host, update } = this.#options;
    switch (step.kind) {
      case 'note-return':
        await this.#noteReturn(step.fallback);
        return 0;
      case 'forget-fallback':
        await host.versions.removeNote('fallback');
        return 0;
      case 'judge-return':
        await this.#judgeReturn(step.counts);
        return 0;
      case 'prove':
        // False: the watcher was first, and this process is about to end.
        return (await host.versions.removeNote('trial')) ? 0 : restMs;
      case 'finish':
        await this.#finish(step.order);
        return 0;
      case 'drop-trial':
        await host.versions.removeNote('trial');
        return 0;
      case 'raise-floor':
        await raiseFloor(update, agent.version);
        this.#floorRaised = true;
        return 0;
      case 'refuse':
        await this.#refuse(step.fault);
        return 0;
      case 'prepare':
        return this.#prepare(step.order);
      case 'switch':
        return this.#switch(step.order);
    }
  }

  async #prepare(order: UpdateOrder): Promise<number> {
    const { agent, host, update, target, keys } = this.#options;
    const supply = agent.current.releases;
    if (supply === null) return restMs;
    const { platform, journal, time } = agent;
    const own = { version: agent.version, target };
    const { updateFailures: failures } = journal.memory;
    try {
      const made = await prepare({ order, own, host, supply, keys, platform, update, failures, nowMs: time.now() });
      this.#prepared = { commandId: order.commandId, sha256: made.sha256 };
      this.#failures = 0;
      return 0;
    } catch (error) {
      const fault = asFault(error);
      // What an operator can free, and what the network does, is waited for as long as the order holds.
      if (fault.class !== 'transient' && fault.code !== 'state.no-space') {
        await this.#refuse(fault);
        return 0;
      }
      this.#failures += 1;
      agent.log.warn('the update could not be fetched', { code: fault.code, detail: fault.message });
      return retryDelayMs(this.#failures, agent.random(), 0);
    }
  }

  /** Noted first, watched before anything runs: at every point there is a version to start and somebody who looks after it. */
  async #switch(order: UpdateOrder): Promise<number> {
    const { agent, host, end } = this.#options;
    const { versions } = host;
    const sha256 = this.#prepared?.sha256 ?? '';
    await agent.journal.write(
      { change: 'update-switching', sha256 },
      {
        event: 'agent-update',
        data: { from: agent.version, version: order.version, result: 'switching', fault: null },
      },
    );
    agent.log.info('switching to another version', { version: order.version });
    await versions.makePrevious(agent.version);
    await versions.writeNote(
      'trial',
      trialText({ next: order.version, previous: agent.version, seconds: trialSeconds }),
    );
    try {
      await versions.makeCurrent(order.version);
      if ((await host.handOver()) === 'end') end();
    } catch (error) {
      await versions.makeCurrent(agent.version);
      await versions.removeNote('trial');
      this.#prepared = null;
      await this.#refuse(asFault(error));
      return 0;
    }
    return restMs;
  }

  async #noteReturn({ next, why, exitCode }: Fallback): Promise<void> {
    const { agent, host } = this.#options;
    const { journal, platform } = agent;
    const { bootId } = await platform.machine();
    const known = journal.memory.update;
    const sha256 = known?.version === next ? (known.sha256 ?? '') : '';
    await journal.write({ change: 'update-returned', returned: { version: next, sha256, why, exitCode, bootId } });
    await host.versions.removeNote('fallback');
    if (next !== agent.version) await host.versions.remove(next).catch(() => undefined);
    agent.log.error('the new version did not prove itself', { version: next, why, exitCode });
  }

  async #judgeReturn(counts: boolean): Promise<void> {
    const { agent } = this.#options;
    const { updateReturned: returned } = agent.journal.memory;
    if (returned === null) return;
    const { version, why, exitCode } = returned;
    const fault =
      why === 'crashed'
        ? new Fault('update.crashed', `${version} ended again and again, last with exit code ${exitCode}`)
        : new Fault('update.silent', `${version} had no round trip with the console within ${trialSeconds} s`);
    await agent.journal.write(
      { change: 'update-judged', counts },
      {
        event: 'agent-update',
        data: { from: agent.version, version, result: counts ? 'returned' : 'inconclusive', fault: dataOf(fault) },
      },
    );
    await this.#tidy(agent.version);
    agent.news.ring();
  }

  async #finish(order: UpdateOrder): Promise<void> {
    const { agent, update } = this.#options;
    await raiseFloor(update, agent.version, order.downgrade);
    this.#floorRaised = true;
    await agent.journal.write(
      { change: 'update-ended' },
      { event: 'agent-update', data: { from: order.from, version: agent.version, result: 'done', fault: null } },
    );
    agent.log.info('this version has proved itself', { version: agent.version, from: order.from });
    await this.#tidy(order.from);
    agent.news.ring();
  }

  async #refuse(fault: Fault): Promise<void> {
    const { agent } = this.#options;
    const { update: order } = agent.journal.memory;
    if (order === null) return;
    await agent.journal.write(
      { change: 'update-ended' },
      {
        event: 'agent-update',
        data: { from: agent.version, version: order.version, result: 'refused', fault: dataOf(fault) },
      },
    );
    this.#prepared = null;
    agent.log.error('the update was refused', { version: order.version, code: fault.code, detail: fault.message });
    await this.#tidy(agent.version);
    agent.news.ring();
  }

  /** Two versions stay, this one and the one before; a program that still runs (on Windows) goes another time. */
  async #tidy(before: string): Promise<void> {
    const { agent, host, update } = this.#options;
    for (const name of await update.list())
      if (/^[0-9a-f]{64}$/.test(name)) await update.remove(name).catch(() => undefined);
    // It may be that of an update long ago, and a watcher that is started with it must find something.
    for (const version of [before, agent.version]) if (await succeeds(host.versions.makePrevious(version))) break;
    for (const version of await host.versions.list())
      if (version !== agent.version && version !== before) await host.versions.remove(version).catch(() => undefined);
  }
}

function succeeds(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

function dataOf(fault: Fault): FaultRecord & { context: Record<string, string | number | boolean | null> } {
  const record = fault.toRecord();
  return { ...record, context: { ...record.context } };
}
