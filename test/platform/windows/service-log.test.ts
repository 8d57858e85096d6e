import { expect, it } from 'vitest';
import { Fault } from '#protocol/codes.ts';
import { serviceLog } from '#platform/windows/service-log.ts';

const folder = 'C:\\Program Files\\Garrison\\State\\Log';
const bytesMax = 512 * 1024;

function read(files: Readonly<Record<string, string>>): Promise<unknown> {
  return serviceLog({
    readForeign: async (path, limits) => {
      const text = files[path.slice(folder.length + 1)];
      if (text === 'a user’s') throw new Fault('log.untrusted', `${path} belongs to S-1-5-21-1-2-3-1001`);
      return text === undefined ? null : Buffer.from(text).subarray(-limits.bytesMax);
    },
  });
}

it('the log of the service is the end of both files, in order', async () => {
  expect(await read({ 'service.log': 'c\nd\n', 'service.log.1': 'a\nb\n' })).toEqual({
    status: 'ok',
    value: 'a\nb\nc\nd\n',
  });
  expect(await read({ 'service.log': 'c\n' })).toEqual({ status: 'ok', value: 'c\n' });
});

it('is bounded, and begins with a whole line', async () => {
  const older = `${'x'.repeat(99)}\n`.repeat(6_000);
  const found = (await read({ 'service.log': 'the newest\n', 'service.log.1': older })) as { value: string };
  expect(found.value.length).toBeGreaterThan(bytesMax - 200);
  expect(found.value.length).toBeLessThanOrEqual(bytesMax);
  expect(found.value.startsWith('xxx')).toBe(true);
  expect(found.value.indexOf('\n')).toBe(99);
  expect(found.value.endsWith('\nthe newest\n')).toBe(true);
});

it('is not there without the service, and is not taken from a user', async () => {
  expect(await read({})).toMatchObject({ status: 'failed', detail: `there is no ${folder}\\service.log` });
  await expect(read({ 'service.log': 'a user’s' })).rejects.toMatchObject({ code: 'log.untrusted' });
});
