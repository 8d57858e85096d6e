import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signOnRoutes } from '#console/api/sign-on.ts';
import { buildOperatorApp } from '#console/operator-app.ts';
import { logOptions } from '#console/operation/log.ts';
import type { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { ForgingProvider } from '#test/worlds/sign-on/forging.ts';
import { clientSecret } from '#test/worlds/sign-on/provider.ts';
import { Browser, redirectUrl, signingOnWorld, wanted } from '#test/worlds/sign-on/signing-on.ts';

let provider: ForgingProvider;
let world: ConsoleWorld;

beforeEach(async () => {
  provider = await ForgingProvider.start();
  const made = await signingOnWorld();
  ({ world } = made);
  await made.ann.call(signOnRoutes.setProvider, { body: wanted(provider.issuer) });
});
afterEach(async () => {
  await world.stop();
  await provider.stop();
});

describe('what opens a door on the way through the provider', () => {
  it('G20: stands in no log, no row and no answer, whether it went well or not', async () => {
    const lines: string[] = [];
    const log = logOptions('debug', 'operators', { write: (line) => void lines.push(line) });
    const app = await buildOperatorApp(world.operatorSide, { log });
    const browser = new Browser(world);
    Object.assign(browser.client, { app });
    const secrets: string[] = [clientSecret];
    const headers: string[] = [];
    for (const forged of [{}, { claims: { aud: 'another-client' } }]) {
      provider.forged = forged;
      const { searchParams } = new URL(await browser.begin());
      provider.nonce = searchParams.get('nonce') ?? '';
      const state = searchParams.get('state') ?? '';
      const code = `code-${state.slice(0, 10)}-canary`;
      secrets.push(
        state,
        provider.nonce,
        code,
        browser.flowCookie.split('=')[1] ?? '',
        provider.idToken().split('.')[1] ?? '',
      );
      const answer = await app.inject({
        url: `${new URL(redirectUrl).pathname}?${new URLSearchParams({ code, state })}`,
        headers: { cookie: browser.flowCookie },
      });
      headers.push(JSON.stringify(answer.headers), answer.body);
      expect(answer.statusCode).toBe(303);
      expect(answer.headers['referrer-policy']).toBe('no-referrer');
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    await app.close();
    const rows = await Promise.all(
      (['audit', 'meta', 'operators', 'operator_identities', 'operator_sessions', 'sign_on_flows'] as const).map(
        (table) => world.store.read.selectFrom(table).selectAll().execute(),
      ),
    );
    expect(lines.some((line) => line.includes('/api/sign-on/callback'))).toBe(true);
    const said = [...lines, ...headers, JSON.stringify(rows)].join('\n');
    expect(secrets.filter((secret) => secret === '' || said.includes(secret))).toEqual([]);
  });
});
