/** A device that speaks the real protocol and installs nothing: for tests of the console, for load and for the demo. */
import { request as httpRequest, type Agent } from 'node:http';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { assignmentSchema, type Assignment } from '#protocol/assignment.ts';
import { commandSchema, type Command } from '#protocol/commands.ts';
import {
  generateSealingKey,
  generateSigningKey,
  seal,
  sha256Hex,
  sign,
  unseal,
  type KeyPair,
} from '#protocol/crypto.ts';
import { readEnrolmentString, type Enrolment } from '#protocol/enrolment.ts';
import { openEnvelope, type Envelope } from '#protocol/envelope.ts';
import type { DeviceEvent, EventData, EventKind } from '#protocol/events.ts';
import { acceptKeySet, type KeySet } from '#protocol/key-set.ts';
import {
  checkInResponse,
  commandsResponse,
  diagnosticsPurpose,
  enrolBytes,
  enrolResponse,
  keySetResponse,
  paths,
  protocolVersion,
  sessionResponse,
  siteTokenResponse,
  timeSchema,
  type CheckInRequest,
  type CheckInResponse,
  type EnrolRequest,
} from '#protocol/messages.ts';
import type { DeviceReport } from '#protocol/report.ts';
import { macHeaders, requestMac, sessionMacKey, signTranscript } from '#protocol/session.ts';
import type { ProtectionState } from '#protocol/state.ts';

export interface WireRequest {
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  headers: Record<string, string>;
  body?: string | Buffer;
}

export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export type Wire = (request: WireRequest) => Promise<WireAnswer>;

/** A console in the same process, without a socket. */
export function injecting(app: FastifyInstance, remoteAddress = '127.0.0.1'): Wire {
  return async ({ method, path, headers, body }) => {
    const payload = body === undefined ? {} : { payload: body };
    const options: InjectOptions = { method, url: path, headers, remoteAddress, ...payload };
    const answer = await app.inject(options);
    const received = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const);
    return { status: answer.statusCode, headers: Object.fromEntries(received), body: answer.rawPayload };
  };
}

/** A console behind a real socket. `agent` keeps connections. */
export function overHttp(baseUrl: string, agent?: Agent): Wire {
  return ({ method, path, headers, body }) =>
    new Promise((resolve, reject) => {
      const url = new URL(path, baseUrl);
      const sent = httpRequest(url, { method, headers, ...(agent === undefined ? {} : { agent }) }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          const received = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const);
          resolve({
            status: answer.statusCode ?? 0,
            headers: Object.fromEntries(received),
            body: Buffer.concat(parts),
          });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
}

/** An answer that is no success, with the problem document read. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly revocation: unknown;

  constructor(what: string, answer: WireAnswer) {
    const problem = JSON.parse(answer.body.toString('utf8') || '{}') as {
      code?: string;
      detail?: string;
      revocation?: unknown;
    };
    super(`${what}: ${answer.status} ${problem.code ?? ''} ${problem.detail ?? ''}`);
    this.status = answer.status;
    this.code = problem.code ?? '';
    this.revocation = problem.revocation;
  }
}

export type Machine = EnrolRequest['machine'];

const debianMachine: Machine = {
  os: 'linux',
  name: 'Debian GNU/Linux 12 (bookworm)',
  version: '12',
  architecture: 'x64',
  product: 'server',
  target: 'linux-x64-deb',
  hostname: 'sim-1',
  memoryBytes: 4 * 1024 ** 3,
  virtualisation: 'kvm',
  bootId: 'boot-1',
};

export interface SimulatedOptions {
  machine?: Partial<Machine>;
  fingerprint?: string;
  now?: () => number;
  /** Where its requests come from, for limits per address. */
  address?: string;
}

interface Session {
  accessToken: string;
  macKey: Buffer;
  counter: number;
}

export class SimulatedDevice {
  readonly wire: Wire;
  readonly enrolment: Enrolment;
  readonly machine: Machine;
  readonly now: () => number;
  fingerprint: string;
  signing: KeyPair = generateSigningKey();
  sealing: KeyPair = generateSealingKey();
  keySet: KeySet | null = null;
  deviceId = '';
  organisationId = '';
  session: Session | null = null;
  journalId = `jrn${sha256Hex(String(Math.random())).slice(0, 16)}`;
  events: DeviceEvent[] = [];
  nextSeq = 1;
  agentVersion = '0.1.0';
  assignment: Assignment | null = null;
  state: ProtectionState = { kind: 'checking', since: '2026-01-01T00:00:00.000Z' };
  /** Parts of the report that differ from the plain one. */
  report: Partial<DeviceReport> = {};
  sentDigest: string | null = null;
  after = 0;

  constructor(wire: Wire, enrolmentString: string, options: SimulatedOptions = {}) {
    this.wire = wire;
    this.enrolment = readEnrolmentString(enrolmentString);
    this.machine = { ...debianMachine, ...options.machine };
    this.now = options.now ?? Date.now;
    this.fingerprint = options.fingerprint ?? sha256Hex(`machine ${Math.random()}`);
  }

  private async open(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const payload = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await this.wire({ method, path, headers, ...payload });
    if (answer.status >= 300) throw new Refused(`${method} ${path}`, answer);
    return JSON.parse(answer.body.toString('utf8'));
  }

  /** Headers of a request made with the session's key; `counter` can be set to play one again. */
  signedHeaders(
    request: { method: string; path: string; body: string | Buffer },
    counter?: number,
  ): Record<string, string> {
    const session = this.session;
    if (session === null) throw new Error('no session');
    const used = counter ?? (session.counter += 1);
    return {
      authorization: `Bearer ${session.accessToken}`,
      [macHeaders.counter]: String(used),
      [macHeaders.mac]: requestMac(session.macKey, { ...request, counter: used }),
    };
  }

  async send(
    method: 'GET' | 'POST',
    path: string,
    more: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<WireAnswer> {
    if (this.session === null) await this.connect();
    const body = more.body === undefined ? '' : JSON.stringify(more.body);
    const type: Record<string, string> = more.body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { ...type, ...more.headers, ...this.signedHeaders({ method, path, body }) };
    return this.wire({ method, path, headers, ...(more.body === undefined ? {} : { body }) });
  }

  /** Bytes as they are, sealed by the caller or not at all. */
  async put(path: string, body: Buffer): Promise<WireAnswer> {
    if (this.session === null) await this.connect();
    const headers = this.signedHeaders({ method: 'PUT', path, body });
    return this.wire({
      method: 'PUT',
      path,
      headers: { ...headers, 'content-type': 'application/octet-stream' },
      body,
    });
  }

  /** Diagnostics as the agent sends them. */
  async sendDiagnostics(commandId: string, archive: Buffer, purpose = diagnosticsPurpose(this.deviceId, commandId)) {
    const sealed = seal(this.keySet?.sealingKey ?? '', purpose, archive);
    return this.put(paths.diagnostics(commandId), Buffer.from(sealed, 'base64url'));
  }

  async call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const answer = await this.send(method, path, body === undefined ? {} : { body });
    if (answer.status >= 300) throw new Refused(`${method} ${path}`, answer);
    return JSON.parse(answer.body.toString('utf8'));
  }

  takeKeySet(envelope: Envelope): KeySet {
    this.keySet = acceptKeySet(envelope, this.enrolment.ownerKey, this.keySet);
    return this.keySet;
  }

  enrolRequest(): EnrolRequest {
    const { keyId, secret } = this.enrolment;
    const signed = {
      keyId,
      signingKey: this.signing.publicKey,
      sealingKey: this.sealing.publicKey,
      fingerprint: this.fingerprint,
    };
    const purpose = `enrol:${this.signing.publicKey}`;
    return {
      ...signed,
      sealedKey: seal(this.keySet?.sealingKey ?? '', purpose, Buffer.from(secret)),
      signature: Buffer.from(sign(this.signing.privateKey, Buffer.from(enrolBytes(signed)))).toString('base64url'),
      machine: this.machine,
      agentVersion: this.agentVersion,
      testTrust: true,
    };
  }

  async fetchKeySet(): Promise<KeySet> {
    return this.takeKeySet(keySetResponse.parse(await this.open('GET', paths.keySet)).keySet);
  }

  async enrol(): Promise<void> {
    await this.fetchKeySet();
    const answer = enrolResponse.parse(await this.open('POST', paths.enrol, this.enrolRequest()));
    this.takeKeySet(answer.keySet);
    this.deviceId = answer.deviceId;
    this.organisationId = answer.organisationId;
  }

  async challenge(): Promise<string> {
    const { deviceId, fingerprint } = this;
    const body = { version: protocolVersion, deviceId, fingerprint };
    const answer = sessionResponse.parse(await this.open('POST', paths.session, body));
    if (!('challenge' in answer)) throw new Error('no challenge');
    return answer.challenge;
  }

  /** Proves the key over a challenge; the signed time must be the console's answer to it. */
  async connect(challenge?: string): Promise<void> {
    const keySet = this.keySet ?? (await this.fetchKeySet());
    const { deviceId, fingerprint } = this;
    const given = challenge ?? (await this.challenge());
    const ephemeral = generateSealingKey();
    const transcript = {
      consoleId: keySet.consoleId,
      deviceId,
      challenge: given,
      ephemeralKey: ephemeral.publicKey,
      consoleSealingKey: keySet.sealingKey,
    };
    const signature = signTranscript(transcript, this.signing.privateKey);
    const proof = { challenge: given, ephemeralKey: ephemeral.publicKey, signature };
    const body = { version: protocolVersion, deviceId, fingerprint, proof };
    const answer = sessionResponse.parse(await this.open('POST', paths.session, body));
    if (!('accessToken' in answer)) throw new Error('no token');
    const opened = openEnvelope('time', answer.time, keySet.signingKeys);
    if (!opened.ok) throw new Error(opened.why);
    const time = timeSchema.parse(opened.value);
    if (time.challenge !== given || time.deviceId !== deviceId)
      throw new Error('the time was signed for somebody else');
    const macKey = sessionMacKey(transcript, ephemeral.privateKey, keySet.sealingKey);
    this.session = { accessToken: answer.accessToken, macKey, counter: 0 };
  }

  record<K extends EventKind>(kind: K, data: EventData<K>): void {
    this.recordRaw(kind, data);
  }

  recordRaw(kind: string, data: Record<string, unknown>): void {
    this.events.push({ seq: this.nextSeq, at: new Date(this.now()).toISOString(), kind, data });
    this.nextSeq += 1;
  }

  fullReport(): DeviceReport {
    const observedAt = '2026-01-01T00:00:00.000Z';
    return {
      agentVersion: this.agentVersion,
      testTrust: true,
      trust: 'console-only',
      source: 'console',
      assignmentNumber: this.assignment?.number ?? null,
      state: this.state,
      decision: { kind: 'rest', what: 'nothing to do', because: [], until: null },
      machine: { observedAt, value: this.machine },
      hardware: null,
      product: null,
      antivirus: null,
      selection: null,
      attempts: { number: 0, startsLast24h: 0, startsMax: 6, lastFault: null, nextAttemptAt: null },
      ...this.report,
    };
  }

  checkInRequest(): CheckInRequest {
    const report = this.fullReport();
    const stateDigest = sha256Hex(JSON.stringify(report));
    const { assignment, keySet } = this;
    return {
      version: protocolVersion,
      agentVersion: this.agentVersion,
      journalId: this.journalId,
      oldestSeq: this.events[0]?.seq ?? this.nextSeq,
      newestSeq: this.nextSeq - 1,
      events: this.events.slice(0, 200),
      stateDigest,
      ...(this.sentDigest === stateDigest ? {} : { state: report }),
      assignment:
        assignment === null
          ? null
          : { epoch: assignment.epoch, number: assignment.number, expiresAt: assignment.expiresAt },
      keySet: { epoch: keySet?.epoch ?? 0, number: keySet?.number ?? 0 },
    };
  }

  openAssignment(envelope: Envelope): Assignment {
    const opened = openEnvelope('assignment', envelope, this.keySet?.signingKeys ?? []);
    if (!opened.ok) throw new Error(opened.why);
    return assignmentSchema.parse(opened.value);
  }

  async checkIn(): Promise<CheckInResponse> {
    const request = this.checkInRequest();
    const answer = checkInResponse.parse(await this.call('POST', paths.checkIn, request));
    this.sentDigest = answer.sendAll ? null : request.stateDigest;
    if (answer.keySet !== undefined) this.takeKeySet(answer.keySet);
    if (answer.assignment !== undefined) this.assignment = this.openAssignment(answer.assignment);
    if (answer.acknowledged.journalId === this.journalId) {
      this.events = this.events.filter((event) => event.seq > answer.acknowledged.seq);
    }
    return answer;
  }

  /** Says that nothing but its turn is missing, as an agent does that is told to deploy; true when it has its turn. */
  async askForTurn(): Promise<boolean> {
    const at = new Date(this.now()).toISOString();
    const fault = { code: 'install.not-its-turn' as const, detail: 'ready', context: {} };
    this.state = { kind: 'waiting', since: at, condition: 'turn', fault, holder: null, lookAgainAt: at };
    await this.checkIn();
    return this.assignment?.slot === 'given';
  }

  /** Waits up to `waitS` seconds. Commands are opened and checked against the key set. */
  async commands(waitS = 0): Promise<{ commands: Command[]; checkIn: boolean }> {
    const path = `${paths.commands}?after=${this.after}&wait=${waitS}`;
    const answer = commandsResponse.parse(await this.call('GET', path));
    const commands = answer.commands.map(({ position, command }) => {
      this.after = Math.max(this.after, position);
      const opened = openEnvelope('command', command, this.keySet?.signingKeys ?? []);
      if (!opened.ok) throw new Error(opened.why);
      return commandSchema.parse(opened.value);
    });
    return { commands, checkIn: answer.checkIn };
  }

  async siteToken(assignmentNumber = this.assignment?.number ?? 0): Promise<string> {
    const body = { assignmentNumber, attempt: 1 };
    const { sealed } = siteTokenResponse.parse(await this.call('POST', paths.siteToken, body));
    const opened = unseal(this.sealing.privateKey, `site-token:${this.deviceId}:${assignmentNumber}`, sealed);
    if (opened === null) throw new Error('the token is not sealed to this device');
    return opened.toString('utf8');
  }

  async package(sha256: string, range?: string): Promise<WireAnswer> {
    return this.send('GET', paths.package(sha256), range === undefined ? {} : { headers: { range } });
  }
}

/** `where`: a base URL or an app. */
export function simulatedDevice(
  where: string | FastifyInstance,
  enrolmentString: string,
  options: SimulatedOptions = {},
): SimulatedDevice {
  const wire = typeof where === 'string' ? overHttp(where) : injecting(where, options.address);
  return new SimulatedDevice(wire, enrolmentString, options);
}
