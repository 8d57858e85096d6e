/** Gives an operator a second factor, a new one after a lost telephone, or takes it away. */
import { Secret, TOTP } from 'otpauth';
import { Fault } from '#protocol/codes.ts';
import type { OperatorParts } from '#console/auth/parts.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { findOperatorByName, setSecondFactor } from '#console/store/operators/operators.ts';
import { isLinked } from '#console/store/operators/identities.ts';
import { replaceRecoveryCodes } from '#console/store/operators/recovery-codes.ts';

const secretBytes = 20;

export interface NewSecondFactor {
  /** What authenticators read from a QR code. */
  readonly uri: string;
  /** Base32, for typing in. */
  readonly secret: string;
}

/**
 * The new secret is in the answer and, sealed, in the database, nowhere else. null: switched off. Open sessions of that
 * operator end. Faults: `not-found` for an unknown name, `request.conflict` for who signs in by single sign-on.
 */
export async function switchSecondFactor(
  { store, sealer, clock }: OperatorParts,
  name: string,
  on: boolean,
): Promise<NewSecondFactor | null> {
  const secret = new Secret({ size: secretBytes });
  const changed = await store.write(async (db) => {
    const row = await findOperatorByName(db, name);
    if (row === null) throw new Fault('not-found', `there is no operator named ${name}`);
    if (on && (await isLinked(db, row.operator_id)))
      throw new Fault(
        'request.conflict',
        `${name} signs in by single sign-on and has the second factor of the provider`,
      );
    const place = { table: 'operators', row: row.operator_id, field: 'totp_sealed' };
    await setSecondFactor(db, row.operator_id, on ? sealer.seal(place, secret.base32) : null);
    await replaceRecoveryCodes(db, row.operator_id, []);
    await appendAudit(db, sealer.subkey('audit'), {
      at: clock.now(),
      actor: 'console:command-line',
      action: on ? 'operator.second-factor-on' : 'operator.second-factor-off',
      subject: row.operator_id,
      organisationId: null,
      detail: { name: row.name },
    });
    return row;
  });
  await store.announce(`operator:${changed.operator_id}`);
  if (!on) return null;
  return { uri: new TOTP({ issuer: 'Garrison', label: changed.name, secret }).toString(), secret: secret.base32 };
}
