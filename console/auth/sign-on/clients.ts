/** The client of the provider that is set, made once and made anew when the settings change or grow old. */
import { connectProvider, type ProviderClient } from '#console/auth/sign-on/client.ts';
import { rulesOf, type SignOnParts } from '#console/auth/sign-on/parts.ts';
import { clientSecretOf, digestOf, type StoredProvider } from '#console/auth/sign-on/provider.ts';

/** A provider may move an endpoint; one that does not answer is not asked again by everybody who tries. */
const goodForMs = 10 * 60_000;
const badForMs = 5_000;
const timeoutMs = 10_000;
/** Somebody may still be signing in by a client that is being replaced: three requests, one after the other. */
const inUseMs = 60_000;

type About = Pick<StoredProvider, 'issuer' | 'clientId' | 'caPem'>;

interface Kept {
  readonly digest: string;
  readonly client: Promise<ProviderClient>;
  untilMs: number;
}

export interface Clients {
  of(provider: StoredProvider): Promise<ProviderClient>;
  /** Not kept, and without the secret: to find out whether there is such a provider. */
  tryOut(provider: About): Promise<ProviderClient>;
  close(): void;
}

export function createClients(parts: SignOnParts): Clients {
  let kept: Kept | null = null;

  const connect = (provider: About, clientSecret: string): Promise<ProviderClient> =>
    connectProvider({
      issuer: provider.issuer,
      clientId: provider.clientId,
      clientSecret,
      caPem: provider.caPem,
      rules: rulesOf(parts),
      timeoutMs: parts.timeoutMs ?? timeoutMs,
      version: parts.settings.version,
    });

  function drop(afterMs: number): void {
    kept?.client.then(
      (client) => void setTimeout(() => client.close(), afterMs).unref(),
      () => undefined,
    );
    kept = null;
  }

  return {
    of(provider) {
      const digest = digestOf(provider);
      const nowMs = parts.clock.now();
      if (kept !== null && kept.digest === digest && nowMs < kept.untilMs) return kept.client;
      drop(inUseMs);
      const client = connect(provider, clientSecretOf(parts.sealer, provider));
      const made: Kept = { digest, client, untilMs: nowMs + goodForMs };
      client.catch(() => {
        made.untilMs = parts.clock.now() + badForMs;
      });
      kept = made;
      return client;
    },
    tryOut: (provider) => connect(provider, 'not sent'),
    close: () => drop(0),
  };
}
