/** How the mock answers about people, their sessions and their API keys. */
import type { ApiKey } from '#console/api/api-keys.ts';
import type { OperatorSession } from '#console/api/account.ts';
import type { SignOnProvider } from '#console/api/sign-on.ts';
import type { ManagedOperator } from '#console/api/operators.ts';
import { found, Refusal, type Answers } from './answering.ts';
import { dayMs, hourMs, iso } from './states.ts';
import type { PageWorld } from './world.ts';

/** As `makeRecoveryCodes` makes them. */
const recoveryCodes = Array.from({ length: 10 }, (_, index) => `abcd-efgh-ijkl-mno${'abcdefghij'[index]}`);

export class PeopleWorld {
  operators: ManagedOperator[];
  sessions: OperatorSession[];
  apiKeys: ApiKey[];
  secondFactor = false;
  recoveryCodesLeft = 0;
  /** Single sign-on; null: none. */
  provider: SignOnProvider | null = null;
  /** Where the provider is, as far as the page is told. */
  away = 'https://login.example.net/authorize';
  /** Codes of the authenticator that is being set up. */
  readonly code = '123456';

  constructor(nowMs: number) {
    this.operators = makeOperators(nowMs);
    this.sessions = makeSessions(nowMs);
    this.apiKeys = makeApiKeys(nowMs);
  }

  change(operatorId: string, change: Partial<ManagedOperator>): ManagedOperator {
    const changed = { ...found(this.operators.find((one) => one.operatorId === operatorId)), ...change };
    this.operators = this.operators.map((one) => (one.operatorId === operatorId ? changed : one));
    return changed;
  }
}

function makeOperators(nowMs: number): ManagedOperator[] {
  const operator = (operatorId: string, name: string, rest: Partial<ManagedOperator>): ManagedOperator => ({
    operatorId,
    name,
    role: 'operator',
    organisationIds: null,
    state: 'active',
    password: true,
    secondFactor: true,
    signOn: null,
    createdAt: iso(nowMs - 90 * dayMs),
    createdBy: 'ada',
    signedInAt: iso(nowMs - 3 * hourMs),
    setUpExpiresAt: null,
    apiKeys: 0,
    sessions: 1,
    fixed: null,
    ...rest,
  });
  return [
    operator('op-1', 'ada', { role: 'admin', createdBy: null, fixed: 'yourself', apiKeys: 2 }),
    operator('op-2', 'otto', { secondFactor: false, organisationIds: ['o-north', 'o-alpine'] }),
    operator('op-3', 'lena', { state: 'invited', password: false, secondFactor: false, signedInAt: null, sessions: 0 }),
    operator('op-4', 'mila', {
      state: 'no-role',
      role: null,
      password: false,
      secondFactor: false,
      signOn: { name: 'mila@example.net', provider: 'login.example.net' },
      organisationIds: [],
    }),
    operator('op-5', 'fritz', { state: 'disabled', role: 'viewer', sessions: 0 }),
  ];
}

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const edge =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0';

function makeSessions(nowMs: number): OperatorSession[] {
  const session = (sessionId: string, rest: Partial<OperatorSession>): OperatorSession => ({
    sessionId,
    operatorName: 'ada',
    current: false,
    createdAt: iso(nowMs - 3 * hourMs),
    usedAt: iso(nowMs - 60_000),
    expiresAt: iso(nowMs + 9 * hourMs),
    address: '192.0.2.17',
    browser: firefox,
    via: 'password',
    ...rest,
  });
  return [
    session('ses-1', { current: true, usedAt: iso(nowMs) }),
    session('ses-2', { browser: edge, address: '2001:db8::17' }),
    session('ses-3', { operatorName: 'otto', browser: 'curl/8.5.0' }),
  ];
}

function makeApiKeys(nowMs: number): ApiKey[] {
  const key = (apiKeyId: string, label: string, rest: Partial<ApiKey>): ApiKey => ({
    apiKeyId,
    label,
    operatorName: 'ada',
    role: 'viewer',
    organisationIds: null,
    mayConfirmed: false,
    state: 'active',
    createdAt: iso(nowMs - 20 * dayMs),
    expiresAt: iso(nowMs + 70 * dayMs),
    usedAt: iso(nowMs - hourMs),
    usedAddress: '192.0.2.40',
    ...rest,
  });
  return [
    key('apk-1', 'Nightly report', {}),
    key('apk-2', 'Ticket system', { role: 'admin', mayConfirmed: true, organisationIds: ['o-north'] }),
    key('apk-3', 'Old script', { state: 'revoked', usedAt: null, usedAddress: null, operatorName: 'otto' }),
  ];
}

function managing(people: PeopleWorld): Answers {
  const link = {
    link: 'https://garrison.example.net/set-up#c2V0LXVwLXNlY3JldA',
    expiresAt: iso(Date.now() + 72 * hourMs),
  };
  return {
    'operatorManagement.list': () => ({ items: people.operators }),
    'operatorManagement.create': ({ body }) => {
      if (people.operators.some((one) => one.name === body.name)) throw new Refusal(409, 'request.conflict');
      const made = { ...found(people.operators[2]), ...body, operatorId: `op-${people.operators.length + 1}` };
      people.operators.push(made);
      return { operator: made, ...link };
    },
    'operatorManagement.change': ({ params, body }) =>
      people.change(params['operatorId'] ?? '', { ...body, state: 'active' }),
    'operatorManagement.setDisabled': ({ params, body }) =>
      people.change(params['operatorId'] ?? '', { state: body.disabled ? 'disabled' : 'active' }),
    'operatorManagement.remove': ({ params }) => {
      people.operators = people.operators.filter((one) => one.operatorId !== params['operatorId']);
      return null;
    },
    'operatorManagement.resetSecondFactor': ({ params }) =>
      people.change(params['operatorId'] ?? '', { secondFactor: false }),
    'operatorManagement.renewSetUpLink': () => link,
  };
}

export function operatorAnswers(world: PageWorld): Answers {
  const { people } = world;
  const account = () => ({
    password: true,
    secondFactor: people.secondFactor,
    recoveryCodesLeft: people.recoveryCodesLeft,
    signOnName: null,
  });
  const codes = () => {
    people.recoveryCodesLeft = 10;
    return { recoveryCodes };
  };
  return {
    ...managing(people),
    'setUp.look': ({ body }) => {
      if (body.secret !== 'good') throw new Refusal(403, 'auth.forbidden');
      return { name: 'lena', expiresAt: iso(Date.now() + hourMs) };
    },
    'setUp.choosePassword': () => {
      world.signedIn = true;
      return {
        kind: 'signed-in',
        operator: { operatorId: 'op-3', name: 'lena', role: 'viewer', organisationIds: null },
        csrfToken: 'mock-csrf',
        consoleVersion: '0.1.0',
        via: 'password',
      };
    },
    'account.read': account,
    'account.changePassword': ({ body }) => {
      if (body.password !== world.password) throw new Refusal(401, 'auth.refused');
      return { kind: 'changed' };
    },
    'account.offerSecondFactor': () => ({
      uri: 'otpauth://totp/Garrison:ada?issuer=Garrison&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
      secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    }),
    'account.proveSecondFactor': ({ body }) => {
      if (body.code !== people.code) throw new Refusal(401, 'auth.refused');
      people.secondFactor = true;
      return codes();
    },
    'account.dropSecondFactor': () => {
      people.secondFactor = false;
      return account();
    },
    'account.renewRecoveryCodes': codes,
    'account.sessions': ({ query }) => ({
      items: people.sessions.filter((one) => query.everybody === 'true' || one.operatorName === 'ada'),
    }),
    'account.endSession': ({ params }) => {
      people.sessions = people.sessions.filter((one) => one.sessionId !== params['sessionId']);
      return null;
    },
    'apiKeys.list': () => ({ items: people.apiKeys }),
    'apiKeys.create': ({ body }) => {
      const { lifetimeDays, ...scopes } = body;
      const expiresAt = iso(Date.now() + lifetimeDays * dayMs);
      const made = { ...found(people.apiKeys[0]), ...scopes, expiresAt, apiKeyId: `apk-${people.apiKeys.length + 1}` };
      people.apiKeys = [made, ...people.apiKeys];
      return { key: made, secret: `garrison-api-key.apk_${'0'.repeat(24)}.${'A'.repeat(43)}` };
    },
    'apiKeys.revoke': ({ params }) => {
      const key = found(people.apiKeys.find((one) => one.apiKeyId === params['apiKeyId']));
      const revoked = { ...key, state: 'revoked' as const };
      people.apiKeys = people.apiKeys.map((one) => (one.apiKeyId === key.apiKeyId ? revoked : one));
      return revoked;
    },
  };
}
