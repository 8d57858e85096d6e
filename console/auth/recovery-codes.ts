/** Ten codes for the day the authenticator is lost: 80 random bits each, single-use, kept as HMAC with a key outside the database. */
import { randomBytes } from 'node:crypto';
import { hmac } from '#protocol/crypto.ts';
import type { Sealer } from '#console/secrets.ts';
import { replaceRecoveryCodes, useRecoveryCode } from '#console/store/operators/recovery-codes.ts';
import type { Db } from '#console/store/store.ts';

const howMany = 10;
/** Base32: 32 letters, so a byte's lower five bits choose evenly. */
const letters = 'abcdefghijklmnopqrstuvwxyz234567';

export const recoveryCodeShape = /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/;

function makeCode(): string {
  const text = [...randomBytes(16)].map((byte) => letters[byte & 31]).join('');
  return (text.match(/.{4}/g) ?? []).join('-');
}

function macOf(sealer: Sealer, operatorId: string, code: string): string {
  return hmac(sealer.subkey('recovery-codes'), JSON.stringify([operatorId, code])).toString('hex');
}

/** New ones; the earlier are dead. They are in the answer and nowhere else. */
export async function makeRecoveryCodes(db: Db, sealer: Sealer, operatorId: string): Promise<string[]> {
  const made = Array.from({ length: howMany }, makeCode);
  await replaceRecoveryCodes(
    db,
    operatorId,
    made.map((code) => macOf(sealer, operatorId, code)),
  );
  return made;
}

/** False when it is not one of them or was used before. */
export async function spendRecoveryCode(
  db: Db,
  sealer: Sealer,
  { operatorId, code, nowMs }: { operatorId: string; code: string; nowMs: number },
): Promise<boolean> {
  return useRecoveryCode(db, operatorId, macOf(sealer, operatorId, code.toLowerCase()), nowMs);
}
