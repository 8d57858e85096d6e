/**
 * A console as the agent's link sees one: the real protocol with real signatures over a network in virtual time. It keeps
 * events by (device, journal, number), takes them in one unbroken run as the real one does, and writes down what must
 * never happen. It can be stopped, and set back to an older state.
 */
import { generateSealingKey, generateSigningKey, seal, sha256Hex, unseal } from '#protocol/crypto.ts';
import { writeEnrolmentString } from '#protocol/enrolment.ts';
import { signEnvelope, type Envelope } from '#protocol/envelope.ts';
import { eventDataSchemas, isEventKind, type DeviceEvent } from '#protocol/events.ts';
import type { KeySet } from '#protocol/key-set.ts';
import {
  checkInRequest,
  diagnosticsPurpose,
  enrolRequest,
  paths,
  sessionRequest,
  siteTokenRequest,
  type CheckInRequest,
} from '#protocol/messages.ts';
import {
  macHeaders,
  requestMacHolds,
  sessionMacKey,
  verifyTranscript,
  type SessionTranscript,
} from '#protocol/session.ts';
import type { Call } from '#agent/link/transport.ts';
import { baseMs } from '#test/worlds/host/host.ts';
import type { WorldTime } from '#test/worlds/host/time.ts';

/** Made once: keys say nothing about a test. */
export const keys = {
  owner: generateSigningKey(),
  signing: generateSigningKey(),
  sealing: generateSealingKey(),
  foreign: generateSigningKey(),
};
export const consoleId = 'console-1';
const enrolmentKey = { keyId: 'key-1', secret: Buffer.from('an install key for tests').toString('base64url') };
export const enrolmentString = writeEnrolmentString({
  addresses: ['https://console.test'],
  ownerKey: keys.owner.publicKey,
  ...enrolmentKey,
});

export const vendorHost = 'usea1.sentinelone.net';
export const siteKey = '0a1b2c3d4e5f6789';
export const tokenFor = (host: string, key: string): string =>
  Buffer.from(JSON.stringify({ url: `https://${host}`, site_key: key })).toString('base64');
export const siteToken = tokenFor(vendorHost, siteKey);

export interface Told {
  readonly status: number;
  readonly body: unknown;
}

export interface DeviceRecord {
  readonly deviceId: string;
  readonly signingKey: string;
  readonly sealingKey: string;
  readonly fingerprint: string;
  journals: Map<string, { acknowledged: number; events: Map<number, string>; gaps: { from: number; to: number }[] }>;
  digest: string | null;
  report: CheckInRequest['state'] | null;
  assignment: Envelope | null;
  assignmentNumber: number;
  commands: { readonly position: number; readonly envelope: Envelope }[];
}

interface Session {
  readonly deviceId: string;
  readonly macKey: Buffer;
  readonly endsAtMs: number;
  readonly counters: Set<number>;
}

export class ModelConsole {
  readonly time: WorldTime;
  readonly violations: string[] = [];
  devices = new Map<string, DeviceRecord>();
  /** Removed devices, with what each of them is answered as proof. */
  removals = new Map<string, () => unknown>();
  /** No answer at all. */
  down = false;
  /** What is sent in place of the sealed site token. */
  token = siteToken;
  package = Buffer.alloc(0);
  /** Releases of the agent and their programs, by the path they are asked for. */
  releases = new Map<string, Buffer>();
  /** Each coming download ends after so many bytes. */
  cuts: number[] = [];
  /** Each coming download has a changed byte. */
  altered = 0;
  requests: string[] = [];
  /** Answers as one that is overloaded. */
  refusesDiagnostics = false;
  /** Archives by command, unsealed. */
  diagnostics = new Map<string, Buffer>();
  /** First byte asked for by each download. */
  downloads: number[] = [];
  keySet: KeySet;
  /** What it proves itself with. */
  online = { signing: keys.signing, sealing: keys.sealing };
  #sessions = new Map<string, Session>();
  #waiters = new Set<() => void>();
  #count = 0;

  constructor(time: WorldTime) {
    this.time = time;
    this.keySet = {
      consoleId,
      epoch: 1,
      number: 1,
      issuedAt: this.iso(),
      notAfter: this.iso(365 * 86_400_000),
      signingKeys: [keys.signing.publicKey],
      sealingKey: keys.sealing.publicKey,
      tlsPins: [],
      addresses: ['https://console.test'],
      vendorHosts: [vendorHost],
      trust: 'console-only',
    };
  }

  nowMs(): number {
    return baseMs + Math.floor(this.time.nowMs);
  }

  iso(inMs = 0): string {
    return new Date(this.nowMs() + inMs).toISOString();
  }

  /** The only device, or the newest one. */
  device(): DeviceRecord {
    const device = [...this.devices.values()].at(-1);
    if (device === undefined) throw new Error('no device has enrolled');
    return device;
  }

  /** What is stored of a device, in order, over all its journals. */
  events(device = this.device()): readonly (DeviceEvent & { readonly journalId: string })[] {
    return [...device.journals].flatMap(([journalId, journal]) =>
      [...journal.events].map(([, text]) => ({ journalId, ...(JSON.parse(text) as DeviceEvent) })),
    );
  }

  /** Stores and offers an envelope as the device's assignment, whatever it holds. */
  offer(envelope: Envelope, number: number, device = this.device()): void {
    device.assignment = envelope;
    device.assignmentNumber = number;
    this.#wakeAll();
  }

  send(envelope: Envelope, device = this.device()): void {
    const position = Math.max((device.commands.at(-1)?.position ?? 0) + 1, this.nowMs());
    device.commands.push({ position, envelope });
    this.#wakeAll();
  }

  /** Removes a device, as an operator would; `proof` makes what stands in each answer as `revocation`. */
  remove(proof: () => unknown = () => this.revocation(), device = this.device()): void {
    this.removals.set(device.deviceId, proof);
    this.#wakeAll();
  }

  /** The signed command that comes with a removal. */
  revocation(changes: Record<string, unknown> = {}, key = keys.signing): Envelope {
    this.#count += 1;
    const content = {
      consoleId,
      deviceId: this.device().deviceId,
      epoch: this.keySet.epoch,
      commandId: `revocation-${this.#count}`,
      verb: 'unenrol',
      issuedAt: this.iso(),
      expiresAt: this.iso(3_600_000),
      assignmentNumber: 0,
      ...changes,
    };
    return signEnvelope('command', content, [key]);
  }

  backUp(): Map<string, DeviceRecord> {
    return structuredClone(this.devices);
  }

  /** Devices that enrolled since the backup stay known: losing them is another story. */
  restore(backup: Map<string, DeviceRecord>): void {
    this.devices = new Map([...this.devices, ...structuredClone(backup)]);
    this.#sessions.clear();
    this.#wakeAll();
  }

  async answer(call: Call, sleep: (ms: number) => Promise<void>): Promise<Told> {
    const [path = '', query = ''] = call.path.split('?');
    this.requests.push(`${call.method} ${path}`);
    switch (path) {
      case paths.keySet:
        return { status: 200, body: { keySet: this.#signedKeySet() } };
      case paths.enrol:
        return this.#enrol(JSON.parse(textOf(call)));
      case paths.session:
        return this.#session(JSON.parse(textOf(call)));
      default: {
        const session = this.#authenticate(call);
        if (session === null) return problem(401, 'auth.session-expired');
        const device = this.devices.get(session.deviceId);
        if (device === undefined) return problem(401, 'auth.session-expired');
        if (this.removals.has(device.deviceId)) return this.#removed(device);
        if (path === paths.checkIn) return this.#checkIn(device, JSON.parse(textOf(call)));
        if (path === paths.commands) return this.#commands(device, new URLSearchParams(query), sleep);
        if (path === paths.siteToken) return this.#siteToken(device, JSON.parse(textOf(call)));
        if (path.startsWith(paths.diagnostics(''))) return this.#diagnostics(device, path, call);
        return problem(404, 'not-found');
      }
    }
  }

  /** Authenticates a download; the status of its answer. */
  admits(call: Pick<Call, 'path' | 'headers'>): number {
    this.requests.push(`GET ${call.path}`);
    const session = this.#authenticate({ method: 'GET', ...call });
    if (session === null) return 401;
    if (call.path !== paths.package(sha256Hex(this.package)) && !this.releases.has(call.path)) return 404;
    const range = call.headers['range'];
    this.downloads.push(Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0));
    return range === undefined ? 200 : 206;
  }

  #diagnostics({ deviceId }: DeviceRecord, path: string, { body }: Call): Told {
    if (this.refusesDiagnostics) return problem(503, 'overloaded');
    const commandId = path.slice(paths.diagnostics('').length);
    const sealed = typeof body === 'object' ? Buffer.from(body).toString('base64url') : '';
    const archive = unseal(keys.sealing.privateKey, diagnosticsPurpose(deviceId, commandId), sealed);
    if (archive === null) return problem(400, 'request.invalid');
    this.diagnostics.set(commandId, archive);
    return { status: 200, body: {} };
  }

  #signedKeySet(): Envelope {
    return signEnvelope('keySet', this.keySet, [keys.owner]);
  }

  #enrol(body: unknown): Told {
    const request = enrolRequest.parse(body);
    const secret = unseal(keys.sealing.privateKey, `enrol:${request.signingKey}`, request.sealedKey)?.toString();
    if (secret !== enrolmentKey.secret) return problem(403, 'enrol.key-refused');
    const known = [...this.devices.values()].find((device) => device.signingKey === request.signingKey);
    const device = known ?? this.#newDevice(request);
    const { deviceId } = device;
    const names = { organisationId: 'organisation-1', organisationName: 'Example' };
    return { status: 200, body: { deviceId, consoleId, ...names, keySet: this.#signedKeySet() } };
  }

  #newDevice({
    signingKey,
    sealingKey,
    fingerprint,
  }: {
    signingKey: string;
    sealingKey: string;
    fingerprint: string;
  }): DeviceRecord {
    const deviceId = `device-${this.devices.size + 1}`;
    const none = {
      journals: new Map(),
      digest: null,
      report: null,
      assignment: null,
      assignmentNumber: 0,
      commands: [],
    };
    const device: DeviceRecord = { deviceId, signingKey, sealingKey, fingerprint, ...none };
    this.devices.set(deviceId, device);
    this.onEnrolled(device);
    return device;
  }

  /** Told of each new device. */
  onEnrolled: (device: DeviceRecord) => void = () => undefined;

  #session(body: unknown): Told {
    const request = sessionRequest.parse(body);
    const device = this.devices.get(request.deviceId);
    if (device === undefined) return problem(401, 'enrol.not-enrolled');
    if (this.removals.has(device.deviceId)) return this.#removed(device);
    if (request.proof === undefined) return { status: 200, body: { challenge: `challenge ${this.nowMs()}` } };
    const { challenge, ephemeralKey, signature } = request.proof;
    const { deviceId } = device;
    const transcript: SessionTranscript = {
      consoleId,
      deviceId,
      challenge,
      ephemeralKey,
      consoleSealingKey: this.online.sealing.publicKey,
    };
    if (!verifyTranscript(transcript, device.signingKey, signature)) return problem(401, 'auth.session-expired');
    this.#count += 1;
    const accessToken = `token-${this.#count}`;
    const macKey = sessionMacKey(transcript, this.online.sealing.privateKey, ephemeralKey);
    this.#sessions.set(accessToken, { deviceId, macKey, endsAtMs: this.nowMs() + 3_600_000, counters: new Set() });
    const time = signEnvelope('time', { consoleId, deviceId, now: this.iso(), challenge }, [this.online.signing]);
    return { status: 200, body: { accessToken, expiresInMs: 3_600_000, time } };
  }

  #removed({ deviceId }: DeviceRecord): Told {
    return problem(403, 'identity.revoked', { revocation: this.removals.get(deviceId)?.() });
  }

  #authenticate(call: Pick<Call, 'method' | 'path' | 'headers' | 'body'>): Session | null {
    const session = this.#sessions.get(call.headers['authorization']?.replace('Bearer ', '') ?? '');
    if (session === undefined || session.endsAtMs < this.nowMs()) return null;
    const counter = Number(call.headers[macHeaders.counter]);
    const signed = { method: call.method, path: call.path, counter, body: call.body ?? '' };
    if (session.counters.has(counter) || !requestMacHolds(session.macKey, signed, call.headers[macHeaders.mac] ?? ''))
      return null;
    session.counters.add(counter);
    return session;
  }

  #checkIn(device: DeviceRecord, body: unknown): Told {
    const parsed = checkInRequest.safeParse(body);
    if (!parsed.success) {
      this.violations.push(`a check-in that is none: ${parsed.error.message.slice(0, 500)}`);
      return problem(400, 'request.invalid');
    }
    const request = parsed.data;
    const acknowledged = this.#takeIn(device, request);
    if (request.state !== undefined) {
      device.digest = request.stateDigest;
      device.report = request.state;
    }
    const held = request.assignment;
    const newer = device.assignment !== null && (held === null || held.number !== device.assignmentNumber);
    return {
      status: 200,
      body: {
        acknowledged: { journalId: request.journalId, seq: acknowledged },
        sendAll: device.digest !== request.stateDigest,
        ...(newer ? { assignment: device.assignment } : {}),
        ...(request.keySet.number < this.keySet.number ? { keySet: this.#signedKeySet() } : {}),
      },
    };
  }

  /** In one unbroken run: beyond a hole that the device can still fill nothing is taken. */
  #takeIn(device: DeviceRecord, { journalId, oldestSeq, events }: CheckInRequest): number {
    const journal = device.journals.get(journalId) ?? { acknowledged: 0, events: new Map<number, string>(), gaps: [] };
    device.journals.set(journalId, journal);
    if (oldestSeq > journal.acknowledged + 1) {
      journal.gaps.push({ from: journal.acknowledged + 1, to: oldestSeq - 1 });
      journal.acknowledged = oldestSeq - 1;
    }
    for (const event of events) {
      this.#judge(event);
      const text = JSON.stringify(event);
      const stored = journal.events.get(event.seq);
      if (stored !== undefined && stored !== text)
        this.violations.push(`event ${journalId}/${event.seq} came twice and differs`);
      if (event.seq !== journal.acknowledged + 1) continue;
      journal.events.set(event.seq, text);
      journal.acknowledged = event.seq;
    }
    return journal.acknowledged;
  }

  #judge(event: DeviceEvent): void {
    if (!isEventKind(event.kind)) this.violations.push(`an event of an unknown kind: ${event.kind}`);
    else if (!eventDataSchemas[event.kind].safeParse(event.data).success)
      this.violations.push(`a bad event: ${JSON.stringify(event)}`);
    if (JSON.stringify(event).includes(this.token)) this.violations.push(`the site token stands in event ${event.seq}`);
  }

  async #commands(device: DeviceRecord, query: URLSearchParams, sleep: (ms: number) => Promise<void>): Promise<Told> {
    const after = Number(query.get('after'));
    const endsAtMs = this.nowMs() + Number(query.get('wait')) * 1000;
    const { assignmentNumber } = device;
    for (;;) {
      if (this.removals.has(device.deviceId)) return this.#removed(device);
      const current = this.devices.get(device.deviceId) ?? device;
      const commands = current.commands.filter(({ position }) => position > after);
      const checkIn = current.assignmentNumber !== assignmentNumber;
      if (commands.length > 0 || checkIn || this.nowMs() >= endsAtMs) {
        return {
          status: 200,
          body: { commands: commands.map(({ position, envelope }) => ({ position, command: envelope })), checkIn },
        };
      }
      const woken = new Promise<void>((resolve) => this.#waiters.add(resolve));
      await Promise.race([woken, sleep(endsAtMs - this.nowMs())]);
    }
  }

  #siteToken(device: DeviceRecord, body: unknown): Told {
    const { assignmentNumber } = siteTokenRequest.parse(body);
    if (assignmentNumber !== device.assignmentNumber) return problem(409, 'token.unavailable');
    const sealed = seal(
      device.sealingKey,
      `site-token:${device.deviceId}:${assignmentNumber}`,
      Buffer.from(this.token),
    );
    return { status: 200, body: { sealed } };
  }

  #wakeAll(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}

function problem(status: number, code: string, more: Record<string, unknown> = {}): Told {
  return { status, body: { type: 'about:blank', title: code, status, code, ...more } };
}

function textOf({ body }: Call): string {
  return typeof body === 'object' ? Buffer.from(body).toString('utf8') : (body ?? '');
}
