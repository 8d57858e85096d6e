/**
 * The operator API as data: one row a route, read by the server (routing, validation, OpenAPI) and by the page (its
 * client). Errors of every route are problem documents (`problemSchema`) with one of our codes.
 */
import * as z from 'zod';
import { counter, isoTime } from '#protocol/words.ts';

/** Who may call: nobody signed in, any operator, one who may act on devices, an administrator. */
export type Access = 'public' | 'viewer' | 'operator' | 'admin';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With `:name` for each key of `params`. */
  readonly path: string;
  readonly access: Access;
  /**
   * Asks for the password (and code) unless they were given within the last ten minutes: `auth.not-fresh`. For what
   * opens doors or touches many devices at once; never for what stops something.
   */
  readonly fresh?: true;
  /** Only for somebody who has signed in: no API key does this, whatever its scopes. */
  readonly person?: true;
  readonly params?: z.ZodObject;
  /** Values arrive as text, so numbers in it are coerced. */
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** A file instead of JSON. */
  readonly sends?: 'application/octet-stream';
  /** 303 to a page instead of a body. */
  readonly redirects?: true;
  /** 200 with this body; null: 204 without one. */
  readonly response: z.ZodType | null;
}

/** Keeps the exact types of the row, for client and server. */
export function route<const R extends Route>(row: R): R {
  return row;
}

/** Sent with every request that is not a GET, with the value that the session answered; else `auth.forbidden`. */
export const csrfHeader = 'garrison-csrf';

/** With an action that may have to be sent again: the same key gets the same answer for 24 hours. */
export const idempotencyHeader = 'idempotency-key';

const pageRowsMax = 50;

/** Opaque to the page: where the next page begins. */
const cursorText = z.string().max(500);

/** One page of a keyset list; `next` null: this was the last one. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item).max(200), next: cursorText.nullable() });
}

/** A list that is always whole. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item).max(5000) });
}

export const pageQuery = {
  after: cursorText.optional(),
  limit: z.coerce.number().int().min(1).max(pageRowsMax).default(pageRowsMax),
};

/** How many, and when that was counted (counters may be up to 10 s old). */
export const countedAt = isoTime;
export const deviceCount = counter;
