/** The signed time in the answer of a session: for this device, this console and this very session (G25, G33). */
import { describe, expect, it } from 'vitest';
import { createConsoleTime } from '#agent/console-time.ts';
import { createClient } from '#agent/link/client.ts';
import type { EnrolledIdentity } from '#agent/link/link-state.ts';
import type { Transport } from '#agent/link/transport.ts';
import { generateSealingKey, generateSigningKey } from '#protocol/crypto.ts';
import { signEnvelope } from '#protocol/envelope.ts';
import type { KeySet } from '#protocol/key-set.ts';
import { keySetResponse, paths } from '#protocol/messages.ts';

const online = generateSigningKey();
const own = { deviceId: 'dev_1', consoleId: 'con_1' };
const signedMs = Date.parse('2026-11-29T00:00:00.000Z');
const honest = { ...own, now: new Date(signedMs).toISOString(), challenge: 'challenge-of-now' };

function client(time: Partial<typeof honest>, key = online) {
  const accepted: number[] = [];
  const transport: Transport = {
    async call({ path, body }) {
      const proved = String(body ?? '').includes('"proof"');
      const token = {
        accessToken: 'a',
        expiresInMs: 3_600_000,
        time: signEnvelope('time', { ...honest, ...time }, [key]),
      };
      const answer = path !== paths.session ? { keySet: token.time } : proved ? token : { challenge: honest.challenge };
      return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(answer)) };
    },
    download: () => Promise.reject(new Error('nothing is downloaded')),
    close: () => undefined,
  };
  const clock = { now: () => 0, monotonic: () => 0, sleep: async () => undefined };
  const identity = { fingerprint: 'f', signing: generateSigningKey(), sealing: generateSealingKey(), enrolled: own };
  const keySet = { ...own, signingKeys: [online.publicKey], sealingKey: generateSealingKey().publicKey };
  const made = createClient({
    transport,
    time: createConsoleTime(clock, () => 0),
    identity: () => identity as unknown as EnrolledIdentity,
    keySet: () => keySet as unknown as KeySet,
    timeAccepted: async (atMs) => void accepted.push(atMs),
  });
  return { accepted, ask: () => made.request({ method: 'GET', path: paths.keySet, answer: keySetResponse }) };
}

describe('the time of a session', () => {
  it('is taken when it was signed for it', async () => {
    const { ask, accepted } = client({});
    await ask();
    expect(accepted).toEqual([signedMs]);
  });

  it.each([{ deviceId: 'dev_2' }, { consoleId: 'con_2' }, { challenge: 'challenge-of-another-session' }])(
    'is refused when it was signed with %j',
    async (other) => {
      const { ask, accepted } = client(other);
      await expect(ask()).rejects.toMatchObject({ code: 'network.console-untrusted' });
      expect(accepted).toEqual([]);
    },
  );

  it('is refused when another key has signed it', async () => {
    const { ask, accepted } = client({}, generateSigningKey());
    await expect(ask()).rejects.toMatchObject({ code: 'network.console-untrusted' });
    expect(accepted).toEqual([]);
  });
});
