/**
 * One full pass without a resident service: the same loop, ended as soon as nothing is left to do now. What an installer
 * began goes on outside, and the next pass joins it.
 */
import type { ProtectionState } from '#protocol/state.ts';
import { pendingFile, enrolPending } from '#agent/identity/pending-enrolment.ts';
import { settlementOf, type Outcome } from '#agent/explain/outcome.ts';
import { stateKey } from '#agent/plan/plan.ts';
import { startAgent, type RunningAgent, type StartOptions } from '#agent/start.ts';

const stepMs = 250;
/** A console that has not answered by then is not waited for: what it assigned before still holds until it expires. */
const consoleAnswersMs = 60_000;
const lastWordsMs = 10_000;

export interface OnceOptions {
  readonly start: StartOptions;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** Called for every new state. */
  progress(state: ProtectionState): void;
}

export interface OnceResult {
  readonly outcome: Outcome;
  /** Null when not even the first look has ended. */
  readonly state: ProtectionState | null;
  /** Whether the console knows of it; null: not enrolled. */
  readonly told: boolean | null;
  readonly ended: 'settled' | 'time-over' | 'stopped';
}

/** Fault `agent.already-running` while a service, or another pass, owns the state. */
export async function runOnce(options: OnceOptions): Promise<OnceResult> {
  const { signal } = options;
  // Whoever brings the schedule brings the restarts: that is what the outcome is for.
  const running = await startAgent({ ...options.start, reboot: 'never' });
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  const loops = Promise.all([running.run(either), enrolPending(running, either)]);
  // Its loops end only when they are told to, or broken.
  const broken = new Promise<never>((_, reject) => void loops.catch(reject));
  try {
    return await Promise.race([watch(options, running), broken]);
  } finally {
    done.abort();
    await Promise.allSettled([loops]);
    await running.stop();
  }
}

async function watch(options: OnceOptions, running: RunningAgent): Promise<OnceResult> {
  const { limitMs, signal } = options;
  const { clock } = running.agent.platform;
  const startedMs = clock.monotonic();
  const settled = settling(running, options);
  for (;;) {
    await clock.sleep(stepMs, signal);
    const passedMs = clock.monotonic() - startedMs;
    const outcome = await settled(passedMs);
    const ended = outcome !== null ? 'settled' : signal.aborted ? 'stopped' : passedMs >= limitMs ? 'time-over' : null;
    if (ended === null) continue;
    const state = running.daemon.latest()?.plan.state ?? null;
    const told = signal.aborted ? await isTold(running, 0) : await isTold(running, lastWordsMs);
    return { outcome: outcome ?? (state === null ? 'unclear' : 'working'), state, told, ended };
  }
}

/** Answers, step by step, whether the device has come to rest; null: it has not. */
function settling(running: RunningAgent, options: OnceOptions): (passedMs: number) => Promise<Outcome | null> {
  const { agent, daemon } = running;
  let shown: string | null = null;
  let since: { readonly key: string; readonly atMs: number } | null = null;
  let counts: number | null = null;
  return async (passedMs) => {
    const latest = daemon.latest();
    if (latest === null) return null;
    const key = stateKey(latest.plan.state);
    if (key !== shown) options.progress(latest.plan.state);
    shown = key;
    if (counts === null && (await hasHeard(running, passedMs))) {
      counts = agent.platform.clock.monotonic();
      daemon.lookAgain();
    }
    // What was planned before the console had spoken does not count.
    if (counts === null || latest.fromMs < counts) return null;
    const settlement = settlementOf(latest.plan, agent.journal.memory.attempt !== null);
    if (settlement === null) since = null;
    else if (since?.key !== key) since = { key, atMs: passedMs };
    const isOver = settlement !== null && since !== null && passedMs - since.atMs >= settlement.patienceMs;
    return isOver ? settlement.outcome : null;
  };
}

/** The console has answered, will not, or there is none. */
async function hasHeard({ agent, connection }: RunningAgent, passedMs: number): Promise<boolean> {
  if (agent.current.heardAtMs !== null || passedMs >= consoleAnswersMs) return true;
  if (connection.identity()?.enrolled != null) return false;
  return (await pendingFile(agent.directories.state).read()) === null;
}

async function isTold({ agent, connection }: RunningAgent, withinMs: number): Promise<boolean | null> {
  const { journal, platform, current, news } = agent;
  if (connection.identity()?.enrolled == null) return null;
  const untilMs = platform.clock.monotonic() + withinMs;
  const isAcknowledged = (): boolean => current.heardAtMs !== null && journal.acknowledgedSeq >= journal.newestSeq;
  while (current.heardAtMs !== null && !isAcknowledged() && platform.clock.monotonic() < untilMs) {
    news.ring();
    await platform.clock.sleep(stepMs);
  }
  return isAcknowledged();
}
