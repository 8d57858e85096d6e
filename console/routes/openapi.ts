/** The operator API as an OpenAPI document, made of the rows it is served by. */
import { route } from '#console/api/route.ts';
import { admit } from '#console/auth/guard.ts';
import type { Server } from '#console/routes/serve.ts';

const row = route({ method: 'GET', path: '/api/openapi.json', access: 'viewer', response: null });

export function registerOpenApi({ app, side }: Server): void {
  let document: string | null = null;
  app.get(row.path, { schema: { hide: true } }, async (request, reply) => {
    await admit(side, row, request);
    document ??= JSON.stringify(app.swagger());
    return reply.type('application/json').send(document);
  });
}
