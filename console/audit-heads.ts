/**
 * Ends of the audit log as they were seen, in a file beside the database: whoever can write to the database alone cannot
 * shorten the log unseen (G21). The log of the console says them too, for those who collect it elsewhere.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { auditHead, type AuditHead } from '#console/store/audit/audit-chain.ts';
import type { Store } from '#console/store/store.ts';

const everyMs = 3_600_000;
const keptMax = 2_000;

const lineSchema = z.union([
  z.object({ at: z.string(), number: z.int().min(1), mac: z.string().regex(/^[0-9a-f]{64}$/) }),
  /** From here on the log is that of a backup: what was seen beyond its end before says nothing any more. */
  z.object({ at: z.string(), restoredTo: z.int().min(0) }),
]);
type Line = z.infer<typeof lineSchema>;

function write(path: string, line: Line): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  appendFileSync(path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
}

/** Ends that must still be found. A line that was cut off by a full disk is none. */
export function readAuditHeads(path: string): AuditHead[] {
  if (!existsSync(path)) return [];
  let heads: AuditHead[] = [];
  for (const text of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
    const line = parsed(text);
    if (line === null) continue;
    if ('restoredTo' in line) heads = heads.filter((head) => head.number <= line.restoredTo);
    else heads.push({ number: line.number, mac: line.mac });
  }
  return heads.slice(-keptMax);
}

function parsed(text: string): Line | null {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** For a restore: the log ends at that number now, and rightly so. */
export function noteRestoredAudit(path: string, restoredTo: number, nowMs: number): void {
  write(path, { at: new Date(nowMs).toISOString(), restoredTo });
}

export interface HeadKeeping {
  readonly store: Store;
  readonly path: string;
  readonly now: () => number;
  /** Says it in the console's own log. */
  readonly say: (head: AuditHead) => void;
  readonly failed: (error: unknown) => void;
}

/** Keeps the end of now, when it is another one than last time. */
export async function keepAuditHead(
  { store, path, now, say }: HeadKeeping,
  last: AuditHead | null,
): Promise<AuditHead | null> {
  const head = await auditHead(store.read);
  if (head === null || head.mac === last?.mac) return last;
  write(path, { at: new Date(now()).toISOString(), ...head });
  say(head);
  return head;
}

/** At once and every hour; the answer stops it. */
export function startAuditHeads(keeping: HeadKeeping): () => void {
  let last: AuditHead | null = null;
  const keep = (): void =>
    void keepAuditHead(keeping, last)
      .then((head) => {
        last = head;
      })
      .catch(keeping.failed);
  keep();
  const timer = setInterval(keep, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
