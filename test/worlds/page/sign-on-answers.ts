/** How the mock answers about single sign-on. */
import type { SignOnProvider, SignOnSettings } from '#console/api/sign-on.ts';
import { Refusal, type Answers } from './answering.ts';
import type { PageWorld } from './world.ts';

export function provider(): SignOnProvider {
  return {
    label: 'Example login',
    issuer: 'https://login.example.net/realms/staff',
    clientId: 'garrison',
    caPem: null,
    mailDomains: ['example.net'],
    enabled: true,
    hasSecret: true,
  };
}

export function signOnAnswers({ people }: PageWorld): Answers {
  const settings = (): SignOnSettings => ({
    provider: people.provider,
    redirectUrl: 'https://garrison.example.net/api/sign-on/callback',
    operators: people.provider === null ? 0 : 3,
  });
  return {
    'signOn.begin': () => {
      if (people.provider === null) throw new Refusal(422, 'sign-on.off');
      return { url: people.away };
    },
    'signOn.confirm': () => ({ url: people.away }),
    'signOn.settings': settings,
    'signOn.setProvider': ({ body }) => {
      if (String(body.issuer).startsWith('http:')) throw new Refusal(422, 'sign-on.address');
      const { clientSecret, ...rest } = body;
      if (clientSecret === null && people.provider === null) throw new Refusal(400, 'request.invalid');
      people.provider = { ...rest, hasSecret: true };
      return settings();
    },
    'signOn.removeProvider': () => {
      people.provider = null;
      return settings();
    },
  };
}
