/** What we pack, another program unpacks: Python's tarfile, which reads what it should not accept as an error. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { archiveOf } from '#agent/diagnose/archive.ts';

const script = `
import io, json, sys, tarfile
with tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()), mode='r:gz', errorlevel=2) as archive:
    json.dump([[m.name, m.size, oct(m.mode), m.uid, m.uname, m.mtime, m.isreg(),
                archive.extractfile(m).read().hex()] for m in archive.getmembers()], sys.stdout)
`;

function unpacked(archive: Uint8Array): unknown {
  const { stdout, stderr } = spawnSync('python3', ['-c', script], { input: archive, encoding: 'utf8', maxBuffer: 1e8 });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

describe('an archive', () => {
  it('is read by another program as it was written', () => {
    const files = [
      { name: 'README.txt', bytes: Buffer.from('hello\n') },
      { name: 'empty', bytes: new Uint8Array() },
      { name: 'block', bytes: Buffer.alloc(512, 7) },
      { name: 'more', bytes: Buffer.alloc(1025, 9) },
    ];
    const time = Date.UTC(2026, 5, 1);
    expect(unpacked(archiveOf(files, time))).toEqual(
      files.map(({ name, bytes }) => [
        name,
        bytes.length,
        '0o600',
        0,
        'root',
        time / 1000,
        true,
        Buffer.from(bytes).toString('hex'),
      ]),
    );
  });

  it('is the same for the same', () => {
    const files = [{ name: 'a', bytes: Buffer.from('x') }];
    expect(archiveOf(files, 5_000).equals(archiveOf(files, 5_000))).toBe(true);
  });

  it.each(['', 'a b', 'ä', 'x'.repeat(100), 'a\n'])('refuses the name %o', (name) => {
    expect(() => archiveOf([{ name, bytes: new Uint8Array() }], 0)).toThrow('not a name');
  });
});
