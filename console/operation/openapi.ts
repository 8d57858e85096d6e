/** The operator API as an OpenAPI 3.1 document, made of the very rows it is served by. Pure. */
import * as z from 'zod';
import { codes, faultCodes } from '#protocol/codes.ts';
import { problemSchema } from '#protocol/fault-record.ts';
import { csrfHeader, idempotencyHeader, type Route } from '#console/api/route.ts';

/** Beside what a row says: the kind of content, where it is no JSON. */
export type Served = Route & { readonly media?: string };

type Json = Readonly<Record<string, unknown>>;

/** As it travels: what a client sends (`input`) or what we answer (`output`). */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...made } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  // Answers are passed through their schema on the way out, and a later version may add fields.
  return JSON.parse(JSON.stringify(made)) as Json;
}

function parameters(schema: z.ZodObject | undefined, where: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, of]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: of,
  }));
}

const problem = (description: string): Json => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

/** What may go wrong before the work of a route begins, and how each is answered. */
function refusals(row: Route): Record<string, Json> {
  const asks = row.access !== 'public';
  return {
    ...((row.params ?? row.query ?? row.body)
      ? { '400': problem('`request.invalid`: the fields named are not valid') }
      : {}),
    ...(asks ? { '401': problem('`auth.required`: nobody is signed in') } : {}),
    '403': problem('`auth.forbidden`: not from the page of this console, or not with this role'),
    '429': problem('`rate-limited`: too many requests; `Retry-After` says when to come again'),
    default: problem('Any other problem: `code` says which, `remedy` what to do'),
  };
}

const location: Json = { description: 'Where to', schema: { type: 'string' } };

function answer({ response, media, redirects }: Served): Record<string, Json> {
  if (redirects === true) return { '303': { description: 'To a page', headers: { location } } };
  if (media !== undefined) return { '200': { description: 'The content', content: { [media]: {} } } };
  if (response === null) return { '204': { description: 'Done' } };
  return {
    '200': { description: 'The answer', content: { 'application/json': { schema: schemaOf(response, 'output') } } },
  };
}

const mayRepeat = (row: Route): boolean => row.method !== 'GET' && row.access !== 'public' && row.sends === undefined;

const idempotencyKey: Json = {
  name: idempotencyHeader,
  in: 'header',
  required: false,
  description:
    'For whoever may have to send an action again: with the same key the same answer comes for 24 hours and nothing is done twice. The same key with another request is refused (422), one that is still being worked on too (409).',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
};

const words: Readonly<Record<Route['access'], string>> = {
  public: 'Anybody',
  viewer: 'Whoever is signed in',
  operator: 'Operators and administrators',
  admin: 'Administrators',
};

function remarks(row: Route): string {
  return [
    `${words[row.access]}.`,
    row.person === true ? ' Not with an API key.' : '',
    row.fresh === true ? ' Asks for the password again when it was given more than ten minutes ago.' : '',
  ].join('');
}

function requestBody({ body, sends }: Route): Json {
  if (sends !== undefined) return { requestBody: { required: true, content: { [sends]: {} } } };
  if (body === undefined) return {};
  return { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } } };
}

/** `GET /api/devices/:deviceId` → `get-devices-deviceId`. */
function operationId({ method, path }: Route): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== 'api');
  return [method.toLowerCase(), ...parts.map((part) => part.replace(/^:/, ''))].join('-');
}

function operation(row: Served): Json {
  const security = row.access === 'public' ? [] : [{ session: [] }, ...(row.person === true ? [] : [{ apiKey: [] }])];
  return {
    operationId: operationId(row),
    tags: [row.path.split('/')[2] ?? ''],
    description: remarks(row),
    security,
    parameters: [
      ...parameters(row.params, 'path'),
      ...parameters(row.query, 'query'),
      ...(mayRepeat(row) ? [idempotencyKey] : []),
    ],
    ...requestBody(row),
    responses: { ...answer(row), ...refusals(row) },
  };
}

/** Each problem by its code, for people and for tests. */
function problemComponent(): Json {
  const { properties, ...rest } = schemaOf(problemSchema, 'output') as { properties: Json };
  const table = faultCodes.map((code) => `- \`${code}\`: ${codes[code].title}`).join('\n');
  return {
    ...rest,
    description: `RFC 9457. What can stand in \`code\`:\n${table}`,
    properties: { ...properties, code: { type: 'string', enum: faultCodes } },
  };
}

export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: Json;
}

export function openApiOf(
  rows: readonly Served[],
  about: { readonly version: string; readonly cookie: string },
): OpenApi {
  const paths: Record<string, Record<string, Json>> = {};
  for (const row of rows) {
    const path = row.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: operation(row) };
  }
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Garrison console',
      version: about.version,
      description: `Requests that change something carry the session's token in \`${csrfHeader}\` and the page's \`Origin\`, or an API key as bearer. Lists come in pages: \`next\` of one is \`after\` of the next.`,
    },
    paths,
    components: {
      schemas: { Problem: problemComponent() },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: about.cookie },
        apiKey: { type: 'http', scheme: 'bearer' },
      },
    },
  };
  return document;
}
