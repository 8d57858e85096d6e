/**
 * The way to the provider and back. A cookie ties it to one browser, `state` to one answer, `nonce` to one token, the PKCE
 * verifier to one code; all four are used once.
 */
import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { equal, sha256Hex } from '#protocol/crypto.ts';
import type { OperatorParts } from '#console/auth/parts.ts';
import { newSecrets, type FlowSecrets } from '#console/auth/sign-on/client.ts';
import {
  addFlow,
  countFlowsFrom,
  findFlow,
  takeFlow,
  type SignOnFlowRow,
} from '#console/store/operators/sign-on-flows.ts';

export const flowLifeMs = 10 * 60_000;
const flowsMax = 2_000;
const perAddressMax = 50;

const secretsSchema = z.object({ state: z.string(), nonce: z.string(), verifier: z.string() });
const placeOf = (flowSha256: string) => ({ table: 'sign_on_flows', row: flowSha256, field: 'secrets_sealed' });

export interface NewFlow {
  /** For the cookie. */
  readonly token: string;
  readonly secrets: FlowSecrets;
}

export interface Flow {
  readonly secrets: FlowSecrets;
  readonly providerSha256: string;
  /** The session to be confirmed; null: a sign-in. */
  readonly sessionSha256: string | null;
  readonly startedAtMs: number;
}

export async function startFlow(
  { store, sealer, clock }: OperatorParts,
  about: Pick<Flow, 'providerSha256' | 'sessionSha256'> & { readonly address: string },
): Promise<NewFlow> {
  const token = randomBytes(32).toString('base64url');
  const flowSha256 = sha256Hex(token);
  const secrets = newSecrets();
  const row: SignOnFlowRow = {
    flow_sha256: flowSha256,
    secrets_sealed: sealer.seal(placeOf(flowSha256), JSON.stringify(secrets)),
    provider_sha256: about.providerSha256,
    session_sha256: about.sessionSha256,
    address: about.address.slice(0, 60),
    started_at: clock.now(),
  };
  await store.write(async (db) => {
    await addFlow(db, row, { lifeMs: flowLifeMs, keep: flowsMax });
    if ((await countFlowsFrom(db, row.address)) > perAddressMax)
      throw new Fault('rate-limited', 'too many sign-ins at once', { context: { retryAfterMs: 60_000 } });
  });
  return { token, secrets };
}

const lost = (): Fault => new Fault('sign-on.flow-lost', 'no sign-in of this browser is under way');

/** Ends the flow before anything is done with its code. Fault `sign-on.flow-lost`; a wrong `state` ends nothing. */
export async function endFlow(
  { store, sealer, clock }: OperatorParts,
  token: string | undefined,
  state: string | undefined,
): Promise<Flow> {
  if (token === undefined || state === undefined || !/^[A-Za-z0-9_-]{43}$/.test(token)) throw lost();
  const flowSha256 = sha256Hex(token);
  const row = await findFlow(store.read, flowSha256);
  if (row === null || row.started_at + flowLifeMs <= clock.now()) throw lost();
  const secrets = secretsSchema.parse(JSON.parse(sealer.open(placeOf(flowSha256), row.secrets_sealed)));
  if (!equal(Buffer.from(secrets.state), Buffer.from(state))) throw lost();
  if (!(await store.write((db) => takeFlow(db, flowSha256)))) throw lost();
  return {
    secrets,
    providerSha256: row.provider_sha256,
    sessionSha256: row.session_sha256,
    startedAtMs: row.started_at,
  };
}
