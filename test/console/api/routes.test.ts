import * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { operatorRoutes } from '#console/api/routes.ts';
import type { Route } from '#console/api/route.ts';

const all: [string, Route][] = Object.entries(operatorRoutes).flatMap(([resource, routes]) =>
  Object.entries(routes).map(([name, row]): [string, Route] => [`${resource}.${name}`, row]),
);

describe('operator routes', () => {
  it('are seen by this test', () => {
    expect(all.length).toBeGreaterThan(25);
  });

  it('have one meaning for each method and path', () => {
    const doors = all.map(([, row]) => `${row.method} ${row.path}`);
    expect(new Set(doors).size).toBe(doors.length);
  });

  it.each(all)('%s names exactly the parameters of its path', (_name, row) => {
    const inPath = [...row.path.matchAll(/:(\w+)/g)].map((match) => match[1]);
    expect(Object.keys(row.params?.shape ?? {})).toEqual(inPath);
  });

  it.each(all)('%s changes nothing without a right', (_name, row) => {
    const changes = row.method !== 'GET';
    const own = /^\/api\/(session|account|api-keys|sessions\/:sessionId)(\/|$)/.test(row.path) && row.person === true;
    const open = own || /^\/api\/(session|first-administrator|set-up(\/look)?|sign-on)$/.test(row.path);
    expect(changes && !open && (row.access === 'public' || row.access === 'viewer')).toBe(false);
  });

  it.each(all)('%s can be described as JSON schema', (_name, row) => {
    for (const schema of [row.params, row.query, row.body]) if (schema) z.toJSONSchema(schema, { io: 'input' });
    if (row.response) expect(z.toJSONSchema(row.response)).toBeTypeOf('object');
  });
});
