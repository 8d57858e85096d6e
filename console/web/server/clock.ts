/** The console's time, so that ages and countdowns are right on a computer whose clock is not. */
import { useSyncExternalStore } from 'react';

let offsetMs = 0;

/** From the `Date` header, which is cut to seconds; small differences are not worth a jump. */
export function noteServerTime(header: string | null): void {
  const serverMs = Date.parse(header ?? '');
  if (Number.isNaN(serverMs)) return;
  const difference = serverMs + 500 - Date.now();
  offsetMs = Math.abs(difference) < 5_000 ? 0 : difference;
}

function serverNowMs(): number {
  return Date.now() + offsetMs;
}

/** The console's time, renewed every `stepMs`; all readers of one step share a timer. */
export function useNow(stepMs = 15_000): number {
  const ticker = tickerOf(stepMs);
  return useSyncExternalStore(ticker.subscribe, ticker.now);
}

interface Ticker {
  readonly subscribe: (listener: () => void) => () => void;
  readonly now: () => number;
}

const tickers = new Map<number, Ticker>();

function tickerOf(stepMs: number): Ticker {
  const known = tickers.get(stepMs);
  if (known) return known;
  const made = makeTicker(stepMs);
  tickers.set(stepMs, made);
  return made;
}

function makeTicker(stepMs: number): Ticker {
  const listeners = new Set<() => void>();
  let nowMs = serverNowMs();
  let timer: ReturnType<typeof setInterval> | null = null;
  const tick = (): void => {
    nowMs = serverNowMs();
    for (const listener of listeners) listener();
  };
  return {
    subscribe(listener) {
      if (listeners.size === 0) {
        nowMs = serverNowMs();
        timer = setInterval(tick, stepMs);
      }
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && timer !== null) clearInterval(timer);
      };
    },
    /** Fresh when nobody else listens, so that a first render does not show an old time. */
    now() {
      if (listeners.size === 0 && serverNowMs() - nowMs >= stepMs) nowMs = serverNowMs();
      return nowMs;
    },
  };
}
