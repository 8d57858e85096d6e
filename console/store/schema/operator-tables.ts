/** People who sign in, as rows. Times in ms since 1970, flags 0 or 1. */
export interface OperatorTable {
  operator_id: string;
  name: string;
  /** Unique among those that exist; of a removed one it says nothing any more. */
  name_folded: string;
  /** Empty: there is no password, and none fits. */
  password_hash: string;
  /** `none` until an administrator gives one to somebody who came by single sign-on. */
  role: string;
  /** JSON list of organisation ids; null: all. */
  organisations: string | null;
  totp_sealed: string | null;
  totp_step: number;
  disabled_at: number | null;
  created_at: number;
  /** Of the link by which somebody chooses a password; the secret itself is nowhere. */
  setup_sha256: string | null;
  setup_expires_at: number | null;
  /** An authenticator that was shown and has not proved itself yet. */
  totp_next_sealed: string | null;
  /** Stays as a row, so that a restored backup cannot bring it back unseen. */
  removed_at: number | null;
  created_by: string | null;
  signed_in_at: number | null;
}

export interface OperatorSessionTable {
  /** SHA-256 (hex) of the cookie. */
  token_sha256: string;
  /** What it is called in lists; opens nothing. */
  session_id: string;
  operator_id: string;
  csrf: string;
  created_at: number;
  used_at: number;
  expires_at: number;
  /** When its person last proved to be that person. */
  fresh_at: number;
  address: string;
  /** What the browser says of itself, cut. */
  browser: string;
  /** `password` or `sign-on`. */
  via: string;
}

export interface RecoveryCodeTable {
  operator_id: string;
  /** HMAC (hex) with a key outside the database. */
  code_mac: string;
  used_at: number | null;
}

export interface ApiKeyTable {
  key_id: string;
  operator_id: string;
  label: string;
  /** SHA-256 (hex) of the secret, which is 256 random bits and stands nowhere. */
  secret_sha256: string;
  role: string;
  organisations: string | null;
  /** Whether it may do what the page asks the password for. */
  may_confirmed: number;
  created_at: number;
  expires_at: number;
  used_at: number | null;
  used_address: string | null;
  revoked_at: number | null;
}

export interface OperatorIdentityTable {
  issuer: string;
  subject: string;
  operator_id: string;
  /** As the provider calls the person; for lists only. */
  name: string;
  linked_at: number;
}

/** Somebody who is away at the single sign-on provider and has not come back. */
export interface SignOnFlowTable {
  /** SHA-256 (hex) of the cookie. */
  flow_sha256: string;
  /** JSON of state, nonce and PKCE verifier. */
  secrets_sealed: string;
  /** Which provider, as it was set when the flow began. */
  provider_sha256: string;
  /** The session that is to be confirmed; null: a sign-in. */
  session_sha256: string | null;
  address: string;
  started_at: number;
}

export interface OperatorTables {
  operators: OperatorTable;
  operator_sessions: OperatorSessionTable;
  recovery_codes: RecoveryCodeTable;
  api_keys: ApiKeyTable;
  operator_identities: OperatorIdentityTable;
  sign_on_flows: SignOnFlowTable;
}
