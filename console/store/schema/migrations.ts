/** Forward-only steps of the schema, in the dialect-free words of Kysely. A released step is never changed. */
import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { Fault } from '#protocol/codes.ts';
import { diagnosticsMigration } from '#console/store/devices/diagnostics.ts';
import { agentRolloutsMigration } from '#console/store/schema/agent-rollout-tables.ts';
import { activityMigration } from '#console/store/schema/activity-migration.ts';
import { alertsMigration } from '#console/store/schema/alerts-migration.ts';
import { connectionsMigration, vendorAgentsMigration } from '#console/store/schema/connections-migration.ts';
import { notificationsMigration } from '#console/store/schema/notifications-migration.ts';
import { offboardingsMigration } from '#console/store/enrolment/offboardings.ts';
import { signOnMigration } from '#console/store/operators/sign-on-flows.ts';
import { triesMigration } from '#console/store/tries.ts';
import { idempotencyMigration } from '#console/store/idempotency.ts';
import { operatorsMigration } from '#console/store/schema/operators-migration.ts';
import { deviceListMigration } from '#console/store/schema/fleet-migrations.ts';
import {
  decisionsMigration,
  deviceVersionsMigration,
  installScriptsMigration,
  letDevicesMove,
} from '#console/store/schema/enrolment-migration.ts';

type Schema = Kysely<unknown>;

const text = 'text';
const number = 'bigint';

/** `name!` is required, `name` may be null, `name#` is a number. */
async function table(db: Schema, name: string, columns: string, constraints: readonly string[]): Promise<void> {
  const parts = columns
    .trim()
    .split(/\s+/)
    .map((column) => {
      const bare = column.replace(/[!#]/g, '');
      return `${bare} ${column.includes('#') ? number : text}${column.includes('!') ? ' not null' : ''}`;
    });
  await sql.raw(`create table ${name} (${[...parts, ...constraints].join(', ')})`).execute(db);
}

async function indexes(db: Schema, rows: readonly (readonly [name: string, on: string])[]): Promise<void> {
  for (const [name, on] of rows) await sql.raw(`create index ${name} on ${on}`).execute(db);
}

const ofDevice = 'foreign key (organisation_id, device_id) references devices (organisation_id, device_id)';
const ofOrganisation = 'foreign key (organisation_id) references organisations (organisation_id)';
const ofConnection = 'foreign key (connection_id) references connections (connection_id)';

async function fleet(db: Schema): Promise<void> {
  await table(db, 'meta', 'name! value!', ['primary key (name)']);
  await sql.raw(`insert into meta (name, value) values ('audit-lock', '')`).execute(db);
  await table(db, 'organisations', 'organisation_id! name! name_folded! mode! created_at#! policy_version#!', [
    'primary key (organisation_id)',
    'unique (name_folded)',
  ]);
  await table(
    db,
    'enrolment_keys',
    'key_id! organisation_id! secret_sha256! label! created_at#! created_by! expires_at#! uses#! uses_max# revoked_at#',
    ['primary key (key_id)', ofOrganisation],
  );
  await table(
    db,
    'devices',
    `device_id! organisation_id! signing_key! sealing_key! fingerprint! previous_fingerprint fingerprint_changed_at#
     duplicate#! generation#! revoked_at# enrolled_at#! enrolment_key_id! replaces_device_id hostname! hostname_folded!
     os! os_name! os_version! architecture! target kind! agent_version! product_version agent_uuid test_trust#!
     state_kind state_rank#! cause last_seen_at#!`,
    ['primary key (device_id)', 'unique (signing_key)', 'unique (organisation_id, device_id)', ofOrganisation],
  );
  await indexes(db, [
    ['devices_by_name', 'devices (hostname_folded, device_id)'],
    ['devices_by_organisation', 'devices (organisation_id, hostname_folded, device_id)'],
    ['devices_by_state', 'devices (state_rank, device_id)'],
    ['devices_by_last_seen', 'devices (last_seen_at, device_id)'],
    ['devices_by_fingerprint', 'devices (fingerprint)'],
    ['devices_revoked', 'devices (revoked_at) where revoked_at is not null'],
  ]);
}

async function whatDevicesSay(db: Schema, autoNumber: string): Promise<void> {
  await table(db, 'device_reports', 'device_id! organisation_id! digest! report! list_state! reported_at#!', [
    'primary key (device_id)',
    ofDevice,
  ]);
  await table(db, 'journals', 'device_id! organisation_id! journal_id! seq#!', [
    'primary key (device_id, journal_id)',
    ofDevice,
  ]);
  await table(db, 'events', 'device_id! organisation_id! journal_id! seq#! at! received_at#! kind! data!', [
    autoNumber,
    'unique (device_id, journal_id, seq)',
    ofDevice,
  ]);
  await indexes(db, [
    ['events_by_device', 'events (device_id, event_id)'],
    ['events_by_age', 'events (received_at)'],
  ]);
  await table(db, 'gaps', 'device_id! organisation_id! journal_id! from_seq#! to_seq#! recorded_at#!', [
    'primary key (device_id, journal_id, from_seq)',
    ofDevice,
  ]);
}

async function whatDevicesAreTold(db: Schema): Promise<void> {
  await table(
    db,
    'commands',
    `command_id! device_id! organisation_id! position#! verb! requested_at#! requested_by! expires_at#! envelope!
     received_at# executed_at# result fault`,
    ['primary key (command_id)', 'unique (device_id, position)', ofDevice],
  );
  await indexes(db, [['commands_by_position', 'commands (position)']]);
  await table(
    db,
    'assignments',
    'device_id! organisation_id! epoch#! number#! issued_at#! expires_at#! policy_version#! content_sha256! envelope!',
    ['primary key (device_id)', ofDevice],
  );
  await table(
    db,
    'exceptions',
    `exception_id! organisation_id! device_id subject_kind! subject! reason! created_by! created_at#! expires_at#!`,
    ['primary key (exception_id)', ofOrganisation, ofDevice],
  );
}

async function vendor(db: Schema): Promise<void> {
  await table(
    db,
    'connections',
    `connection_id! name! address! host! account_id! account_name scope! user_id user_name site_id token_sealed!
     token_expires_at# checked_at# problem permissions! created_at#! sites_read_at# packages_read_at#`,
    ['primary key (connection_id)', 'unique (address, account_id)'],
  );
  await table(
    db,
    'sites',
    'connection_id! site_id! name! state! account_name is_default#! expires_at# licences_used# licences_total#',
    ['primary key (connection_id, site_id)', ofConnection],
  );
  await table(
    db,
    'mappings',
    `organisation_id! connection_id! site_id! site_name! group_id group_name console_host! site_key_sha256!
     confirmed_at#! confirmed_by!`,
    ['primary key (organisation_id)', ofOrganisation, ofConnection],
  );
  await table(
    db,
    'packages',
    `package_id! connection_id vendor_package_id target! format! version! source! release! file_name! size_bytes#
     sha1 sha256 state! problem ready_at#`,
    ['primary key (package_id)', ofConnection],
  );
  await indexes(db, [['packages_by_digest', 'packages (sha256)']]);
  await table(db, 'approvals', 'subject! sha256! envelope! created_at#!', ['primary key (subject, sha256)']);
}

async function people(db: Schema): Promise<void> {
  await table(
    db,
    'operators',
    `operator_id! name! name_folded! password_hash! role! organisations totp_sealed totp_step#! disabled_at# created_at#!`,
    ['primary key (operator_id)', 'unique (name_folded)'],
  );
  await table(db, 'operator_sessions', 'token_sha256! operator_id! csrf! created_at#! used_at#! expires_at#!', [
    'primary key (token_sha256)',
    'foreign key (operator_id) references operators (operator_id)',
  ]);
  await table(db, 'audit', 'number#! at#! actor! action! subject! organisation_id detail! mac!', [
    'primary key (number)',
  ]);
}

/** The brake on installing: how far an organisation's deployment is, and which devices have a slot. */
async function deployments(db: Schema): Promise<void> {
  await table(
    db,
    'deployments',
    `organisation_id! deployment_id! state! started_at#! started_by! at_once_max#! starts_max# limit_percent#
     halt_percent#! halt_failures_min#! servers_last#! start_minute# end_minute# under_way#! started#! done#! failed#!
     done_before#! failed_before#! halted_at# halt_cause`,
    ['primary key (organisation_id)', ofOrganisation],
  );
  await table(
    db,
    'install_slots',
    'device_id! organisation_id! deployment_id! kind! state! given_at#! token_at# changed_at#! cause',
    ['primary key (device_id)', ofDevice],
  );
  await indexes(db, [
    ['slots_by_organisation', 'install_slots (organisation_id, state, kind)'],
    ['slots_by_change', 'install_slots (changed_at)'],
    ['devices_by_turn', 'devices (organisation_id, kind, state_kind, cause)'],
  ]);
  // What deploys already goes on, with the pace that is offered to everybody.
  await sql
    .raw(
      `insert into deployments select organisation_id, organisation_id, 'running', created_at, '', 20, null, null, 20, 3, 0,
       null, null, 0, 0, 0, 0, 0, 0, null, null from organisations where mode = 'deploy'`,
    )
    .execute(db);
}

/** The daily hours in which devices of an organisation may be restarted; without them, as everywhere before: never. */
async function restarts(db: Schema): Promise<void> {
  for (const column of ['restart_start_minute', 'restart_end_minute'])
    await sql.raw(`alter table organisations add column ${column} ${number}`).execute(db);
}

/** Organisations that get another version than the rest; without: what holds everywhere. */
async function ownVersions(db: Schema): Promise<void> {
  await sql.raw(`alter table organisations add column version_policy ${text}`).execute(db);
}

function steps(kind: 'sqlite' | 'postgres'): Record<string, Migration> {
  const autoNumber =
    kind === 'sqlite'
      ? 'event_id integer primary key autoincrement'
      : 'event_id bigint generated always as identity primary key';
  return {
    '0001-first': {
      async up(db: Schema) {
        await fleet(db);
        await whatDevicesSay(db, autoNumber);
        await whatDevicesAreTold(db);
        await vendor(db);
        await people(db);
      },
    },
    '0002-deployments': { up: deployments },
    '0005-outside-ids': {
      async up(db: Schema) {
        const once = ['primary key (outside_id)', 'unique (organisation_id)', ofOrganisation];
        await table(db, 'outside_ids', 'outside_id! organisation_id!', once);
      },
    },
    '0006-connections': { up: connectionsMigration },
    '0007-vendor-agents': { up: vendorAgentsMigration },
    '0008-restarts': { up: restarts },
    '0009-own-versions': { up: ownVersions },
    '0010-device-list': { up: deviceListMigration },
    '0013-alerts': { up: alertsMigration },
    '0014-notifications': { up: (db: Schema) => notificationsMigration(db, kind) },
    '0015-activity': { up: activityMigration },
    '0016-operators': { up: operatorsMigration },
    '0020-idempotency': { up: idempotencyMigration },
    '0023-install-scripts': { up: installScriptsMigration },
    '0024-device-decisions': { up: decisionsMigration },
    '0025-offboardings': { up: offboardingsMigration },
    '0026-agent-rollouts': { up: agentRolloutsMigration },
    '0029-diagnostics': { up: diagnosticsMigration },
    '0030-sign-on': { up: signOnMigration },
    '0032-tries': { up: triesMigration },
    '0034-device-versions': { up: deviceVersionsMigration },
  };
}

/** Names of all steps this program knows, in their order. */
export function migrationNames(): readonly string[] {
  return Object.keys(steps('sqlite')).sort();
}

/**
 * Brings the database to the newest schema; a database newer than this program is refused. `only`: to the schema that these
 * steps made.
 */
export async function migrate<T>(
  db: Kysely<T>,
  kind: 'sqlite' | 'postgres',
  only: readonly string[] = migrationNames(),
): Promise<void> {
  const wanted = Object.fromEntries(Object.entries(steps(kind)).filter(([name]) => only.includes(name)));
  // Steps are numbered by what they belong to; one that came later may stand before others.
  const provider = { getMigrations: () => Promise.resolve(wanted) };
  const migrator = new Migrator({ db, provider });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined)
    throw new Fault('internal', 'the database could not be brought to this version', { cause: error });
  if (kind === 'postgres') await letDevicesMove(db as unknown as Schema);
}
