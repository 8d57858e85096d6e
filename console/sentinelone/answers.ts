/** From the vendor's envelopes to checked values: single answers, lists to their end, effects that had none. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import type { Call, Query } from '#console/sentinelone/call.ts';
import type { SentinelOneClient } from '#console/sentinelone/client.ts';

/** 18 to 19 digits, more than a JavaScript number holds: text from end to end. */
export const vendorId = z.string().regex(/^\d{1,32}$/);

/** Small enough for every list of the vendor's, some of which stop at 300. */
const pageSize = 200;
const pagesMax = 1000;

export interface Listing<T> {
  readonly items: readonly T[];
  /** Rows that did not have the fields we need. */
  readonly unreadable: number;
}

const pageSchema = z.object({
  data: z.unknown(),
  pagination: z.object({ nextCursor: z.string().nullish() }).nullish(),
});

function unreadable(path: string, error: z.ZodError): Fault {
  const fields = error.issues.map((issue) => issue.path.join('.')).slice(0, 5);
  return new Fault('sentinelone.unreadable', `SentinelOne's answer to ${path} lacks what we need`, {
    context: { request: path, fields: fields.join(', ') },
  });
}

/** The `data` of one answer. */
export async function readData<T>(client: SentinelOneClient, call: Call, schema: z.ZodType<T>): Promise<T> {
  const parsed = z.object({ data: schema }).safeParse(await client.json(call));
  if (!parsed.success) throw unreadable(call.path, parsed.error);
  return parsed.data.data;
}

/** Cursors come with their padding percent-encoded already; encoding that again would break them. */
export function plainCursor(cursor: string): string {
  try {
    return decodeURIComponent(cursor);
  } catch {
    return cursor;
  }
}

export interface ListCall<T> {
  readonly path: string;
  readonly query: Query;
  readonly item: z.ZodType<T>;
  /** Where the rows are in `data`; by default it is the array itself. */
  readonly rows?: z.ZodType<readonly unknown[]>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Every page to the end. A row that cannot be read is counted, not fatal; a list that never ends is.
 */
export async function readList<T>(client: SentinelOneClient, call: ListCall<T>): Promise<Listing<T>> {
  const rowsOf = call.rows ?? z.array(z.unknown());
  const items: T[] = [];
  const seen = new Set<string>();
  let dropped = 0;
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const query = { ...call.query, limit: pageSize, cursor };
    const answer = pageSchema.safeParse(await client.json({ path: call.path, query, signal: call.signal }));
    if (!answer.success) throw unreadable(call.path, answer.error);
    const rows = rowsOf.safeParse(answer.data.data);
    if (!rows.success) throw unreadable(call.path, rows.error);
    for (const row of rows.data) {
      const item = call.item.safeParse(row);
      if (item.success) items.push(item.data);
      else dropped += 1;
    }
    const next = answer.data.pagination?.nextCursor;
    if (!next) return { items, unreadable: dropped };
    if (seen.has(next)) break;
    seen.add(next);
    cursor = plainCursor(next);
  }
  throw new Fault('sentinelone.unreadable', `SentinelOne's list ${call.path} does not end`, {
    context: { request: call.path, items: items.length },
  });
}

/** How many an action reached. None is a failure to match, whatever the status said. */
export async function actOn(client: SentinelOneClient, call: Call, what: string): Promise<number> {
  const { affected } = await readData(client, { ...call, method: 'POST' }, z.object({ affected: z.int().min(0) }));
  if (affected === 0) throw new Fault('sentinelone.not-found', `SentinelOne found nothing to do for: ${what}`);
  return affected;
}
