/** A real OpenID Connect provider on this machine, with forms that take any password. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { Provider, type Configuration } from 'oidc-provider';

export const clientId = 'garrison';
export const clientSecret = 'a-secret-of-garrison-at-the-provider';

export interface Account {
  readonly sub: string;
  readonly preferred_username?: string;
  readonly name?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
}

export interface ProviderOptions {
  /** Whom the browser is sent back to. */
  readonly redirectUrl: string;
  /** Other than 127.0.0.1, where it listens too: another site for a browser. */
  readonly host?: string;
  readonly accounts?: readonly Account[];
}

export const bob: Account = {
  sub: 'provider-number-7',
  preferred_username: 'bob',
  name: 'Bob Baker',
  email: 'bob@bakery.example',
  email_verified: true,
};

export interface RunningProvider {
  readonly issuer: string;
  readonly provider: Provider;
  /** Who can sign in: by subject, which the form takes as login. */
  readonly accounts: Map<string, Account>;
  stop(): Promise<void>;
}

function configuration(options: ProviderOptions, accounts: ReadonlyMap<string, Account>): Configuration {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [options.redirectUrl],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'first', use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['cookies of the provider of a test'] },
    claims: { email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
    findAccount: (_context, sub) => {
      const account = accounts.get(sub);
      if (account === undefined) return undefined;
      return { accountId: sub, claims: () => ({ ...account }) };
    },
    ttl: { Interaction: 600, Session: 3_600, Grant: 3_600, AuthorizationCode: 60, AccessToken: 600, IdToken: 600 },
  };
}

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('listens nowhere');
  return { server, port: address.port };
}

export async function startProvider(options: ProviderOptions): Promise<RunningProvider> {
  const { server, port } = await listening();
  const issuer = `http://${options.host ?? '127.0.0.1'}:${port}`;
  const accounts = new Map((options.accounts ?? [bob]).map((account) => [account.sub, account]));
  const provider = new Provider(issuer, configuration(options, accounts));
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  return {
    issuer,
    provider,
    accounts,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
