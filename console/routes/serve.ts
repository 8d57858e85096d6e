/** Registers a row of the operator API with its handler: schemas, rights and status codes come from the row. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import type { Access, Route } from '#console/api/route.ts';
import { once } from '#console/operation/idempotency.ts';
import type { Served } from '#console/operation/openapi.ts';
import { admit, requireFresh } from '#console/auth/guard.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import type { OperatorSide } from '#console/operator-side.ts';

type Read<T> = T extends z.ZodType ? z.output<T> : undefined;
type Written<T> = T extends z.ZodType ? z.input<T> : null;

export interface Asked<R extends Route> {
  readonly params: Read<R['params']>;
  readonly query: Read<R['query']>;
  readonly body: Read<R['body']>;
  readonly who: R['access'] extends 'public' ? SignedInOperator | null : SignedInOperator;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export type Handler<R extends Route> = (asked: Asked<R>) => Promise<Written<R['response']>>;

export interface Server {
  readonly app: FastifyInstance;
  readonly side: OperatorSide;
  /** Everything that is served, for its description. */
  readonly rows: Served[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard of an operator route. */
    operator: SignedInOperator | null;
  }
}

function whoFor(access: Access, request: FastifyRequest): SignedInOperator | null {
  if (access !== 'public' && request.operator === null) throw new Fault('auth.required', 'nobody is signed in');
  return request.operator;
}

export function serve<const R extends Route>({ app, side, rows }: Server, row: R, handle: Handler<R>): void {
  rows.push(row);
  app.route({
    method: row.method,
    url: row.path,
    schema: {
      ...(row.params && { params: row.params }),
      ...(row.query && { querystring: row.query }),
      ...(row.body && { body: row.body }),
      ...(row.response && { response: { 200: row.response } }),
    },
    onRequest: async (request) => {
      request.operator = await admit(side, row, request);
      if (row.fresh === true) requireFresh(request);
    },
    handler: async (request, reply) => {
      const { params, query, body } = request;
      const asked = { params, query, body, who: whoFor(row.access, request), request, reply } as Asked<R>;
      const {
        status,
        body: answer,
        again,
      } = await once(side.devices, request.operator, request, async () => {
        const made = await handle(asked);
        return { status: row.redirects === true ? 303 : row.response === null ? 204 : 200, body: made };
      });
      if (again) reply.header('idempotency-replayed', 'true');
      return status === 200 ? reply.send(answer) : reply.code(status).send();
    },
  });
}
