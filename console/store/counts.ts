/** How much there is of what, over all organisations: for the console's own metrics, never for a person. */
import type { Db } from '#console/store/store.ts';

export interface Waiting {
  /** By state kind; `never-reported` without one. */
  readonly devices: Readonly<Record<string, number>>;
  /** Not expired and not carried out, by verb. */
  readonly commands: Readonly<Record<string, number>>;
  /** Install slots by state. */
  readonly slots: Readonly<Record<string, number>>;
}

function byName(rows: readonly { name: string | null; many: number }[], without: string): Record<string, number> {
  return Object.fromEntries(rows.map((row) => [row.name ?? without, Number(row.many)]));
}

export async function countWaiting(db: Db, nowMs: number): Promise<Waiting> {
  const devices = await db
    .selectFrom('devices')
    .select((row) => ['state_kind as name', row.fn.countAll<number>().as('many')])
    .where('revoked_at', 'is', null)
    .groupBy('state_kind')
    .execute();
  const commands = await db
    .selectFrom('commands')
    .select((row) => ['verb as name', row.fn.countAll<number>().as('many')])
    .where('executed_at', 'is', null)
    .where('expires_at', '>', nowMs)
    .groupBy('verb')
    .execute();
  const slots = await db
    .selectFrom('install_slots')
    .select((row) => ['state as name', row.fn.countAll<number>().as('many')])
    .groupBy('state')
    .execute();
  return {
    devices: byName(devices, 'never-reported'),
    commands: byName(commands, 'other'),
    slots: byName(slots, 'other'),
  };
}
