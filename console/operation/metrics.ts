/** Numbers for Prometheus. Every label comes from a closed list; nothing names a device, an organisation or a person. */
import type { FastifyInstance } from 'fastify';
import { Gauge, Histogram, Registry } from 'prom-client';
import { protectionKinds } from '#protocol/state.ts';
import { commandVerbs } from '#protocol/words.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { routeOf } from '#console/operation/log.ts';
import { countWaiting, type Waiting } from '#console/store/counts.ts';
import type { Store } from '#console/store/store.ts';

const countsKeptMs = 10_000;

/** Counted at most once in ten seconds, however many scrape. */
function counted(store: Store, now: () => number): () => Promise<Waiting> {
  let at = -Infinity;
  let held: Promise<Waiting> | null = null;
  return () => {
    if (held === null || now() - at >= countsKeptMs) {
      at = now();
      held = countWaiting(store.read, now());
      held.catch(() => {
        held = null;
      });
    }
    return held;
  };
}

function gauge(
  registry: Registry,
  [name, help]: readonly [string, string],
  label: string | null,
  read: () => Promise<Readonly<Record<string, number>>>,
): void {
  const made = new Gauge({
    name: `garrison_${name}`,
    help,
    labelNames: label === null ? [] : [label],
    registers: [registry],
    async collect() {
      const values = await read();
      made.reset();
      for (const [value, count] of Object.entries(values)) made.set(label === null ? {} : { [label]: value }, count);
    },
  });
}

/** Zero for what is not there, so that a graph has no holes; what is on no list counts as `other`. */
export function onList(list: readonly string[], found: Readonly<Record<string, number>>): Record<string, number> {
  const counts: Record<string, number> = Object.fromEntries(list.map((one) => [one, 0]));
  for (const [name, count] of Object.entries(found)) {
    const key = list.includes(name) ? name : 'other';
    counts[key] = (counts[key] ?? 0) + count;
  }
  return counts;
}

const slotStates = ['open', 'done', 'failed', 'released'];

function registerCounts(registry: Registry, side: OperatorSide): void {
  const { store, clock, waiters, keys } = side.devices;
  const counts = counted(store, () => clock.now());
  const one = (value: () => number) => () => Promise.resolve({ '': value() });
  gauge(registry, ['devices', 'Devices by what they last said they are'], 'state', async () =>
    onList([...protectionKinds, 'never-reported'], (await counts()).devices),
  );
  gauge(registry, ['commands_waiting', 'Commands that no device has carried out yet'], 'verb', async () =>
    onList(commandVerbs, (await counts()).commands),
  );
  gauge(registry, ['attempts', 'Install slots of the present deployments'], 'state', async () =>
    onList(slotStates, (await counts()).slots),
  );
  gauge(
    registry,
    ['requests_held', 'Command requests that wait for news'],
    null,
    one(() => waiters.held()),
  );
  gauge(
    registry,
    ['pages_open', 'Pages that listen for hints'],
    null,
    one(() => side.hints.count()),
  );
  gauge(
    registry,
    ['writes_waiting', 'Transactions that wait for their turn'],
    null,
    one(() => store.waiting()),
  );
  gauge(
    registry,
    ['key_set_ends_seconds', 'When the key set ends, in seconds since 1970'],
    null,
    one(() => Date.parse(keys.current().keySet.notAfter) / 1000),
  );
  gauge(registry, ['build', 'Always 1'], 'version', () => Promise.resolve({ [side.settings.version]: 1 }));
}

const durations = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 300];

export interface Metrics {
  readonly registry: Registry;
  /** Measures what this listener answers. */
  measure(app: FastifyInstance, listener: 'devices' | 'operators'): void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const requests = new Histogram({
    name: 'garrison_request_duration_seconds',
    help: 'Requests by listener, route and status class; held ones for as long as they were held',
    labelNames: ['listener', 'method', 'route', 'status'],
    buckets: durations,
    registers: [registry],
  });
  return {
    registry,
    measure(app, listener) {
      app.addHook('onResponse', (request, reply, done) => {
        const status = `${Math.floor(reply.statusCode / 100)}xx`;
        const route = routeOf(request);
        const method = route === 'none' ? 'any' : request.method;
        requests.observe({ listener, method, route, status }, reply.elapsedTime / 1000);
        done();
      });
    },
  };
}

/** Everything that is counted when somebody asks. */
export function observe(metrics: Metrics, side: OperatorSide): void {
  registerCounts(metrics.registry, side);
}
