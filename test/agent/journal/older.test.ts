import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { openJournal, type Journal } from '#agent/journal/journal.ts';
import { Host } from '#test/worlds/host/host.ts';

/** `test/fixtures/journal/README.md` says which version wrote it, and how. */
async function openOld(name: string): Promise<Journal> {
  const bytes = await readFile(new URL(`../../fixtures/journal/${name}.journal`, import.meta.url));
  const host = new Host();
  const directory = await host.platform(host.spawn('test')).files.openPrivateDirectory('/state');
  await directory.replace('journal', bytes);
  const open = (): Promise<Journal> =>
    openJournal({ directory, newJournalId: () => 'new', timestamp: () => new Date(host.wallNow()).toISOString() });
  const first = await open();
  const once = first.memory;
  expect(first.lost).toBeNull();
  await first.close();
  // Read from its own snapshot it must say the same again.
  const second = await open();
  expect(second.memory).toEqual(once);
  return second;
}

const ownDefaults = { reboot: null, bare: null, bootId: null };

it('an attempt that an older version left open goes on', async () => {
  const { memory } = await openOld('open-attempt');
  expect(memory).toMatchObject({ ...ownDefaults, attempts: 1, installerStartsMs: [expect.any(Number)] });
  expect(memory.attempt).toMatchObject({
    attempt: 1,
    step: 'install',
    follows: null,
    run: { run: 1, phase: 'prepared', bootId: 'boot-1' },
  });
});

it('a retry that an older version drew is kept, without a rung', async () => {
  const { memory } = await openOld('retrying');
  expect(memory).toMatchObject({ ...ownDefaults, attempt: null, faultCounts: { 'install.scriptlet-failed': 1 } });
  expect(memory.pause).toMatchObject({ untilMs: expect.any(Number), count: 1, rung: null });
  expect(memory.state).toMatchObject({ key: 'retrying 1 install.scriptlet-failed', alarm: false });
});

it('a verdict of an older version holds', async () => {
  const { memory } = await openOld('stopped');
  expect(memory.pause).toMatchObject({ untilMs: null, rung: null, fault: { code: 'install.leftovers' } });
});
