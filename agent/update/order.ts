/** What the agent remembers of an update of itself. Types only. */
export interface UpdateOrder {
  readonly version: string;
  /** SHA-256 of the signed manifest to fetch. */
  readonly manifest: string;
  readonly commandId: string;
  /** The console's half of the consent; the release's own list is the other. */
  readonly downgrade: boolean;
  readonly expiresAtMs: number;
  /** The version that was told. */
  readonly from: string;
  /** `switching`: the new version may run at any moment. */
  readonly phase: 'wanted' | 'switching';
  /** Of the new version's program; null before it is known. */
  readonly sha256: string | null;
  /** How often the switch was begun. */
  readonly tries: number;
}

/** The version before runs again, and who is to blame is not decided yet. */
export interface ReturnedUpdate {
  readonly version: string;
  readonly sha256: string;
  readonly why: string;
  readonly exitCode: number;
  readonly bootId: string;
}

/** A program that failed here, and in which boot. */
export interface UpdateFailure {
  readonly sha256: string;
  readonly bootId: string;
}

export type UpdateChange =
  | { readonly change: 'update-wanted'; readonly update: UpdateOrder }
  | { readonly change: 'update-switching'; readonly sha256: string }
  | { readonly change: 'update-ended' }
  | { readonly change: 'update-returned'; readonly returned: ReturnedUpdate }
  /** `counts`: the new version is to blame, not the network. */
  | { readonly change: 'update-judged'; readonly counts: boolean };
