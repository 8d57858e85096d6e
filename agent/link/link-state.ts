/** What the link knows between two requests. */
import type { Assignment } from '#protocol/assignment.ts';
import type { Envelope } from '#protocol/envelope.ts';
import type { KeySet } from '#protocol/key-set.ts';
import type { Agent } from '#agent/agent.ts';
import type { Identity } from '#agent/identity/identity.ts';
import type { Transport } from '#agent/link/transport.ts';
import type { Journal } from '#agent/journal/journal.ts';

export type EnrolledIdentity = Identity & { enrolled: NonNullable<Identity['enrolled']> };

export interface LinkState {
  readonly agent: Agent;
  identity(): EnrolledIdentity;
  keySet(): KeySet;
  saveKeySet(envelope: Envelope, keySet: KeySet): Promise<void>;
  saveAssignment(envelope: Envelope, assignment: Assignment): Promise<void>;
  /** For what is signed by the owner and nothing else. */
  readonly anyCertificate: Transport;
  /** Digest of the report that the console holds as far as we know; null: unknown. */
  consoleDigest: string | null;
  /** Highest sequence number the console said it holds; lower than ours after it was restored from a backup. */
  acknowledgedByConsole: number | null;
  lastRefusal: string | null;
  /** A removal without proof was refused, and said so, since the console last took a check-in. */
  revocationRefused: boolean;
  /** First event to send: a restored console gets again what we still have. */
  sendFrom(journal: Journal): number;
}
