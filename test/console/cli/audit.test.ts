import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-audit-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function run(...words: string[]): Promise<{ code: number; said: string }> {
  const env = { PATH: process.env['PATH'], GARRISON_CONSOLE_DATA: join(directory, 'data') };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['console/main.ts', ...words], { env }, (_error, out, complaint) =>
      resolve({ code: child.exitCode ?? -1, said: out + complaint }),
    );
  });
}

describe('garrison-console audit (G21)', () => {
  it('G21: verify says clearly whether the log holds, also by its exit code', { timeout: 90_000 }, async () => {
    const passwordFile = join(directory, 'password');
    writeFileSync(passwordFile, 'correct horse battery');
    await run('init', '--public-url', 'http://127.0.0.1:8440');
    await run('admin', 'create', 'Ann', '--password-file', passwordFile);
    await run('admin', 'create', 'Bob', '--password-file', passwordFile);
    const head = (await run('audit', 'head')).said.trim();
    expect(head).toMatch(/^2:[0-9a-f]{64}$/);
    const good = await run('audit', 'verify', '--head', head);
    expect(good).toMatchObject({ code: 0, said: expect.stringContaining('The audit log holds.') });
    expect((await run('audit', 'verify', '--head', 'nonsense')).code).toBe(1);
    const database = new DatabaseSync(join(directory, 'data', 'garrison.db'));
    database.exec('delete from audit where number = 2');
    database.close();
    const cut = await run('audit', 'verify', '--head', head, '--json');
    expect([cut.code, JSON.parse(cut.said)]).toMatchObject([
      2,
      { holds: false, comparedWith: 1, entries: 1, broken: { kind: 'cut-off', from: 2, to: 2 } },
    ]);
  });
});
