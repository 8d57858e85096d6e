/** `audit`: whether the record of what was done is whole. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { readAuditHeads } from '#console/audit-heads.ts';
import { say } from '#console/cli/output.ts';
import { paths, type ConsoleConfig } from '#console/config.ts';
import { createSealer, readKeyFile } from '#console/secrets.ts';
import { openStore } from '#console/start.ts';
import {
  auditHead,
  examineAudit,
  type AuditBreak,
  type AuditHead,
  type AuditState,
} from '#console/store/audit/audit-chain.ts';
import type { Store } from '#console/store/store.ts';

/** 1 says that it could not be looked at. */
const doesNotHold = 2;

const headText = z.string().regex(/^\d{1,15}:[0-9a-f]{64}$/);

function headOf(text: string): AuditHead {
  const parsed = headText.safeParse(text);
  if (!parsed.success) throw new Fault('console.bad-configuration', `${text.slice(0, 100)} is not a head: number:mac`);
  const [number = '', mac = ''] = parsed.data.split(':');
  return { number: Number(number), mac };
}

function words(broken: AuditBreak): string {
  switch (broken.kind) {
    case 'changed':
      return `entry ${broken.number} was changed or moved (or the key file is another one than it was written with)`;
    case 'missing':
      return `entries ${broken.from} to ${broken.to} are missing`;
    case 'cut-off':
      return `entries ${broken.from} to ${broken.to} were seen once and are missing at the end`;
    case 'rewritten':
      return `entry ${broken.number} is another one than was seen once`;
    case 'checkpoint':
      return `the checkpoint after entry ${broken.number} was not made by this console`;
  }
}

function report({ from, entries, head, broken }: AuditState, heads: number): string {
  const against = heads === 0 ? 'no head that was seen before' : `${heads} heads that were seen before`;
  return [
    broken === null ? 'The audit log holds.' : `The audit log does NOT hold: ${words(broken)}.`,
    `Entries  ${entries}, from number ${from}${broken === null ? '' : ' up to the break'}`,
    `Head     ${head === null ? 'none' : `${head.number}:${head.mac}`}`,
    `Compared with ${against}.`,
  ].join('\n');
}

/** A cut of retention in the middle of the look looks like a break: only what is seen twice is one. */
async function examine(store: Store, key: Uint8Array, heads: readonly AuditHead[]): Promise<AuditState> {
  const first = await examineAudit(store.read, key, heads);
  return first.broken === null ? first : examineAudit(store.read, key, heads);
}

export interface VerifyOptions {
  /** `number:mac`, as the console said it. */
  readonly head: readonly string[];
  readonly json?: boolean;
}

/** Exit code 0: holds; 2: does not; 1: could not be looked at. */
export async function verifyAuditLog(config: ConsoleConfig, options: VerifyOptions): Promise<void> {
  const heads = [...readAuditHeads(paths.auditHeads(config)), ...options.head.map(headOf)];
  const key = createSealer(readKeyFile(config.keyFile)).subkey('audit');
  const store = await openStore(config, { alone: false });
  try {
    const state = await examine(store, key, heads);
    if (options.json === true)
      say(JSON.stringify({ holds: state.broken === null, comparedWith: heads.length, ...state }));
    else say(report(state, heads.length));
    if (state.broken !== null) process.exitCode = doesNotHold;
  } finally {
    await store.close();
  }
}

/** The end of now, to be kept where nobody who can write to the database can. */
export async function showAuditHead(config: ConsoleConfig): Promise<void> {
  const store = await openStore(config, { alone: false });
  try {
    const head = await auditHead(store.read);
    say(head === null ? 'The audit log is empty.' : `${head.number}:${head.mac}`);
  } finally {
    await store.close();
  }
}
