/** Single sign-on by OpenID Connect: the provider as administrators of everything set it, and the way through it. */
import * as z from 'zod';
import { route } from '#console/api/route.ts';
import { counter } from '#protocol/words.ts';

/** A domain of e-mail addresses, in lower case. */
const mailDomain = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^(?=.{1,200}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/);

export const providerSchema = z.object({
  /** What stands on the button: "Sign in with …". */
  label: z
    .string()
    .trim()
    .min(1)
    .max(40)
    .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u),
  /** As the provider names itself. */
  issuer: z.string().trim().min(1).max(500),
  clientId: z.string().trim().min(1).max(300),
  /** Certificate authority of its own, in PEM. */
  caPem: z.string().max(20_000).nullable(),
  /** Only people with a verified address in one of these; empty: whomever the provider lets in. */
  mailDomains: z.array(mailDomain).max(50),
  /** Off: nobody signs in by it, and nothing is forgotten. */
  enabled: z.boolean(),
  hasSecret: z.boolean(),
});
export type SignOnProvider = z.infer<typeof providerSchema>;

const settings = z.object({
  provider: providerSchema.nullable(),
  /** To be entered at the provider. */
  redirectUrl: z.url().max(500),
  /** Who has a role and comes by the provider that is set. */
  operators: counter,
});
export type SignOnSettings = z.infer<typeof settings>;

/** Where the browser goes; the way back is tied to it by a cookie. */
const onward = z.object({ url: z.url().max(8_000) });

const changes = { path: '/api/settings/sign-on', access: 'admin', fresh: true, person: true } as const;

export const signOnRoutes = {
  /** `sign-on.off` when no provider is set; 429 `rate-limited` for an address with too many of them or of failures. */
  begin: route({ method: 'POST', path: '/api/sign-on', access: 'public', response: onward }),

  /** As `begin`, for routes that are `fresh`: the provider asks the person at this session to sign in once more. */
  confirm: route({
    method: 'POST',
    path: '/api/session/sign-on',
    access: 'viewer',
    person: true,
    response: onward,
  }),

  /**
   * Where the provider sends the browser back to; every outcome is a redirect into the page, which says the code of what
   * went wrong. Nothing that came with it stays in an address.
   */
  callback: route({
    method: 'GET',
    path: '/api/sign-on/callback',
    access: 'public',
    query: z.object({
      code: z.string().max(8_000).optional(),
      state: z.string().max(500).optional(),
      iss: z.string().max(1_000).optional(),
      error: z.string().max(500).optional(),
    }),
    redirects: true,
    response: null,
  }),

  settings: route({
    method: 'GET',
    path: '/api/settings/sign-on',
    access: 'admin',
    person: true,
    response: settings,
  }),

  /**
   * Asks the provider for its description first. Another issuer or client, or switching it off, ends every session that came
   * by the one before, and needs an administrator of everything with a password: `sign-on.last-local`.
   */
  setProvider: route({
    method: 'PUT',
    ...changes,
    body: providerSchema.omit({ hasSecret: true }).extend({
      /** null: the one known stays, as long as issuer, client id and certificate do. */
      clientSecret: z.string().min(1).max(500).nullable(),
    }),
    response: settings,
  }),

  /** Its sessions end at once. Who came by it stays listed. */
  removeProvider: route({ method: 'DELETE', ...changes, response: settings }),
};

/** Where in the page a sign-in ends, and what is said there. */
export const signOnPlaces = { signedIn: '/', confirmed: '/confirmed', problem: 'sign-on' } as const;
