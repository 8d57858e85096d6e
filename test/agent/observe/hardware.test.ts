import { expect, it } from 'vitest';
import { Fault } from '#protocol/codes.ts';
import { watchHardware } from '#agent/observe/hardware.ts';
import type { Platform } from '#platform/platform.ts';

it('a look at the hardware that cannot even begin does not end the daemon', async () => {
  const rejections: unknown[] = [];
  const note = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', note);
  const hardware = (): Promise<never> => Promise.reject(new Fault('state.no-space', 'no space for a HOME'));
  const lines: string[] = [];
  const log = { debug: (message: string) => void lines.push(message), info() {}, warn() {}, error() {} };
  const reader = watchHardware({ hardware } as unknown as Platform, log, () => 0.5);
  await new Promise((resolve) => setTimeout(resolve, 20));
  reader.stop();
  process.off('unhandledRejection', note);
  expect(rejections).toEqual([]);
  expect(lines).toEqual(['the hardware could not be described']);
  expect(reader.latest()).toBeNull();
});
