/** Rows of new operators. */
import { randomBytes } from 'node:crypto';
import { hashPassword } from '#console/auth/passwords.ts';
import type { OperatorRow } from '#console/store/operators/operators.ts';

export interface NewOperator {
  readonly name: string;
  readonly password: string;
  readonly role: string;
}

/** The password is hashed before any transaction begins. */
export async function newOperatorRow(wanted: NewOperator, nowMs: number): Promise<OperatorRow> {
  return { ...withoutPassword(wanted, nowMs), password_hash: await hashPassword(wanted.password) };
}

/** Of somebody whom no password lets in. */
export function withoutPassword({ name, role }: { name: string; role: string }, nowMs: number): OperatorRow {
  return {
    operator_id: `opr_${randomBytes(12).toString('hex')}`,
    name: name.trim(),
    name_folded: name.trim().toLowerCase(),
    password_hash: '',
    role,
    organisations: null,
    totp_sealed: null,
    totp_step: 0,
    disabled_at: null,
    created_at: nowMs,
    setup_sha256: null,
    setup_expires_at: null,
    totp_next_sealed: null,
    removed_at: null,
    created_by: null,
    signed_in_at: null,
  };
}
