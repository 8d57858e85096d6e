/** The console's command as text, run as whoever runs the tests: what it starts before it becomes the console's user. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { launcher } from '../../scripts/package/console-unit.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'garrison-launcher-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('G8: starts no program from the PATH of whoever became root', () => {
  for (const name of ['id', 'setpriv', 'systemd-run', 'sh']) {
    writeFileSync(join(folder, name), `#!/bin/sh\n: >${folder}/pwned\nexec /usr/bin/${name} "$@"\n`);
    chmodSync(join(folder, name), 0o755);
  }
  writeFileSync(join(folder, 'garrison-console'), launcher);
  const env = { PATH: `${folder}:/usr/bin:/bin` };
  const ran = spawnSync('/bin/sh', [join(folder, 'garrison-console'), 'status'], { env, encoding: 'utf8' });
  // There is no such user on this machine, or we are not root: either way it ends before the console begins.
  expect(ran.status).not.toBe(0);
  expect(ran.stderr).toContain('garrison-console');
  expect(existsSync(join(folder, 'pwned'))).toBe(false);
});
