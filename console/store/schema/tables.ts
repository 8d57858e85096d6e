/** Rows of the database, the same for SQLite and PostgreSQL: times in ms since 1970, flags 0 or 1, documents as JSON text. */
import type { Generated } from 'kysely';
import type { AgentRolloutTables } from '#console/store/schema/agent-rollout-tables.ts';
import type { AlertTables } from '#console/store/schema/alert-tables.ts';
import type { ConnectionTable } from '#console/store/schema/connection-tables.ts';
import type { NotificationTables } from '#console/store/schema/notification-tables.ts';
import type { VendorAgentTable } from '#console/store/schema/vendor-agent-tables.ts';
import type { DiagnosticsTables } from '#console/store/devices/diagnostics.ts';
import type { IdempotencyTable } from '#console/store/idempotency.ts';
import type { DeploymentTables } from '#console/store/schema/deployment-tables.ts';
import type { TriesTables } from '#console/store/tries.ts';
import type { OperatorTables } from '#console/store/schema/operator-tables.ts';
import type { EnrolmentTables } from '#console/store/schema/enrolment-tables.ts';

export interface MetaTable {
  name: string;
  value: string;
}

export interface OrganisationTable {
  organisation_id: string;
  name: string;
  name_folded: string;
  mode: string;
  created_at: number;
  /** Rises with everything that may change an assignment of its devices. */
  policy_version: number;
  /** Minutes of the day, device local time, in which the agent may restart its devices; both null: never. */
  restart_start_minute: number | null;
  restart_end_minute: number | null;
  /** JSON of a version policy; null: what holds everywhere. */
  version_policy: string | null;
}

export interface EnrolmentKeyTable {
  key_id: string;
  organisation_id: string;
  /** SHA-256 (hex) of the secret; the secret itself is nowhere. */
  secret_sha256: string;
  label: string;
  created_at: number;
  created_by: string;
  expires_at: number;
  uses: number;
  uses_max: number | null;
  revoked_at: number | null;
  /** 1: devices that come in with it wait for an operator. */
  approval: Generated<number>;
}

export interface DeviceTable {
  device_id: string;
  organisation_id: string;
  signing_key: string;
  sealing_key: string;
  fingerprint: string;
  previous_fingerprint: string | null;
  fingerprint_changed_at: number | null;
  duplicate: number;
  /** Rises when a device is revoked or moved: tokens of an older generation are refused (G24). */
  generation: number;
  revoked_at: number | null;
  enrolled_at: number;
  enrolment_key_id: string;
  /** Another device of the organisation on the same hardware; offered, never merged by itself. */
  replaces_device_id: string | null;
  hostname: string;
  hostname_folded: string;
  os: string;
  os_name: string;
  os_version: string;
  architecture: string;
  target: string | null;
  kind: string;
  agent_version: string;
  product_version: string | null;
  agent_uuid: string | null;
  test_trust: number;
  state_kind: string | null;
  state_rank: number;
  cause: string | null;
  last_seen_at: number;
  /** 0 while it is overdue; follows `last_seen_at` within a sweep. */
  reporting: number;
  /** What SentinelOne's record says of it, as read last: see `store/vendor-standing.ts`. */
  vendor_record: string;
  /** 1: came in with a key that asks for approval, and nobody has approved it. */
  pending: Generated<number>;
  /** Gone for good, as an operator said; ends by itself when the device calls again. */
  retired_at: number | null;
  /** When an operator last decided who it is; other processes forget what they know of it. */
  identity_changed_at: number | null;
  /** How a revoked device is told to leave: `again` enrols anew by its install key; null: it just leaves. */
  leaves_as: string | null;
}

export interface DeviceReportTable {
  device_id: string;
  organisation_id: string;
  digest: string;
  report: string;
  /** `stateForList` of the report's state. */
  list_state: string;
  reported_at: number;
}

export interface JournalTable {
  device_id: string;
  organisation_id: string;
  journal_id: string;
  /** Everything up to and including this number is stored, rejected or known to be lost. */
  seq: number;
}

export interface EventTable {
  event_id: Generated<number>;
  device_id: string;
  organisation_id: string;
  journal_id: string;
  seq: number;
  at: string;
  received_at: number;
  kind: string;
  data: string;
}

export interface GapTable {
  device_id: string;
  organisation_id: string;
  journal_id: string;
  from_seq: number;
  to_seq: number;
  recorded_at: number;
}

export interface CommandTable {
  command_id: string;
  device_id: string;
  organisation_id: string;
  position: number;
  verb: string;
  requested_at: number;
  requested_by: string;
  expires_at: number;
  envelope: string;
  received_at: number | null;
  executed_at: number | null;
  result: string | null;
  fault: string | null;
}

export interface AssignmentTable {
  device_id: string;
  organisation_id: string;
  epoch: number;
  number: number;
  issued_at: number;
  expires_at: number;
  policy_version: number;
  /** SHA-256 (hex) over everything but number and times: equal content keeps its number. */
  content_sha256: string;
  envelope: string;
}

export interface SiteTable {
  connection_id: string;
  site_id: string;
  name: string;
  state: string;
  account_name: string | null;
  is_default: number;
  expires_at: number | null;
  licences_used: number | null;
  licences_total: number | null;
}

export interface MappingTable {
  organisation_id: string;
  connection_id: string;
  site_id: string;
  /** As confirmed; another name now is a concern. */
  site_name: string;
  group_id: string | null;
  group_name: string | null;
  console_host: string;
  site_key_sha256: string;
  confirmed_at: number;
  confirmed_by: string;
}

export interface PackageTable {
  package_id: string;
  connection_id: string | null;
  vendor_package_id: string | null;
  target: string;
  format: string;
  version: string;
  source: string;
  release: string;
  file_name: string;
  size_bytes: number | null;
  sha1: string | null;
  sha256: string | null;
  state: string;
  problem: string | null;
  ready_at: number | null;
  /** Whether the console lists it now: 1, 0; null: uploaded, or read before that was noted. */
  listed: number | null;
  /** Until when one console process fetches it alone. */
  fetching_until: number | null;
}

export interface ExceptionTable {
  exception_id: string;
  organisation_id: string;
  device_id: string | null;
  subject_kind: string;
  subject: string;
  reason: string;
  created_by: string;
  created_at: number;
  expires_at: number;
}

export interface AuditTable {
  number: number;
  at: number;
  actor: string;
  action: string;
  subject: string;
  organisation_id: string | null;
  detail: string;
  mac: string;
}

export interface ApprovalTable {
  subject: string;
  sha256: string;
  /** Signed by the owner key. */
  envelope: string;
  created_at: number;
}

export interface Tables
  extends
    AgentRolloutTables,
    AlertTables,
    DeploymentTables,
    DiagnosticsTables,
    EnrolmentTables,
    NotificationTables,
    OperatorTables,
    TriesTables {
  meta: MetaTable;
  organisations: OrganisationTable;
  enrolment_keys: EnrolmentKeyTable;
  devices: DeviceTable;
  device_reports: DeviceReportTable;
  journals: JournalTable;
  events: EventTable;
  gaps: GapTable;
  commands: CommandTable;
  assignments: AssignmentTable;
  connections: ConnectionTable;
  sites: SiteTable;
  mappings: MappingTable;
  packages: PackageTable;
  vendor_agents: VendorAgentTable;
  exceptions: ExceptionTable;
  approvals: ApprovalTable;
  audit: AuditTable;
  idempotency_keys: IdempotencyTable;
}
