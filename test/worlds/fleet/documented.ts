/**
 * Holds every answer of the operator API against the document that the console serves about itself, and notes which
 * operations were answered with success, for `test/console/exercised.ts`.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Route } from '#console/api/route.ts';
import type { OpenApi } from '#console/operation/openapi.ts';

export const notesDirectory = join(import.meta.dirname, '../../../.cache/exercised');

export interface RawAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

interface Documented {
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
}

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
const compiled = new Map<string, ValidateFunction>();
const noted = new Set<string>();

function validator(document: OpenApi, where: string, schema: object): ValidateFunction {
  const known = compiled.get(where);
  if (known !== undefined) return known;
  const made = ajv.compile({ ...schema, components: document.components });
  compiled.set(where, made);
  return made;
}

function note(document: OpenApi, operation: string): void {
  if (noted.has(operation)) return;
  mkdirSync(notesDirectory, { recursive: true });
  if (noted.size === 0) {
    const all = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    writeFileSync(join(notesDirectory, 'documented.txt'), `${all.toSorted().join('\n')}\n`);
  }
  noted.add(operation);
  appendFileSync(join(notesDirectory, 'answered.txt'), `${operation}\n`);
}

/** Throws when the document does not say that this operation may answer like that. */
export function demandDocumented(document: OpenApi, row: Pick<Route, 'method' | 'path'>, answer: RawAnswer): void {
  const path = row.path.replaceAll(/:(\w+)/g, '{$1}');
  const operation = `${row.method} ${path}`;
  const status = answer.statusCode;
  const found = document.paths[path]?.[row.method.toLowerCase()];
  const responses = (found?.['responses'] ?? {}) as Readonly<Record<string, Documented>>;
  const documented = responses[String(status)] ?? (status >= 400 ? responses['default'] : undefined);
  if (documented === undefined) throw new Error(`${operation} answers ${status}, which is not documented`);
  if (documented.content === undefined) {
    if (answer.body !== '') throw new Error(`${operation} answers ${status} with a body`);
  } else {
    const type = answer.headers['content-type'];
    const media = typeof type === 'string' ? (type.split(';')[0] ?? '') : '';
    const { schema } = documented.content[media] ?? {};
    if (documented.content[media] === undefined) throw new Error(`${operation} answers ${status} as ${media}`);
    const valid = schema === undefined ? null : validator(document, `${operation} ${status} ${media}`, schema);
    if (valid !== null && !valid(JSON.parse(answer.body)))
      throw new Error(`${operation} answers ${status} unlike its document: ${ajv.errorsText(valid.errors)}`);
  }
  if (status < 400) note(document, operation);
}
