/** Runs on Windows: does with real files what the agent relies on, and prints what it saw as one JSON object. */
import { link, open, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '#protocol/codes.ts';
import { windowsPlatform } from '#platform/windows/index.ts';

const garrison = 'C:\\Program Files\\Garrison';
const platform = windowsPlatform({
  selfCommand: { program: process.execPath, args: [] },
  scratchDirectory: `${garrison}\\State\\Runtime\\scratch`,
});
const { files } = platform;
const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (from: Uint8Array | null): string | null => (from === null ? null : Buffer.from(from).toString('utf8'));

/** What came of it: the value, or the code of the fault. */
async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error instanceof Fault ? error.code : String(error);
  }
}

/** Holds a file open for a moment, as a scanner does. */
async function heldMeanwhile<T>(path: string, work: () => Promise<T>): Promise<T> {
  const handle = await open(path, 'r');
  const release = pause(400).then(() => handle.close());
  try {
    return await work();
  } finally {
    await release;
  }
}

async function witness(): Promise<Record<string, unknown>> {
  const state = await files.openPrivateDirectory(`${garrison}\\State`);
  await state.replace('a', bytes('old'));
  await heldMeanwhile(`${state.path}\\a`, () => state.replace('a', bytes('new')));
  const tries = await Promise.all(Array.from({ length: 20 }, (_, index) => state.create('claim', bytes(`${index}`))));
  const log = await state.append('log');
  await log.append(bytes('good|torn'));
  await log.truncate(5);
  await log.append(bytes('next'));
  await log.close();
  const below = await (await state.directory('d')).directory('e');
  await below.create('f', bytes('x'));
  await heldMeanwhile(`${below.path}\\f`, () => state.remove('d'));
  const first = await platform.lockExclusively(state);
  const second = await platform.lockExclusively(state);
  await first?.release();
  await writeFile('C:\\windows\\Temp\\code.txt', '0');
  await writeFile('C:\\windows\\Temp\\hard.txt', '0');
  await link('C:\\windows\\Temp\\hard.txt', 'C:\\windows\\Temp\\hard2.txt');
  await writeFile('C:\\windows\\Temp\\old.txt', '0');
  await utimes('C:\\windows\\Temp\\old.txt', 1, 1);
  const foreign = (name: string) =>
    outcome(async () =>
      text(await files.readForeign(`C:\\windows\\Temp\\${name}`, { newerThanMs: 2_000, bytesMax: 10 })),
    );
  const self = await platform.self();
  return {
    replaced: text(await state.read('a', 10)),
    winners: tries.filter(Boolean).length,
    appended: text(await state.read('log', 100)),
    names: await Promise.all(['a\\b', 'a:b', '..', 'a/b', 'a.'].map((name) => outcome(() => state.read(name, 1)))),
    locks: [first !== null, second === null],
    foreign: await Promise.all(['code.txt', 'hard.txt', 'old.txt', 'none.txt'].map(foreign)),
    trusted: text(await files.readTrusted(`${state.path}\\a`, 10)),
    listed: await state.list(),
    alive: [await platform.isAlive(self), await platform.isAlive({ ...self, pid: 999_996 })],
    bootNoted: (await state.directory('Runtime')).path !== '' && /^boot-\d+$/.test(self.bootId),
    free: (await platform.freeBytes(state.path)).status,
  };
}

process.stdout.write(JSON.stringify(await witness()));
