/** Serves the description of the operator API, made of the rows that this very listener serves. */
import { route } from '#console/api/route.ts';
import { admit } from '#console/auth/guard.ts';
import type { OpenApi } from '#console/operation/openapi.ts';
import type { Server } from '#console/routes/serve.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Of everything that is served by the end of the set-up. */
    openApi(): OpenApi;
  }
}

const row = route({ method: 'GET', path: '/api/openapi.json', access: 'viewer', response: null });

export function registerOpenApi({ app, side, rows }: Server): void {
  rows.push({ ...row, media: 'application/json' });
  let text: string | null = null;
  app.get(row.path, async (request, reply) => {
    await admit(side, row, request);
    text ??= JSON.stringify(app.openApi());
    return reply.type('application/json').send(text);
  });
}
