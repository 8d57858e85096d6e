/** Looks up agents at SentinelOne for whoever opens a device: briefly remembered, a few at once, never for lists. */
import { Fault } from '#protocol/codes.ts';
import type { Clock } from '#console/context.ts';
import type { Connections } from '#console/fleet/connections/connections.ts';
import { findAgents, type SentinelOneAgentRecord } from '#console/sentinelone/agents.ts';

export interface VendorRecordParts {
  readonly connections: Connections;
  readonly clock: Clock;
}

export type VendorReading =
  | { readonly kind: 'read'; readonly readAtMs: number; readonly found: readonly SentinelOneAgentRecord[] }
  | { readonly kind: 'failed'; readonly readAtMs: number; readonly fault: Fault };

export interface VendorRecords {
  /** Whatever the connection can see with that uuid, in any site: judge it before it is shown. */
  read(connectionId: string, agentUuid: string): Promise<VendorReading>;
  /** After something was done there: the next look asks again. */
  forget(connectionId: string, agentUuid: string): void;
}

const freshMs = 60_000;
/** A failure may have been put right meanwhile. */
const failureFreshMs = 10_000;
const keptMax = 1_000;
const atOnceMax = 4;
const waitingMax = 40;
const limitMs = 20_000;

/** Lets a few through at once; refuses when too many wait. */
function createGate(): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return async (work) => {
    if (busy < atOnceMax) busy += 1;
    else if (waiting.length < waitingMax) await new Promise<void>((go) => waiting.push(go));
    else throw new Fault('overloaded', 'too many look-ups at once', { context: { retryAfterMs: failureFreshMs } });
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) busy -= 1;
      else next();
    }
  };
}

async function ask({ connections }: VendorRecordParts, connectionId: string, agentUuid: string, signal: AbortSignal) {
  try {
    signal.throwIfAborted();
    const { client, row } = await connections.client(connectionId);
    return await findAgents(client, { ...connections.scopeOf(row), uuids: [agentUuid] }, signal);
  } catch (error) {
    if (error instanceof Fault || !signal.aborted) throw error;
    throw new Fault('sentinelone.unavailable', `no answer within ${limitMs / 1000} s`, { cause: error });
  }
}

export function createVendorRecords(parts: VendorRecordParts): VendorRecords {
  const { clock } = parts;
  const gate = createGate();
  const kept = new Map<string, VendorReading>();
  const underWay = new Map<string, Promise<VendorReading>>();

  async function look(connectionId: string, agentUuid: string): Promise<VendorReading> {
    const signal = AbortSignal.timeout(limitMs);
    try {
      const found = await gate(() => ask(parts, connectionId, agentUuid, signal));
      return { kind: 'read', readAtMs: clock.now(), found };
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      return { kind: 'failed', readAtMs: clock.now(), fault };
    }
  }

  function keep(key: string, reading: VendorReading): VendorReading {
    kept.delete(key);
    kept.set(key, reading);
    const [oldest] = kept.keys();
    if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
    return reading;
  }

  return {
    forget: (connectionId, agentUuid) => void kept.delete(`${connectionId} ${agentUuid}`),
    async read(connectionId, agentUuid) {
      const key = `${connectionId} ${agentUuid}`;
      const known = kept.get(key);
      const lifeMs = known?.kind === 'failed' ? failureFreshMs : freshMs;
      if (known !== undefined && clock.now() - known.readAtMs < lifeMs) return known;
      const running =
        underWay.get(key) ??
        look(connectionId, agentUuid)
          .then((reading) => keep(key, reading))
          .finally(() => underWay.delete(key));
      underWay.set(key, running);
      return running;
    },
  };
}
