/**
 * Actions that are done once: a second press while the first is on its way joins it, and an answer that was lost is asked
 * for again under the same key, by itself and by whoever presses again soon. The console answers as it did the first time.
 */

/** Between one try and the next after a lost answer; then it is told, and pressing again asks for the same answer. */
const pausesMs = [500, 2_000] as const;
/** The first request is still being worked on. */
const workingPauseMs = 1_000;
const workingTriesMax = 60;
/** Later, the same press means to do it once more. */
const keptMs = 120_000;

interface Begun {
  readonly key: string;
  readonly untilMs: number;
}

const underWay = new Map<string, Promise<unknown>>();
const unanswered = new Map<string, Begun>();

/** `what` is the whole request; `send` throws an error with `problem.status` and `problem.code` when it is refused. */
export function doneOnce<T>(what: string, send: (key: string) => Promise<T>): Promise<T> {
  const running = underWay.get(what);
  if (running !== undefined) return running as Promise<T>;
  const done = untilAnswered(what, send).finally(() => underWay.delete(what));
  underWay.set(what, done);
  return done;
}

async function untilAnswered<T>(what: string, send: (key: string) => Promise<T>): Promise<T> {
  const kept = unanswered.get(what);
  const key = kept !== undefined && kept.untilMs > Date.now() ? kept.key : newKey();
  unanswered.set(what, { key, untilMs: Date.now() + keptMs });
  let lost = 0;
  for (let working = 0; ;) {
    try {
      const answer = await send(key);
      unanswered.delete(what);
      return answer;
    } catch (error) {
      const { status, code } = refusal(error);
      const isWorking = code === 'request.in-progress' && working < workingTriesMax;
      const pauseMs = isWorking ? workingPauseMs : status === 0 ? pausesMs[lost] : undefined;
      if (pauseMs === undefined) {
        // Whether it was done is not known; everything else was refused, and changed nothing.
        if (status !== 0 && status < 500) unanswered.delete(what);
        throw error;
      }
      if (isWorking) working += 1;
      else lost += 1;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

function refusal(error: unknown): { readonly status: number; readonly code: string } {
  const { problem } = (error ?? {}) as { problem?: { status: number; code: string } };
  return problem ?? { status: -1, code: '' };
}

/** Not `randomUUID`: browsers have that only behind TLS, and a proxy in front may end it. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
