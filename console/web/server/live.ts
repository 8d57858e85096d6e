/** Live updates: hints that something changed; what is on the screen is read again, at most every two seconds. */
import type { QueryClient, QueryKey } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { hintEvent, hintSchema, sessionEndedEvent, streamPath, type Hint } from '#console/api/stream.ts';
import { keysOf } from '#console/web/server/hint-keys.ts';
import { sessionQuery } from '#console/web/server/queries.ts';

const gatherMs = 250;
const floorMs = 2_000;
/** After a refusal, such as of a console that is busy or restarting; a cut alone is mended by the browser. */
const reopenAfterMs = 5_000;

let isLive = true;
const listeners = new Set<() => void>();

/** Whether hints arrive; the page says so when they do not. */
export function useIsLive(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => isLive,
  );
}

function setLive(value: boolean): void {
  if (isLive === value) return;
  isLive = value;
  for (const listener of listeners) listener();
}

/** Opens the stream, and again whenever it was refused; the answer closes it. */
export function followHints(client: QueryClient): () => void {
  const renewal = makeRenewal(client);
  const askForSession = (): void => void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
  let source: EventSource | null = null;
  let reopening: ReturnType<typeof setTimeout> | null = null;

  const open = (): void => {
    source = new EventSource(streamPath);
    source.addEventListener('open', () => {
      if (!isLive) renewal.gather([[]]);
      setLive(true);
    });
    source.addEventListener('error', () => {
      setLive(false);
      if (source?.readyState !== EventSource.CLOSED) return;
      askForSession();
      reopening = setTimeout(open, reopenAfterMs);
    });
    source.addEventListener(hintEvent, (event: MessageEvent<string>) => {
      const hint = readHint(event.data);
      if (hint) renewal.gather(keysOf(hint));
    });
    source.addEventListener(sessionEndedEvent, askForSession);
  };
  open();
  return () => {
    source?.close();
    if (reopening !== null) clearTimeout(reopening);
    renewal.stop();
    setLive(true);
  };
}

interface Renewal {
  readonly gather: (keys: readonly QueryKey[]) => void;
  readonly stop: () => void;
}

function makeRenewal(client: QueryClient): Renewal {
  const gathered = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let lastFlushMs = 0;
  const flush = (): void => {
    timer = null;
    lastFlushMs = Date.now();
    for (const queryKey of gathered.values()) void client.invalidateQueries({ queryKey });
    gathered.clear();
  };
  return {
    gather(keys) {
      for (const key of keys) gathered.set(JSON.stringify(key), key);
      timer ??= setTimeout(flush, Math.max(gatherMs, lastFlushMs + floorMs - Date.now()));
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

function readHint(text: string): Hint | null {
  try {
    return hintSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
