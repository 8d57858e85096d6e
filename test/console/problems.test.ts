import { afterEach, beforeEach, expect, it } from 'vitest';
import { organisationRoutes } from '#console/api/organisations.ts';
import { Operated } from '#test/worlds/fleet/operated.ts';

let operated: Operated;
beforeEach(async () => {
  operated = await Operated.start();
});
afterEach(() => operated.stop());

it('data of ours that does not fit its schema is our fault, not that of whoever asks, and is not shown to him', async () => {
  const organisationId = await operated.organisation('Bakery');
  await operated.world.store.write((db) =>
    db.updateTable('organisations').set({ version_policy: '{"kind":"whatever","canary":1}' }).execute(),
  );
  const answer = await operated.admin.raw(organisationRoutes.read, { params: { organisationId } });
  expect([answer.statusCode, answer.json()]).toMatchObject([500, { code: 'internal' }]);
  expect(answer.body).not.toContain('kind');
  expect(answer.json()).not.toHaveProperty('fields');
  const asked = await operated.admin.raw(organisationRoutes.create, { body: { name: '' } });
  expect([asked.statusCode, asked.json()]).toMatchObject([
    400,
    { code: 'request.invalid', fields: [{ path: 'name' }] },
  ]);
});
