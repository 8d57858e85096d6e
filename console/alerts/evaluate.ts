/** Looks at the whole fleet once a minute, in slices, and makes the alerts agree with it. One console process does. */
import { randomBytes } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { protectionStateSchema } from '#protocol/state.ts';
import type { AlertRules } from '#console/api/alerts.ts';
import { apply, type Tell } from '#console/alerts/apply.ts';
import {
  connectionConditions,
  departureConditions,
  deploymentConditions,
  type Condition,
} from '#console/alerts/conditions.ts';
import {
  alarmingKinds,
  deviceConditions,
  turnConditions,
  vanishedCondition,
  waitsForTurn,
  type SeenDevice,
  type TurnWaits,
} from '#console/alerts/device-conditions.ts';
import { differences } from '#console/alerts/reconcile.ts';
import { readAlertRules } from '#console/alerts/rules.ts';
import { consoleScope } from '#console/auth/scope.ts';
import type { Clock } from '#console/context.ts';
import { connectionAlarms } from '#console/fleet/connections/connection-alarms.ts';
import {
  leftSince,
  sliceEnd,
  vanishedAgents,
  watchedDevices,
  type DeviceRange,
  type WatchedDevice,
} from '#console/store/alerts/alert-sources.ts';
import { openOfDevices, openOfOthers } from '#console/store/alerts/alerts.ts';
import { listConnections } from '#console/store/sentinelone/connections.ts';
import { listDeployments } from '#console/store/deployments/deployments.ts';
import { takeLease } from '#console/store/leases.ts';
import { listOrganisations } from '#console/store/organisations.ts';
import type { Store } from '#console/store/store.ts';

const hourMs = 3_600_000;
const leaseMs = 180_000;
const deviceSlice = 2_000;
/** After the console itself was away, devices get that long to come back before their silence is judged. */
const comeBackMs = hourMs;

export interface EvaluationParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly tell: Tell;
  /** More sources of conditions, of things of the whole console. */
  readonly more: (nowMs: number) => Promise<Condition[]>;
  /** Something was opened or closed. */
  readonly changed: () => void;
}

export interface Evaluation {
  /** False: another console process does it. */
  round(): Promise<boolean>;
}

interface Look {
  readonly rules: AlertRules;
  readonly nowMs: number;
  readonly judgeSilence: boolean;
}

function seen(row: WatchedDevice): SeenDevice {
  const state = row.list_state === null ? null : protectionStateSchema.safeParse(JSON.parse(row.list_state));
  return {
    deviceId: row.device_id,
    organisationId: row.organisation_id,
    hostname: row.hostname,
    lastSeenMs: row.last_seen_at,
    duplicate: row.duplicate === 1,
    state: state?.success ? state.data : null,
  };
}

const scope = consoleScope('alerts');

function addTurn(waits: Map<string, TurnWaits>, condition: Condition): void {
  const organisationId = condition.organisationId ?? '';
  const before = waits.get(organisationId);
  waits.set(organisationId, {
    devices: (before?.devices ?? 0) + 1,
    sinceMs: Math.min(before?.sinceMs ?? condition.sinceMs, condition.sinceMs),
  });
}

/** Answers how many alerts were told of; waits for a turn are added to `waits`. */
async function lookAtDevices(
  parts: EvaluationParts,
  range: DeviceRange,
  look: Look,
  waits: Map<string, TurnWaits>,
): Promise<number> {
  const { read } = parts.store;
  const { rules, nowMs, judgeSilence } = look;
  const silentBeforeMs = nowMs - rules.silentAfterHours * hourMs;
  const rows = await watchedDevices(read, scope, range, { kinds: alarmingKinds, silentBeforeMs });
  const conditions = rows.flatMap((row) => deviceConditions(seen(row), rules, look));
  for (const wait of conditions.filter(waitsForTurn)) addTurn(waits, wait);
  const vanished = (await vanishedAgents(read, scope, range)).map((row) =>
    vanishedCondition(
      { deviceId: row.device_id, organisationId: row.organisation_id, hostname: row.hostname },
      row.gone_since ?? nowMs,
    ),
  );
  const unjudged = new Set(judgeSilence ? [] : ['silent']);
  const wanted = [...conditions.filter((condition) => !waitsForTurn(condition)), ...vanished];
  const found = differences(await openOfDevices(read, scope, range), wanted, { nowMs, unjudged });
  return apply(parts.store, parts.tell, found, nowMs);
}

async function lookAtTheRest(
  parts: EvaluationParts,
  look: Look,
  waits: ReadonlyMap<string, TurnWaits>,
): Promise<number> {
  const { read } = parts.store;
  const { rules, nowMs } = look;
  const names = new Map((await listOrganisations(read, scope)).map((row) => [row.organisation_id, row.name]));
  const halted = (await listDeployments(read, scope))
    .filter((row) => row.state === 'halted')
    .map((row) => ({
      organisationId: row.organisation_id,
      organisationName: names.get(row.organisation_id) ?? row.organisation_id,
      haltedAtMs: row.halted_at ?? nowMs,
      cause: row.halt_cause,
    }));
  const connections = (await listConnections(read)).map((row) => ({
    connectionId: row.connection_id,
    name: row.name,
    alarms: connectionAlarms(row, nowMs),
  }));
  const left = await leftSince(read, scope, nowMs - hourMs);
  const wanted = [
    ...turnConditions(waits, names),
    ...deploymentConditions(halted),
    ...connectionConditions(connections, nowMs),
    ...departureConditions({ left, names }, rules, nowMs),
    ...(await parts.more(nowMs)),
  ];
  const found = differences(await openOfOthers(read, scope), wanted, { nowMs, unjudged: new Set() });
  return apply(parts.store, parts.tell, found, nowMs);
}

export function createEvaluation(parts: EvaluationParts): Evaluation {
  const { store, clock } = parts;
  const lease = { name: 'alerts', holder: randomBytes(12).toString('hex') };
  const startedMs = clock.now();
  const mine = (): Promise<boolean> =>
    store.write((db) => takeLease(db, lease, { nowMs: clock.now(), forMs: leaseMs }));

  return {
    async round() {
      if (!(await mine())) return false;
      const nowMs = clock.now();
      const rules = await readAlertRules(store.read);
      const look = { rules, nowMs, judgeSilence: nowMs - startedMs >= comeBackMs };
      const waits = new Map<string, TurnWaits>();
      let told = 0;
      let after = '';
      for (let upTo: string | null = ''; upTo !== null; after = upTo ?? '') {
        upTo = await sliceEnd(store.read, scope, after, deviceSlice);
        told += await lookAtDevices(parts, { after, upTo }, look, waits);
        await breathe();
        if (upTo !== null && !(await mine())) return false;
      }
      told += await lookAtTheRest(parts, look, waits);
      if (told > 0) parts.changed();
      return true;
    },
  };
}
