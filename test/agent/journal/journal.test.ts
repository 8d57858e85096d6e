import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { Fault } from '#protocol/codes.ts';
import type { Directory } from '#platform/files.ts';
import type { Entry, Journal } from '#agent/journal/journal.ts';
import { openJournal } from '#agent/journal/journal.ts';
import { Host } from '#test/worlds/host/host.ts';
import { faultFrom } from '#test/platform/fault.ts';

interface World {
  readonly host: Host;
  directory: Directory;
  readonly open: () => Promise<Journal>;
  /** The file as it is on the disk. */
  readonly bytes: () => Buffer;
  readonly put: (bytes: Buffer) => Promise<void>;
}

async function world(seed = 1): Promise<World> {
  const host = new Host({ seed });
  let files = 0;
  const made = {
    host,
    directory: await host.platform(host.spawn('test')).files.openPrivateDirectory('/state'),
    open: () =>
      openJournal({
        directory: made.directory,
        newJournalId: () => `journal-${(files += 1)}`,
        timestamp: () => new Date(host.wallNow()).toISOString(),
      }),
    bytes: () => {
      const node = host.disk.lookup('/state/journal');
      if (node?.kind !== 'file') throw new Error('there is no journal');
      return node.bytes;
    },
    put: (bytes: Buffer) => made.directory.replace('journal', bytes),
  };
  return made;
}

const started = (version = '1'): Entry => ({ event: 'agent-started', data: { version, bootId: 'b', reason: 'start' } });
const changed = (detail: string): Entry => ({ event: 'state-lost', data: { detail } });
const everything = { fromSeq: 0, toSeq: Number.MAX_SAFE_INTEGER, countMax: 100_000, bytesMax: 1e9 };

describe('the journal', () => {
  it('keeps numbers, memory and acknowledgement over a restart', async () => {
    const { open } = await world();
    const first = await open();
    await first.write(started(), { change: 'command-position', position: 7 });
    await first.write(changed('x'));
    await first.acknowledge(1);
    await first.close();
    const second = await open();
    expect(second).toMatchObject({
      journalId: 'journal-1',
      newestSeq: 2,
      openedSeq: 2,
      acknowledgedSeq: 1,
      lost: null,
    });
    expect(second.memory.commandPosition).toBe(7);
    expect(second.timeline.map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, 'agent-started'],
      [2, 'state-lost'],
    ]);
  });

  it('never acknowledges what was not written', async () => {
    const { open } = await world();
    const journal = await open();
    await journal.write(started());
    await journal.acknowledge(99);
    expect(journal.acknowledgedSeq).toBe(1);
  });

  it('gives each of many concurrent writes its own number', async () => {
    const { open } = await world();
    const journal = await open();
    await Promise.all(Array.from({ length: 50 }, (_, index) => journal.write(changed(String(index)))));
    expect(journal.timeline.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  it('shows nobody what is not durable yet', async () => {
    const { open } = await world();
    const journal = await open();
    const writing = journal.write(started(), { change: 'command-position', position: 7 });
    await Promise.resolve();
    expect(journal.newestSeq).toBe(0);
    expect(journal.memory.commandPosition).toBe(0);
    expect((await journal.readEvents(everything)).events).toEqual([]);
    await writing;
    expect(journal.newestSeq).toBe(1);
  });

  it('drops a torn last write as a whole, wherever it is cut', async () => {
    const { open, bytes, put } = await world();
    const journal = await open();
    await journal.write(started());
    const whole = Buffer.from(bytes());
    await journal.write({ change: 'command', id: 'c', expiresAtMs: 9e15, atMs: 0 }, changed('a'), {
      change: 'retry',
      by: 'console',
      commandId: 'c',
      atMs: 5,
    });
    const longer = Buffer.from(bytes());
    for (let cut = whole.length; cut < longer.length; cut += 1) {
      await put(longer.subarray(0, cut));
      const again = await open();
      expect(again).toMatchObject({ journalId: 'journal-1', newestSeq: 1, lost: null });
      expect(again.memory).toMatchObject({ executedCommands: [], raisedUntilMs: 0 });
      await again.write(changed('after'));
      expect((await open()).timeline.map(({ seq }) => seq)).toEqual([1, 2]);
    }
  });

  it('drops a last write that came as zeros', async () => {
    const { open, bytes, put } = await world();
    const journal = await open();
    await journal.write(started());
    await put(Buffer.concat([bytes(), Buffer.alloc(700)]));
    expect(await open()).toMatchObject({ newestSeq: 1, lost: null });
  });

  it('sets a file aside that is damaged anywhere else, and never uses its numbers again', async () => {
    const { open, bytes, put } = await world();
    const journal = await open();
    for (const each of ['a', 'b', 'c', 'd']) await journal.write(changed(each));
    const sound = Buffer.from(bytes());
    const lastLine = sound.lastIndexOf(0x0a, sound.length - 2) + 1;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: lastLine - 2 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const damaged = Buffer.from(sound);
          damaged[at] = (damaged[at] ?? 0) ^ flip;
          await put(damaged);
          const fresh = await open();
          expect(fresh.lost).not.toBeNull();
          expect(fresh.journalId).not.toBe('journal-1');
          expect(fresh.newestSeq).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('begins a new file under a new id when the old one is gone', async () => {
    const { open, directory } = await world();
    await (await open()).write(started());
    await directory.remove('journal');
    expect(await open()).toMatchObject({ journalId: 'journal-2', newestSeq: 0, lost: null });
  });

  it('loses nothing it has confirmed, whatever the disk keeps of the rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 200 }), async (seed, crashAt) => {
        const host = new Host({ seed });
        const process = host.spawn('agent', 'power');
        const options = { newJournalId: () => 'one', timestamp: () => new Date(host.wallNow()).toISOString() };
        const confirmed: string[] = [];
        const life = async (): Promise<void> => {
          const journal = await openJournal({
            directory: await host.platform(process).files.openPrivateDirectory('/state'),
            ...options,
          });
          process.crashAt = process.effects.length + crashAt;
          for (let index = 0; ; index += 1) {
            await journal.write(changed(String(index)), changed(`${index}b`));
            confirmed.push(String(index), `${index}b`);
          }
        };
        void life();
        await host.time.run(1);
        expect(process.alive).toBe(false);
        const again = await openJournal({
          directory: await host.platform(host.spawn('agent')).files.openPrivateDirectory('/state'),
          ...options,
        });
        const details = again.timeline.map(({ data }) => String(data['detail']));
        expect(again.lost).toBeNull();
        expect(details.slice(0, confirmed.length)).toEqual(confirmed);
        expect(details.length % 2).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a disk that is full', () => {
  const fill = (host: Host): void => {
    host.disk.capacityBytes = host.disk.usedBytes();
  };

  it('takes the end of an attempt out of the reserve, and says that it is tight', async () => {
    const { host, open } = await world();
    const journal = await open();
    await journal.write(started());
    fill(host);
    for (let index = 0; index < 20; index += 1) await journal.write(changed(`in need ${index}`));
    expect(journal).toMatchObject({ tight: true, broken: null, newestSeq: 21 });
    expect((await open()).newestSeq).toBe(21);
  });

  it('is noticed at the start, not in mid-install', async () => {
    const { host, open } = await world();
    await (await open()).write(started());
    await host
      .platform(host.spawn('x'))
      .files.openPrivateDirectory('/state')
      .then((state) => state.remove('journal.reserve'));
    fill(host);
    expect((await open()).tight).toBe(true);
  });

  it('is forgiven when there is space again, without a restart', async () => {
    const { host, open } = await world();
    const journal = await open();
    fill(host);
    await journal.write(changed('x'));
    await journal.makeRoom();
    expect(journal.tight).toBe(true);
    host.disk.capacityBytes += 10_000_000;
    await journal.makeRoom();
    expect(journal).toMatchObject({ tight: false, broken: null });
  });

  it('breaks a journal whose reserve is used up, and mends it when there is space again', async () => {
    const { host, open } = await world();
    const journal = await open();
    fill(host);
    const more = async (): Promise<void> => {
      for (;;) await journal.write(changed('y'.repeat(2000)));
    };
    expect((await faultFrom(more)).code).toBe('state.no-space');
    const written = journal.newestSeq;
    expect(journal.broken?.code).toBe('state.no-space');
    host.disk.capacityBytes += 10_000_000;
    await journal.makeRoom();
    expect(journal).toMatchObject({ tight: false, broken: null });
    await journal.write(changed('z'));
    expect(await open()).toMatchObject({ newestSeq: written + 1, lost: null });
  });
});

describe('a disk that does not confirm', () => {
  it('ends every write from then on, and no new number was given', async () => {
    const { host, open } = await world();
    const journal = await open();
    await journal.write(started());
    host.disk.failingFsyncs = 1;
    expect((await faultFrom(() => journal.write(changed('x')))).code).toBe('state.disk-error');
    expect((await faultFrom(() => journal.write(changed('x')))).code).toBe('state.disk-error');
    expect((await faultFrom(() => journal.acknowledge(1))).code).toBe('state.disk-error');
    await journal.makeRoom();
    expect(journal.broken).toBeInstanceOf(Fault);
    expect(journal.newestSeq).toBe(1);
  });
});

describe('compaction', () => {
  const attempt = (number: number): Entry => ({
    event: 'attempt-step',
    data: { attempt: number, step: 'install', result: 'ok', detail: 'd', fault: null },
  });
  const candidate = {
    target: 'linux-x64-deb',
    format: 'deb',
    version: '1.0',
    fileName: 'a.deb',
    sizeBytes: 1,
    sha256: 'a'.repeat(64),
    source: 'baseline',
    release: 'ga',
  } as const;
  const opened = (number: number): Entry => ({
    event: 'attempt-started',
    data: { attempt: number, package: candidate, trigger: 'automatic' },
  });
  const exited = (number: number, characters: number): Entry => ({
    event: 'installer-exited',
    data: {
      attempt: number,
      run: number,
      exitCode: 0,
      signal: null,
      meaning: '',
      durationMs: 1,
      output: 'o'.repeat(characters),
    },
  });

  it('keeps the last 20 attempts of what is acknowledged, and the memory', async () => {
    const { open, bytes } = await world();
    const journal = await open();
    await journal.write({ change: 'command-position', position: 5 });
    for (let number = 1; number <= 60; number += 1) {
      await journal.write(opened(number), attempt(number), exited(number, 40_000));
      await journal.acknowledge(journal.newestSeq);
    }
    expect(bytes().length).toBeLessThan(4 * 1024 * 1024);
    const again = await open();
    expect(again.newestSeq).toBe(180);
    expect(again.memory.commandPosition).toBe(5);
    const attempts = again.timeline.filter(({ kind }) => kind === 'attempt-started').map(({ data }) => data['attempt']);
    expect(attempts.at(-1)).toBe(60);
    expect(attempts.length).toBeGreaterThan(10);
    expect(attempts.length).toBeLessThan(60);
  });

  it('writes a file that nobody fetches anew seldom, not with every event', async () => {
    const { host, open } = await world();
    const journal = await open();
    const process = [...host.processes][0];
    for (let number = 1; number <= 60; number += 1) await journal.write(exited(number, 60_000));
    const rewrites = process?.effects.filter((label) => label === 'rename /state').length ?? 0;
    expect(rewrites).toBeLessThan(6);
  });

  it(
    'drops outputs, then passing states, then the oldest of an outbox that is too large, and says so',
    { timeout: 120_000 },
    async () => {
      const { open } = await world();
      const journal = await open();
      await journal.write(started());
      await journal.acknowledge(1);
      const many = Array.from({ length: 200 }, () => changed('x'.repeat(2000)));
      for (let round = 0; round < 35; round += 1) await journal.write(...many);
      const { timeline } = journal;
      const dropped = timeline.filter(({ kind }) => kind === 'events-dropped');
      expect(dropped.length).toBeGreaterThan(0);
      const numbers = new Set(timeline.map(({ seq }) => seq));
      const missing = Array.from({ length: journal.newestSeq }, (_, index) => index + 1).filter(
        (seq) => !numbers.has(seq),
      );
      const ranges = dropped.map(({ data }) => ({ from: Number(data['from']), to: Number(data['to']) }));
      expect(missing.filter((seq) => !ranges.some(({ from, to }) => seq >= from && seq <= to))).toEqual([]);
      // The console takes one unbroken run: what comes after the hole declares it.
      const next = await journal.readEvents({ fromSeq: 2, toSeq: journal.newestSeq, countMax: 200, bytesMax: 200_000 });
      expect(next.oldestSeq).toBe(next.events[0]?.seq);
      expect(next.oldestSeq).toBeGreaterThan(2);
      next.events.forEach((event, index) => expect(event.seq).toBe(next.oldestSeq + index));
    },
  );
});

describe('a file that is an older copy of itself', () => {
  it('goes on under a new id with what was written since', async () => {
    const { open, bytes, put } = await world();
    const journal = await open();
    for (const each of ['a', 'b', 'c']) await journal.write(changed(each));
    const copy = Buffer.from(bytes());
    for (const each of ['d', 'e']) await journal.write(changed(each));
    await put(copy);
    const older = await open();
    await older.write({ change: 'opened', seq: older.newestSeq }, changed('other'));
    await older.renew();
    await older.write(changed('more'));
    const again = await open();
    expect(again).toMatchObject({ journalId: 'journal-2', newestSeq: 2, acknowledgedSeq: 0 });
    expect(again.timeline.map(({ seq, data }) => [seq, data['detail']])).toEqual([
      [1, 'other'],
      [2, 'more'],
    ]);
  });

  it('forgets events with the identity they belong to, and nothing else', async () => {
    const { open } = await world();
    const journal = await open();
    await journal.write(started(), changed('for the old console'), { change: 'command-position', position: 7 });
    const before = journal.journalId;
    await journal.forgetEvents();
    expect(journal).toMatchObject({ newestSeq: 0, oldestSeq: 1, acknowledgedSeq: 0 });
    await journal.write(changed('for the new one'));
    const again = await open();
    expect(again.journalId).not.toBe(before);
    expect(again.memory.commandPosition).toBe(7);
    expect(again.timeline.map(({ seq, data }) => [seq, data['detail']])).toEqual([[1, 'for the new one']]);
  });
});
