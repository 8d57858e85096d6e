/** What is asked of SentinelOne, and its address. Pure. */
import { Fault } from '#protocol/codes.ts';

type QueryValue = string | number | boolean | readonly string[] | undefined;
export type Query = Readonly<Record<string, QueryValue>>;

export interface Call {
  readonly method?: 'GET' | 'POST';
  /** Below /web/api/v2.1/, without a slash in front; build ids in with `idPart`. */
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  /** false: the API token stays here. */
  readonly authenticated?: boolean;
  /** May be sent twice without harm; reads are. */
  readonly repeatable?: boolean;
  /** Of the body (passwords, codes): taken out of whatever an answer echoes. */
  readonly secrets?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

const apiPath = '/web/api/v2.1/';

/** An id as part of a path: digits only, so that it can lead nowhere else. */
export function idPart(id: string): string {
  if (!/^\d{1,32}$/.test(id))
    throw new Fault('request.invalid', 'A SentinelOne id consists of digits', { context: { id: id.slice(0, 40) } });
  return id;
}

/** Arrays are one comma-joined value; undefined is left out. */
export function queryText(query: Query): string {
  const parts = Object.entries(query).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const values: readonly string[] = typeof value === 'object' ? value : [String(value)];
    return [`${encodeURIComponent(name)}=${values.map((one) => encodeURIComponent(one)).join(',')}`];
  });
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** Refuses whatever would leave the origin or double a slash (which the vendor answers with 401). */
export function urlOf(origin: string, call: Pick<Call, 'path' | 'query'>): string {
  if (!/^[a-z0-9]+(?:[-_/][a-z0-9]+)*$/i.test(call.path))
    throw new Fault('internal', `not a path of the API: ${call.path}`);
  const url = new URL(`${origin}${apiPath}${call.path}${queryText(call.query ?? {})}`);
  if (url.origin !== origin)
    throw new Fault('sentinelone.address', 'The request would leave the address of the console');
  return url.href;
}
