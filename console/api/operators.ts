/** People who may sign in, as administrators manage them. Who is limited to organisations manages only who has no others. */
import * as z from 'zod';
import { listOf, route } from '#console/api/route.ts';
import { newPassword, operatorName, operatorSchema, signedIn } from '#console/api/session.ts';
import { base64UrlText, counter, idText, isoTime, shortText } from '#protocol/words.ts';

/**
 * `invited`: has not used the set-up link yet · `no-role`: came by single sign-on and waits for a role · `disabled`: may
 * not sign in until somebody allows it again.
 */
const operatorStates = ['active', 'invited', 'no-role', 'disabled'] as const;

const grant = {
  role: operatorSchema.shape.role,
  /** null: all. Never more than who gives them has. */
  organisationIds: operatorSchema.shape.organisationIds,
};

export const managedOperatorSchema = z.object({
  operatorId: idText,
  name: shortText,
  /** null: none yet. */
  role: operatorSchema.shape.role.nullable(),
  organisationIds: operatorSchema.shape.organisationIds,
  state: z.enum(operatorStates),
  password: z.boolean(),
  secondFactor: z.boolean(),
  /** Who the person is at the single sign-on provider; null: a local account. */
  signOn: z.object({ name: shortText, provider: shortText }).nullable(),
  createdAt: isoTime,
  createdBy: shortText.nullable(),
  signedInAt: isoTime.nullable(),
  setUpExpiresAt: isoTime.nullable(),
  apiKeys: counter,
  sessions: counter,
  /** Why the asker cannot change, disable or remove this one; null: can. */
  fixed: z.enum(['yourself', 'last-administrator']).nullable(),
});
export type ManagedOperator = z.infer<typeof managedOperatorSchema>;

/** Shown once: whoever opens it chooses the password. */
const setUpLink = { link: z.url().max(500), expiresAt: isoTime };
const params = z.object({ operatorId: idText });
const changes = { access: 'admin', fresh: true, person: true, params } as const;

export const operatorManagementRoutes = {
  list: route({
    method: 'GET',
    path: '/api/operators',
    access: 'admin',
    person: true,
    response: listOf(managedOperatorSchema),
  }),

  /** Name taken: `request.conflict`. */
  create: route({
    method: 'POST',
    path: '/api/operators',
    access: 'admin',
    fresh: true,
    person: true,
    body: z.object({ name: operatorName, ...grant }),
    response: z.object({ operator: managedOperatorSchema, ...setUpLink }),
  }),

  /** Ends what is open of this operator at once. `request.conflict`: yourself, or the last administrator of everything. */
  change: route({
    method: 'PUT',
    path: '/api/operators/:operatorId',
    ...changes,
    body: z.object(grant),
    response: managedOperatorSchema,
  }),

  /** Sessions end and API keys are revoked at once; allowing again revives neither. */
  setDisabled: route({
    method: 'PUT',
    path: '/api/operators/:operatorId/disabled',
    ...changes,
    body: z.object({ disabled: z.boolean() }),
    response: managedOperatorSchema,
  }),

  remove: route({ method: 'DELETE', path: '/api/operators/:operatorId', ...changes, response: null }),

  /** After a lost telephone: the password alone lets in until a new authenticator is set up. Recovery codes go too. */
  resetSecondFactor: route({
    method: 'DELETE',
    path: '/api/operators/:operatorId/second-factor',
    ...changes,
    response: managedOperatorSchema,
  }),

  /** After a forgotten password; the old one fits until the link is used. An earlier link is dead. */
  renewSetUpLink: route({
    method: 'POST',
    path: '/api/operators/:operatorId/set-up-link',
    ...changes,
    response: z.object(setUpLink),
  }),
};

const setUpSecret = base64UrlText.min(1).max(200);

/** With the secret of a set-up link; it travels in the body, never in an address. Used up or too old: `auth.forbidden`. */
export const setUpRoutes = {
  look: route({
    method: 'POST',
    path: '/api/set-up/look',
    access: 'public',
    body: z.object({ secret: setUpSecret }),
    response: z.object({ name: shortText, expiresAt: isoTime }),
  }),

  /** `code-required`: the password is set, and signing in needs the authenticator. */
  choosePassword: route({
    method: 'POST',
    path: '/api/set-up',
    access: 'public',
    body: z.object({ secret: setUpSecret, password: newPassword }),
    response: z.discriminatedUnion('kind', [signedIn, z.object({ kind: z.literal('code-required') })]),
  }),
};
