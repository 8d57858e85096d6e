/** What every part of the daemon shares. Built once in `daemon.ts`, passed down; there is no other state. */
import type { Candidate } from '#protocol/assignment.ts';
import type { Directory } from '#platform/files.ts';
import type { Platform } from '#platform/platform.ts';
import type { Vendor } from '#installers/vendor.ts';
import type { ConsoleTime } from '#agent/console-time.ts';
import type { ReleaseSupply } from '#agent/link/release-supply.ts';
import type { FaultCode } from '#protocol/codes.ts';
import type { Journal } from '#agent/journal/journal.ts';
import type { Log } from '#agent/log.ts';
import type { AcceptedAssignment, LocalReboot } from '#agent/plan/decision.ts';
import type { Redactor } from '#agent/redact.ts';
import type { Bell } from '#agent/signal.ts';

export interface Directories {
  readonly state: Directory;
  /** Verified and half-downloaded packages, by digest. */
  readonly packages: Directory;
  /** One private directory per installer run. */
  readonly runs: Directory;
}

/** Where packages and site tokens come from: the console, or local files (`--assignment`). */
export interface Supply {
  /** Brings the candidate's bytes into `packages` under `name`; the caller verifies them. Faults `download.*`, `network.*`. */
  fetchPackage(candidate: Candidate, name: string, progress: (doneBytes: number) => void): Promise<void>;
  /** The site token for the current assignment. Faults `token.*`, `network.*`. */
  siteToken(assignmentNumber: number, attempt: number): Promise<string>;
}

export interface Agent {
  readonly platform: Platform;
  readonly vendor: Vendor;
  readonly directories: Directories;
  readonly journal: Journal;
  readonly time: ConsoleTime;
  readonly log: Log;
  readonly redactor: Redactor;
  /** Rung when the loop should look again now. */
  readonly wake: Bell;
  /** Rung when the console should hear of something. */
  readonly news: Bell;
  /** Rung when there is something for the agent's own update. */
  readonly updates: Bell;
  readonly current: Current;
  /** From the local configuration. */
  readonly localReboot: LocalReboot;
  /** Version of this build, with `+test-trust` where it applies. */
  readonly version: string;
  /** Number in [0, 1). */
  random(): number;
}

/** The little that changes while it runs, in one place. */
export interface Current {
  assignment: AcceptedAssignment | null;
  enrolled: boolean;
  trust: 'console-only' | 'owner';
  supply: Supply | null;
  /** Where releases of the agent come from; null without a console. */
  releases: ReleaseSupply | null;
  /** Whether this agent can update itself; else why not. */
  updatable: 'yes' | FaultCode;
  /** Runs that this process has prepared, and whether their shim was handed over; of others nobody knows. */
  readonly launched: Map<string, 'handed-over' | 'failed'>;
  /** First time an installer was seen gone without an exit on disk. */
  seenEnded: { readonly path: string; readonly atMs: number } | null;
  /** Counts what changes the product: what was read before the last of it says nothing about now. */
  disturbances: number;
  /** When the console last took a check-in, by the monotonic clock; null: not in this process. */
  heardAtMs: number | null;
  progress: { readonly doneBytes: number; readonly totalBytes: number } | null;
}

/** Before anything is known: no assignment, no console, nothing launched. */
export function freshCurrent(): Current {
  return {
    assignment: null,
    enrolled: false,
    trust: 'console-only',
    supply: null,
    releases: null,
    updatable: 'update.not-managed',
    launched: new Map(),
    seenEnded: null,
    disturbances: 0,
    heardAtMs: null,
    progress: null,
  };
}

export const packageName = (candidate: Candidate): string => `${candidate.sha256}.${candidate.format}`;
/** Stands beside a package once everything about it was verified. */
export const verifiedName = (candidate: Candidate): string => `${candidate.sha256}.verified`;
