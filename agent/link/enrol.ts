/** Becoming known to a console. Idempotent: a lost answer is asked for again with the same key pair. */
import { Fault } from '#protocol/codes.ts';
import { seal, sign } from '#protocol/crypto.ts';
import type { Enrolment } from '#protocol/enrolment.ts';
import { acceptKeySet } from '#protocol/key-set.ts';
import { enrolBytes, enrolResponse, keySetResponse, paths } from '#protocol/messages.ts';
import type { DeviceReport } from '#protocol/report.ts';
import { freshKeys, type Identity } from '#agent/identity/identity.ts';
import type { JsonFile } from '#agent/json-file.ts';
import { readAnswer } from '#agent/link/problem.ts';
import type { Transport } from '#agent/link/transport.ts';

const timeoutMs = 30_000;

export interface EnrolOptions {
  readonly enrolment: Enrolment;
  readonly identity: JsonFile<Identity>;
  readonly fingerprint: string;
  readonly machine: NonNullable<DeviceReport['machine']>['value'];
  readonly agentVersion: string;
  /** Accepts any certificate: what it brings is signed by the owner key. */
  readonly keySetTransport: Transport;
  /** Trusts what the key set says. */
  transportFor(identity: Identity): Transport;
}

export async function enrol(options: EnrolOptions): Promise<Identity> {
  const prepared = await prepare(options);
  const transport = options.transportFor(prepared);
  try {
    return await introduce(options, prepared, transport);
  } finally {
    transport.close();
  }
}

/** Keys are on disk before anybody hears of them. */
async function prepare(options: EnrolOptions): Promise<Identity> {
  const { enrolment, identity, fingerprint } = options;
  const known = await identity.read();
  if (known?.enrolled != null) throw new Fault('enrol.already', `enrolled in ${known.enrolled.organisationName}`);
  const answer = await options.keySetTransport.call({ method: 'GET', path: paths.keySet, headers: {}, timeoutMs });
  const { keySet } = readAnswer(answer, keySetResponse);
  try {
    acceptKeySet(keySet, enrolment.ownerKey, null);
  } catch (error) {
    throw new Fault('enrol.untrusted-console', 'its keys are not signed by the owner key in the string', {
      cause: error,
    });
  }
  const reusable = known !== null && known.enrolmentKey?.keyId === enrolment.keyId && known.fingerprint === fingerprint;
  const keys = reusable ? { signing: known.signing, sealing: known.sealing } : freshKeys();
  const { ownerKey, addresses } = enrolment;
  const enrolmentKey = { keyId: enrolment.keyId, secret: enrolment.secret };
  const prepared: Identity = { fingerprint, ...keys, ownerKey, addresses, keySet, enrolled: null, enrolmentKey };
  await identity.write(prepared);
  return prepared;
}

async function introduce(options: EnrolOptions, prepared: Identity, transport: Transport): Promise<Identity> {
  const keySet = acceptKeySet(prepared.keySet, prepared.ownerKey, null);
  const { signing, sealing, fingerprint } = prepared;
  const { keyId, secret } = options.enrolment;
  const claim = { keyId, signingKey: signing.publicKey, sealingKey: sealing.publicKey, fingerprint };
  const body = {
    ...claim,
    sealedKey: seal(keySet.sealingKey, `enrol:${signing.publicKey}`, Buffer.from(secret)),
    signature: Buffer.from(sign(signing.privateKey, Buffer.from(enrolBytes(claim)))).toString('base64url'),
    machine: options.machine,
    agentVersion: options.agentVersion,
    testTrust: options.agentVersion.includes('+test-trust'),
  };
  const answer = await transport.call({
    method: 'POST',
    path: paths.enrol,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    timeoutMs,
  });
  const granted = readAnswer(answer, enrolResponse);
  acceptKeySet(granted.keySet, prepared.ownerKey, keySet);
  if (granted.consoleId !== keySet.consoleId) throw new Fault('enrol.untrusted-console', 'answered as another console');
  const { deviceId, consoleId, organisationName } = granted;
  const enrolled: Identity = {
    ...prepared,
    keySet: granted.keySet,
    enrolled: { deviceId, consoleId, organisationName },
  };
  await options.identity.write(enrolled);
  return enrolled;
}
