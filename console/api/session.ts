/** Signing in and out. The session itself is a strict cookie that no script can read. */
import * as z from 'zod';
import { route } from '#console/api/route.ts';
import { base64UrlText, idText, shortText } from '#protocol/words.ts';

const roles = ['viewer', 'operator', 'admin'] as const;

export const operatorSchema = z.object({
  operatorId: idText,
  name: shortText,
  role: z.enum(roles),
  /** Organisations this operator may see; null: all. */
  organisationIds: z.array(idText).max(5000).nullable(),
});
export type Operator = z.infer<typeof operatorSchema>;

export const signedIn = z.object({
  kind: z.literal('signed-in'),
  operator: operatorSchema,
  /** For `csrfHeader`. */
  csrfToken: base64UrlText.max(200),
  consoleVersion: shortText,
  /** How the person proved it, and does so again for routes that are `fresh`. */
  via: z.enum(['password', 'sign-on']),
});
export type SignedIn = z.infer<typeof signedIn>;

export const sessionSchema = z.discriminatedUnion('kind', [
  signedIn,
  z.object({
    kind: z.literal('signed-out'),
    /** What single sign-on is called; null: not in use. */
    signOn: shortText.nullable(),
  }),
  /** No operator exists yet: only the link printed at first start helps. */
  z.object({ kind: z.literal('no-administrator') }),
]);
export type Session = z.infer<typeof sessionSchema>;

/** Without line breaks, control characters and characters that turn the direction of what follows. */
export const operatorName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);
export const password = z.string().min(1).max(200);
export const newPassword = z.string().min(12).max(200);
/** Six digits of an authenticator, or one of the recovery codes. */
export const proofCode = z.string().regex(/^(\d{6}|[A-Za-z2-7]{4}(-[A-Za-z2-7]{4}){3})$/);

export const sessionRoutes = {
  /** Always 200: what the page has to show first. */
  read: route({ method: 'GET', path: '/api/session', access: 'public', response: sessionSchema }),

  /** Name, password or code wrong: 401 `auth.refused`, the same for all three. Too often: 429 `rate-limited`. */
  signIn: route({
    method: 'POST',
    path: '/api/session',
    access: 'public',
    body: z.object({
      name: operatorName,
      password,
      /** Of operators with a second factor. */
      code: proofCode.optional(),
    }),
    response: z.discriminatedUnion('kind', [signedIn, z.object({ kind: z.literal('code-required') })]),
  }),

  signOut: route({ method: 'DELETE', path: '/api/session', access: 'viewer', person: true, response: null }),

  /** For routes that are `fresh`: the person at an open session proves again to be that person. Faults as at sign-in. */
  confirm: route({
    method: 'POST',
    path: '/api/session/confirm',
    access: 'viewer',
    person: true,
    body: z.object({ password, code: proofCode.optional() }),
    response: z.object({ kind: z.enum(['confirmed', 'code-required']) }),
  }),

  /** Once, with the secret of the link printed at first start; dead as soon as an operator exists (`auth.forbidden`). */
  firstAdministrator: route({
    method: 'POST',
    path: '/api/first-administrator',
    access: 'public',
    body: z.object({
      secret: base64UrlText.min(1).max(200),
      name: operatorName,
      password: newPassword,
    }),
    response: signedIn,
  }),
};
