/** Requests and answers between agent and console. Unknown fields are ignored; every field is bounded. */
import * as z from 'zod';
import { envelopeSchema } from '#protocol/envelope.ts';
import { eventSchema } from '#protocol/events.ts';
import { limits } from '#protocol/limits.ts';
import { deviceReportSchema, machineReportSchema } from '#protocol/report.ts';
import { base64UrlText, counter, idText, isoTime, sha256Text, shortText } from '#protocol/words.ts';

/** Version of the protocol that a request is written in; sent with `session` and `check-in`. */
export const protocolVersion = 1;

export const paths = {
  keySet: '/agent/key-set',
  enrol: '/agent/enrol',
  session: '/agent/session',
  checkIn: '/agent/check-in',
  commands: '/agent/commands',
  siteToken: '/agent/site-token',
  package: (sha256: string) => `/agent/packages/${sha256}`,
  diagnostics: (commandId: string) => `/agent/diagnostics/${commandId}`,
  /** A signed manifest, or the agent's binary that it names. Frozen for ever. */
  release: (sha256: string) => `/agent/releases/${sha256}`,
} as const;

/** GET /agent/key-set: the newest key set, for a device that has only an enrolment string. Frozen for ever. */
export const keySetResponse = z.object({ keySet: envelopeSchema });

/** POST /agent/enrol. `sealedKey` is the install key's secret, sealed to the console's key for purpose "enrol:<signingKey>". */
export const enrolRequest = z.object({
  keyId: idText,
  sealedKey: base64UrlText.max(400),
  /** Ed25519 public key of the device. */
  signingKey: base64UrlText.length(43),
  /** X25519 public key of the device, to which site tokens are sealed. */
  sealingKey: base64UrlText.length(43),
  /** Ed25519 signature over `enrolBytes`, proving the device holds its key. */
  signature: base64UrlText.max(100),
  fingerprint: sha256Text,
  machine: machineReportSchema,
  agentVersion: shortText,
  testTrust: z.boolean(),
});
export type EnrolRequest = z.infer<typeof enrolRequest>;

/** What the device signs when it enrols. */
export function enrolBytes(request: {
  keyId: string;
  signingKey: string;
  sealingKey: string;
  fingerprint: string;
}): string {
  return ['garrison-enrol-v1', request.keyId, request.signingKey, request.sealingKey, request.fingerprint].join('\n');
}

/** Idempotent per key pair: the same signing key gets the same device id again. */
export const enrolResponse = z.object({
  deviceId: idText,
  consoleId: idText,
  organisationId: idText,
  organisationName: shortText,
  keySet: envelopeSchema,
});
export type EnrolResponse = z.infer<typeof enrolResponse>;

/**
 * POST /agent/session. Without `proof`: answers 200 with a challenge. With it: answers with the access token.
 * Frozen for ever.
 */
export const sessionRequest = z.object({
  version: z.int().min(1).max(1000),
  deviceId: idText,
  fingerprint: sha256Text,
  proof: z
    .object({
      challenge: z.string().max(300),
      ephemeralKey: base64UrlText.length(43),
      signature: base64UrlText.max(100),
    })
    .optional(),
});

export const sessionResponse = z.union([
  z.object({ challenge: z.string().max(300) }),
  z.object({
    accessToken: z.string().max(1000),
    expiresInMs: z.int().max(limits.sessionLifetimeMs),
    /** Envelope of type `time` with payload {consoleId, deviceId, now, challenge}. */
    time: envelopeSchema,
  }),
]);

export const timeSchema = z.object({
  consoleId: idText,
  deviceId: idText,
  now: isoTime,
  challenge: z.string().max(300),
});

/** POST /agent/check-in, at most 256 KB of events and 32 KB of state. */
export const checkInRequest = z.object({
  version: z.int().min(1).max(1000),
  agentVersion: shortText,
  journalId: idText,
  /** Lowest sequence number this device can still send. */
  oldestSeq: counter,
  /** Highest sequence number it has written. */
  newestSeq: counter,
  events: z.array(eventSchema).max(limits.eventsPerCheckInMax),
  /** SHA-256 (hex) over the report; the console treats it as opaque. */
  stateDigest: sha256Text,
  state: deviceReportSchema.optional(),
  assignment: z.object({ epoch: counter, number: counter, expiresAt: isoTime }).nullable(),
  keySet: z.object({ epoch: counter, number: counter }),
});
export type CheckInRequest = z.infer<typeof checkInRequest>;

export const checkInResponse = z.object({
  /** Everything up to and including this sequence number of this journal is stored. */
  acknowledged: z.object({ journalId: idText, seq: counter }),
  /** The console does not hold the state this digest belongs to. */
  sendAll: z.boolean(),
  rejected: z
    .array(z.object({ seq: counter, problem: shortText }))
    .max(limits.eventsPerCheckInMax)
    .default([]),
  assignment: envelopeSchema.optional(),
  keySet: envelopeSchema.optional(),
  /** When to come again; a device never waits longer than its own ceiling. */
  nextInMs: z.int().min(0).optional(),
});
export type CheckInResponse = z.infer<typeof checkInResponse>;

/** GET /agent/commands?after=n&wait=s */
export const commandsQuery = z.object({
  after: z.coerce.number().int().min(0),
  wait: z.coerce.number().int().min(0).max(240),
});
export const commandsResponse = z.object({
  commands: z.array(z.object({ position: counter, command: envelopeSchema })).max(limits.commandsMax),
  /** The device should check in now: there is a new assignment. */
  checkIn: z.boolean(),
});
export type CommandsResponse = z.infer<typeof commandsResponse>;

/** POST /agent/site-token */
export const siteTokenRequest = z.object({ assignmentNumber: counter, attempt: counter });
/** Sealed to the device's X25519 key for purpose "site-token:<deviceId>:<assignmentNumber>". */
export const siteTokenResponse = z.object({ sealed: base64UrlText.max(4000) });

/** PUT /agent/diagnostics/{commandId}: bytes, at most `diagnosticsBytesMax`, sealed to the console's X25519 key for this purpose. */
export function diagnosticsPurpose(deviceId: string, commandId: string): string {
  return `diagnostics:${deviceId}:${commandId}`;
}
export const diagnosticsResponse = z.object({});
