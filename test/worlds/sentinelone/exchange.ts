/** One request and its answer, and the vendor's manners around them: envelopes, errors, strict queries, paging. */
import type { Tenant, User } from '#test/worlds/sentinelone/tenant.ts';

export interface Answer {
  status: number;
  body: string | Buffer;
  headers: Record<string, string>;
  /** Announce this length instead of the true one, then cut the connection. */
  announceBytes?: number;
  /** With `announceBytes`: do not cut, just send no more. */
  stall?: boolean;
  /** Cut the connection without any answer (what was done stays done). */
  reset?: boolean;
}

/** What can be turned while the world runs. */
export interface Settings {
  /** The address in registration tokens and package links. */
  publicUrl: string;
  downloadsPerMinute: number;
  /** Whether the page of a refused download carries Retry-After (seconds). */
  downloadRetryAfter: number | null;
  downloadMode: 'normal' | 'short-body' | 'altered' | 'html' | 'redirect' | 'endless' | 'wrong-size';
  redirectTo: string;
  generateTokenMode: 'normal' | 'conflict' | 'lost-response' | 'refused';
  /** The form of API tokens made from now on. */
  tokenFormat: 'legacy' | 'jwt';
  tokenLifetimeMs: number;
  /** Whether a service user may call `users/generate-api-token` for itself: not documented, so both must be lived with. */
  serviceUserMayRenew: boolean;
  /** Older consoles do not know `service-users/{id}/generate-api-token`. */
  serviceUserTokenRoute: boolean;
  /** Whether `GET user` answers a service user. */
  serviceUserMayAskWho: boolean;
  /** Older consoles still carry site tokens in lists. */
  registrationTokenInLists: boolean;
  agentsAppearAfterPolls: number;
  inactiveAfterMs: number;
  scanDurationMs: number;
}

export interface Exchange {
  tenant: Tenant;
  settings: Settings;
  now: number;
  user: User;
  /** The token that came with the request. */
  token: string;
  /** Values of `:name` parts of the path. */
  params: Record<string, string>;
  query: Map<string, string>;
  body: Record<string, unknown>;
  changed(): void;
  downloads: Map<string, number[]>;
}

export interface Route {
  method: 'GET' | 'POST' | 'PUT';
  /** Below /web/api/v2.1/, with `:name` parts. */
  path: string;
  /** null: answered without a token. */
  permission: string | null;
  /** Query parameters it knows; any other is refused. */
  query: readonly string[];
  /** Also with the session between password and second factor. */
  temporaryToo?: boolean;
  handle(exchange: Exchange): Answer;
}

export class Refusal extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(`refused with ${answer.status}`);
    this.answer = answer;
  }
}

const listParameters = ['limit', 'skip', 'cursor', 'countOnly', 'skipCount', 'sortBy', 'sortOrder'];

/** The query parameters of a list: its own, as words, and those that every list has. */
export function parameters(words: string): string[] {
  return [...words.trim().split(/\s+/), ...listParameters];
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return { status, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
}

export function data(value: unknown): Answer {
  return json(200, { data: value });
}

export function html(status: number, title: string, headers: Record<string, string> = {}): Answer {
  return {
    status,
    body: `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`,
    headers: { 'content-type': 'text/html', ...headers },
  };
}

/** The vendor's error envelope; the code is the status and four digits. */
export function vendorError(status: number, code: number, title: string, detail: string | null = null): Answer {
  return json(status, { errors: [{ code, title, detail }] });
}

export function badRequest(detail: string): Refusal {
  return new Refusal(vendorError(400, 4_000_040, 'Bad Request', detail));
}

export function unauthorized(): Refusal {
  return new Refusal(vendorError(401, 4_010_010, 'Authentication Failed'));
}

export function forbidden(detail: string | null = null): Refusal {
  return new Refusal(vendorError(403, 4_030_010, 'Insufficient permissions', detail));
}

export function notFound(): Refusal {
  return new Refusal(vendorError(404, 4_040_010, 'The requested resource was not found'));
}

/** A comma-joined array parameter, or null when it was not given. */
export function list(query: Map<string, string>, name: string): string[] | null {
  const value = query.get(name);
  return value === undefined ? null : value.split(',').filter((part) => part !== '');
}

/** Whether `value` passes the array parameter `name`. */
export function within(query: Map<string, string>, name: string, value: string): boolean {
  return list(query, name)?.includes(value) ?? true;
}

/** Free text, case-insensitive substring. */
export function contains(query: Map<string, string>, name: string, value: string): boolean {
  const wanted = query.get(name);
  return wanted === undefined || value.toLowerCase().includes(wanted.toLowerCase());
}

function wholeNumber(
  query: Map<string, string>,
  name: string,
  range: { low: number; high: number; standard: number },
): number {
  const text = query.get(name);
  if (text === undefined) return range.standard;
  const value = Number(text);
  if (!Number.isInteger(value) || value < range.low || value > range.high)
    throw badRequest(`${name}: Must be between ${range.low} and ${range.high}`);
  return value;
}

/** The cursor is base64 of a key set, handed out with its padding already percent-encoded. */
function cursorAfter(id: string): string {
  return Buffer.from(JSON.stringify({ id_column: 'id', id_value: id, sort_order: 'asc' }))
    .toString('base64')
    .replaceAll('=', '%3D');
}

function idOfCursor(cursor: string): string {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(cursor)) throw badRequest('cursor: Invalid value');
  try {
    const keys: unknown = JSON.parse(Buffer.from(cursor, 'base64').toString('utf8'));
    if (typeof keys === 'object' && keys !== null && 'id_value' in keys) return String(keys.id_value);
  } catch {
    throw badRequest('cursor: Invalid value');
  }
  throw badRequest('cursor: Invalid value');
}

export interface Page<T> {
  items: T[];
  pagination: { totalItems: number; nextCursor: string | null };
}

/** One page, ordered by the string form of `sortBy` (as the vendor does) or by id. */
export function page<T extends { id: string }>(items: readonly T[], query: Map<string, string>): Page<T> {
  const limit = wholeNumber(query, 'limit', { low: 1, high: 1000, standard: 10 });
  const skip = wholeNumber(query, 'skip', { low: 0, high: 1000, standard: 0 });
  const sortBy = query.get('sortBy');
  const keyOf = (item: T): string => (sortBy === undefined ? item.id : String(Reflect.get(item, sortBy)));
  const descending = query.get('sortOrder') === 'desc' ? -1 : 1;
  const sorted = items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0) * descending);
  const cursor = query.get('cursor');
  const lastSeen = cursor === undefined ? null : idOfCursor(cursor);
  const after = sorted.findIndex((item) => item.id === lastSeen);
  const start = cursor === undefined ? skip : after + 1;
  const chosen = query.get('countOnly') === 'true' ? [] : sorted.slice(start, start + limit);
  const last = chosen.at(-1);
  const more = last !== undefined && start + limit < sorted.length;
  return {
    items: chosen,
    pagination: { totalItems: sorted.length, nextCursor: more ? cursorAfter(last.id) : null },
  };
}

export function listAnswer<T extends { id: string }, R>(
  items: readonly T[],
  exchange: Exchange,
  show: (item: T) => R,
): Answer {
  const { items: chosen, pagination } = page(items, exchange.query);
  return json(200, { data: chosen.map(show), pagination });
}

/** The inner object of a request body. */
export function dataOf(body: Record<string, unknown>): Record<string, unknown> {
  const inner = body['data'];
  return typeof inner === 'object' && inner !== null ? { ...inner } : {};
}
