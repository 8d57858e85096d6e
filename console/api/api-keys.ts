/** API keys: for programs, as `Authorization: Bearer …` on every route that is not for people alone. Never in cookies. */
import * as z from 'zod';
import { listOf, route } from '#console/api/route.ts';
import { operatorSchema } from '#console/api/session.ts';
import { operatorLabel } from '#console/api/shown-state.ts';
import { idText, isoTime, shortText } from '#protocol/words.ts';

const scopes = {
  /** At most the role of whoever makes it, at any time. */
  role: operatorSchema.shape.role,
  /** null: all that whoever makes it may see. */
  organisationIds: operatorSchema.shape.organisationIds,
  /** May do what the page asks the password for: connections, install keys, many devices at once. */
  mayConfirmed: z.boolean(),
};

export const apiKeySchema = z.object({
  apiKeyId: idText,
  label: shortText,
  /** With whose rights; the key dies with that operator. */
  operatorName: shortText,
  ...scopes,
  state: z.enum(['active', 'expired', 'revoked']),
  createdAt: isoTime,
  expiresAt: isoTime,
  usedAt: isoTime.nullable(),
  usedAddress: shortText.nullable(),
});
export type ApiKey = z.infer<typeof apiKeySchema>;

const own = { access: 'viewer', person: true } as const;

export const apiKeyRoutes = {
  /** Your own, and an administrator's also of those that they manage. Newest first. */
  list: route({ method: 'GET', path: '/api/api-keys', ...own, response: listOf(apiKeySchema) }),

  create: route({
    method: 'POST',
    path: '/api/api-keys',
    ...own,
    fresh: true,
    body: z.object({
      label: operatorLabel.trim().min(1),
      role: scopes.role,
      organisationIds: scopes.organisationIds,
      mayConfirmed: scopes.mayConfirmed.default(false),
      lifetimeDays: z.int().min(1).max(365).default(90),
    }),
    /** The secret is shown once. */
    response: z.object({ key: apiKeySchema, secret: shortText }),
  }),

  revoke: route({
    method: 'DELETE',
    path: '/api/api-keys/:apiKeyId',
    ...own,
    params: z.object({ apiKeyId: idText }),
    response: apiKeySchema,
  }),
};
