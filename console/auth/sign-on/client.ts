/** One provider, spoken to: its description, the way there, and what a code is worth. */
import * as openid from 'openid-client';
import { Fault } from '#protocol/codes.ts';
import { algorithms, personOf, type Person } from '#console/auth/sign-on/claims.ts';
import { discoveryFault, exchangeFault } from '#console/auth/sign-on/faults.ts';
import { providerUrl, providerWire, type Wire, type WireOptions } from '#console/auth/sign-on/wire.ts';

export interface ClientOptions extends WireOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What ties an answer to the browser and to the sign-in that asked for it. */
export interface FlowSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface ProviderClient {
  /** As the provider writes it. */
  readonly issuer: string;
  authorizationUrl(secrets: FlowSecrets, redirectUrl: string, again: boolean): Promise<string>;
  /** `answer`: the redirect address with what came with it. Faults `sign-on.…`. */
  exchange(answer: URL, secrets: FlowSecrets): Promise<Person>;
  close(): void;
}

export function newSecrets(): FlowSecrets {
  return {
    state: openid.randomState(),
    nonce: openid.randomNonce(),
    verifier: openid.randomPKCECodeVerifier(),
  };
}

/** Someone may paste the address of the description itself. */
export function issuerOf(text: string, options: Pick<WireOptions, 'rules'>): string {
  const trimmed = text.trim().replace(/\/\.well-known\/openid-configuration$/, '');
  const url = new URL(providerUrl(trimmed, options.rules));
  if (url.search !== '') throw new Fault('sign-on.address', 'an issuer has no query');
  return trimmed;
}

/** The one that the client secret is sent by: as a field where the provider takes it, else as HTTP Basic. */
function clientAuthentication(metadata: openid.ServerMetadata, secret: string): openid.ClientAuth {
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return methods.includes('client_secret_post') ? openid.ClientSecretPost(secret) : openid.ClientSecretBasic(secret);
}

const unsupported = (why: string): Fault => new Fault('sign-on.unsupported', why);

/** The description with nothing but what we accept; every address in it is judged. */
function demandUsable(metadata: openid.ServerMetadata, options: ClientOptions): openid.ServerMetadata {
  const { issuer, rules } = options;
  const same = URL.canParse(metadata.issuer) && new URL(metadata.issuer).href === new URL(issuer).href;
  if (!same)
    throw new Fault(
      'sign-on.issuer-mismatch',
      `set is ${issuer}, the provider calls itself ${metadata.issuer.slice(0, 300)}`,
    );
  const { authorization_endpoint: there, token_endpoint: token, jwks_uri: keys, userinfo_endpoint: more } = metadata;
  for (const [name, endpoint] of Object.entries({
    authorization_endpoint: there,
    token_endpoint: token,
    jwks_uri: keys,
  })) {
    if (typeof endpoint !== 'string') throw unsupported(`its description names no ${name}`);
    providerUrl(endpoint, rules);
  }
  if (more !== undefined) providerUrl(more, rules);
  const { code_challenge_methods_supported: pkce, response_types_supported: types } = metadata;
  if (types !== undefined && !types.includes('code')) throw unsupported('it has no authorization code flow');
  if (pkce !== undefined && !pkce.includes('S256')) throw unsupported('it has no PKCE with S256');
  const signed = metadata.id_token_signing_alg_values_supported ?? ['RS256'];
  const accepted = algorithms.filter((one) => signed.includes(one));
  if (accepted.length === 0) throw unsupported('it signs ID tokens in no way that is accepted');
  return { ...metadata, id_token_signing_alg_values_supported: accepted };
}

async function describe(options: ClientOptions, wire: Wire): Promise<openid.Configuration> {
  const { issuer, clientId, clientSecret, rules, timeoutMs } = options;
  const server = new URL(issuerOf(issuer, options));
  const execute = rules.loopbackAllowed && server.protocol === 'http:' ? [openid.allowInsecureRequests] : [];
  const timeout = timeoutMs / 1000;
  let found: openid.Configuration;
  try {
    // Whom it is described for does not matter yet; whether it is whom it must be is judged below.
    const described = new URL(`${server.href.replace(/\/$/, '')}/.well-known/openid-configuration`);
    found = await openid.discovery(described, clientId, undefined, openid.None(), {
      [openid.customFetch]: wire.fetch,
      timeout,
      execute,
    });
  } catch (error) {
    throw discoveryFault(error, issuer);
  }
  const metadata = demandUsable({ ...found.serverMetadata() }, options);
  const configuration = new openid.Configuration(
    metadata,
    clientId,
    undefined,
    clientAuthentication(metadata, clientSecret),
  );
  configuration[openid.customFetch] = wire.fetch;
  configuration.timeout = timeout;
  for (const extension of execute) extension(configuration);
  // Without this the signature would rest on TLS alone.
  openid.enableNonRepudiationChecks(configuration);
  return configuration;
}

/** Many providers put name and address only there. */
async function userInfo(
  configuration: openid.Configuration,
  accessToken: string,
  claims: openid.IDToken,
): Promise<Record<string, unknown>> {
  const told = claims['email'] !== undefined && claims['preferred_username'] !== undefined;
  if (told || configuration.serverMetadata().userinfo_endpoint === undefined) return {};
  return { ...(await openid.fetchUserInfo(configuration, accessToken, claims.sub)) };
}

/** Faults `sign-on.…` when the provider cannot be used. */
export async function connectProvider(options: ClientOptions): Promise<ProviderClient> {
  const wire = providerWire(options);
  const configuration = await describe(options, wire).catch((error: unknown) => {
    wire.close();
    throw error;
  });
  return {
    issuer: configuration.serverMetadata().issuer,
    async authorizationUrl({ state, nonce, verifier }, redirectUrl, again) {
      const url = openid.buildAuthorizationUrl(configuration, {
        response_type: 'code',
        scope: 'openid profile email',
        redirect_uri: redirectUrl,
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(again ? { prompt: 'login', max_age: '0' } : {}),
      });
      return url.href;
    },
    async exchange(answer, { state, nonce, verifier }) {
      try {
        const tokens = await openid.authorizationCodeGrant(configuration, answer, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
        });
        const claims = tokens.claims();
        if (claims === undefined) throw new Fault('sign-on.token-refused', 'the provider sent no ID token');
        return personOf(claims, await userInfo(configuration, tokens.access_token, claims), options.clientId);
      } catch (error) {
        throw exchangeFault(error);
      }
    },
    close: () => wire.close(),
  };
}
