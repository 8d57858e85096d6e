/** What everybody may do with their own account, whatever their role. */
import * as z from 'zod';
import { listOf, route } from '#console/api/route.ts';
import { newPassword, password, proofCode } from '#console/api/session.ts';
import { counter, idText, isoTime, shortText } from '#protocol/words.ts';

const accountSchema = z.object({
  password: z.boolean(),
  secondFactor: z.boolean(),
  recoveryCodesLeft: counter,
  /** As the single sign-on provider calls you; null: not linked. */
  signOnName: shortText.nullable(),
});
export type Account = z.infer<typeof accountSchema>;

export const operatorSessionSchema = z.object({
  sessionId: idText,
  operatorName: shortText,
  /** The one that asks. */
  current: z.boolean(),
  createdAt: isoTime,
  usedAt: isoTime,
  expiresAt: isoTime,
  address: shortText,
  browser: shortText,
  via: z.enum(['password', 'sign-on']),
});
export type OperatorSession = z.infer<typeof operatorSessionSchema>;

/** Shown once, ten of them, each good for one sign-in without the authenticator. */
const recoveryCodes = z.object({ recoveryCodes: z.array(shortText).length(10) });
const own = { access: 'viewer', person: true } as const;

export const accountRoutes = {
  read: route({ method: 'GET', path: '/api/account', ...own, response: accountSchema }),

  /** Every other session ends. The password of now wrong: `auth.refused`. */
  changePassword: route({
    method: 'PUT',
    path: '/api/account/password',
    ...own,
    body: z.object({ password, code: proofCode.optional(), newPassword }),
    response: z.object({ kind: z.enum(['changed', 'code-required']) }),
  }),

  /** An authenticator to be set up; it counts once `proveSecondFactor` has seen a code of it. */
  offerSecondFactor: route({
    method: 'POST',
    path: '/api/account/second-factor',
    ...own,
    fresh: true,
    response: z.object({ uri: z.string().max(500), secret: shortText }),
  }),

  proveSecondFactor: route({
    method: 'PUT',
    path: '/api/account/second-factor',
    ...own,
    fresh: true,
    body: z.object({ code: z.string().regex(/^\d{6}$/) }),
    response: recoveryCodes,
  }),

  dropSecondFactor: route({
    method: 'DELETE',
    path: '/api/account/second-factor',
    ...own,
    fresh: true,
    response: accountSchema,
  }),

  /** The earlier ones are dead. */
  renewRecoveryCodes: route({
    method: 'POST',
    path: '/api/account/recovery-codes',
    ...own,
    fresh: true,
    response: recoveryCodes,
  }),

  /** Your own; with `everybody` an administrator's also of those that they manage. */
  sessions: route({
    method: 'GET',
    path: '/api/sessions',
    ...own,
    query: z.object({ everybody: z.enum(['true', 'false']).optional() }),
    response: listOf(operatorSessionSchema),
  }),

  /** Somebody else's needs the right to manage that operator; else it is as if it did not exist. */
  endSession: route({
    method: 'DELETE',
    path: '/api/sessions/:sessionId',
    ...own,
    params: z.object({ sessionId: idText }),
    response: null,
  }),
};
