/** A SentinelOne console as a row. Times in ms since 1970. */
export interface ConnectionTable {
  connection_id: string;
  name: string;
  address: string;
  host: string;
  account_id: string;
  account_name: string | null;
  scope: string;
  user_id: string | null;
  user_name: string | null;
  site_id: string | null;
  token_sealed: string;
  token_expires_at: number | null;
  checked_at: number | null;
  problem: string | null;
  permissions: string;
  created_at: number;
  sites_read_at: number | null;
  packages_read_at: number | null;
  /** An additional certificate authority, as pasted. */
  ca_pem: string | null;
  /** user or service-user; null: not told. */
  user_kind: string | null;
  token_created_at: number | null;
  /** A renewed API token between its arrival and its taking the place of the old one. */
  token_next_sealed: string | null;
  /** Until when one console process renews the API token alone. */
  renewing_until: number | null;
  /** When SentinelOne was asked for a new API token whose arrival was not noted yet. */
  renewal_started_at: number | null;
  renewal_next_at: number | null;
  renewal_problem: string | null;
  renewed_at: number | null;
  /** Since when nothing is installed through it; null: installing is allowed. */
  stopped_at: number | null;
  agents_read_at: number | null;
  /** JSON: when downloads of packages began lately. */
  download_starts: string | null;
  /** Why the package list could not be read last. */
  packages_problem: string | null;
}
