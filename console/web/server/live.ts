/** Live updates: hints that something changed; what is on the screen is read again, at most every two seconds. */
import type { QueryClient, QueryKey } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { hintEvent, hintSchema, sessionEndedEvent, streamPath, type Hint } from '#console/api/stream.ts';
import { keysOf } from '#console/web/server/hint-keys.ts';
import { sessionQuery } from '#console/web/server/queries.ts';

const gatherMs = 250;
const floorMs = 2_000;

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

/** Opens the stream; the answer closes it. */
export function followHints(client: QueryClient): () => void {
  const gathered = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let lastFlushMs = 0;

  const flush = (): void => {
    timer = null;
    lastFlushMs = Date.now();
    for (const queryKey of gathered.values()) void client.invalidateQueries({ queryKey });
    gathered.clear();
  };
  const gather = (keys: readonly QueryKey[]): void => {
    for (const key of keys) gathered.set(JSON.stringify(key), key);
    timer ??= setTimeout(flush, Math.max(gatherMs, lastFlushMs + floorMs - Date.now()));
  };

  const source = new EventSource(streamPath);
  source.addEventListener('open', () => {
    if (!isLive) gather([[]]);
    setLive(true);
  });
  source.addEventListener('error', () => setLive(false));
  source.addEventListener(hintEvent, (event: MessageEvent<string>) => {
    const hint = readHint(event.data);
    if (hint) gather(keysOf(hint));
  });
  source.addEventListener(sessionEndedEvent, () => void client.invalidateQueries({ queryKey: sessionQuery.queryKey }));
  return () => {
    source.close();
    if (timer !== null) clearTimeout(timer);
    setLive(true);
  };
}

function readHint(text: string): Hint | null {
  try {
    return hintSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
