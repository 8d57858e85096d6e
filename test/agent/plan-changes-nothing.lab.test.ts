/**
 * `garrison-agent plan` leaves the file system as it was: it runs on this very machine, seen through an overlay in which
 * every file that is made, changed or removed lies in a directory of its own.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tested } from '#test/agent/plans/candidates.ts';
import { labDirectory } from '#test/platform/linux/lab.ts';

const house = fileURLToPath(new URL('../../', import.meta.url));
const lab = labDirectory();
afterAll(() => lab.remove());

const site = {
  siteId: '1',
  siteName: 'Example site',
  groupId: null,
  consoleHost: 'example.sentinelone.net',
  siteKeySha256: '5'.repeat(64),
};
const assignment = { site, candidates: tested, siteTokenFile: '/root/token', packageDirectory: '/root/packages' };

/**
 * What `command` printed, and what it left: one line for each thing the overlay holds. Of a directory only its place and
 * mode count: one that held something for a moment is as it was.
 */
function changes(command: string): { readonly output: string; readonly left: readonly string[] } {
  const list =
    'find upper run -mindepth 1 \\( -type d -printf "%P/ %m %U\\n" -o -printf "%P %y %m %U %s %T@ %C@\\n" \\)';
  const script = [
    'set -e',
    `mount -t tmpfs tmpfs ${lab.path}/overlay && cd ${lab.path}/overlay && mkdir upper work root run`,
    'mkdir -m 0700 upper/root && install -m 0600 ../assignment.json upper/root/',
    'mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root',
    'mount -t proc proc root/proc && mount --bind /dev root/dev && mount --bind /sys root/sys',
    // This machine's agent may run; the look is that of a machine on which none does.
    'mount --bind run root/run',
    `${list} | sort > before`,
    `chroot root sh -c 'cd ${house} && ${command}' > output`,
    `${list} | sort > after`,
    'cat output; echo; echo =====; diff before after || true',
  ].join('\n');
  const text = execFileSync('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script], { encoding: 'utf8' });
  const [output = '', difference = ''] = text.split('\n=====\n');
  return { output, left: difference.split('\n').filter((line) => /^[<>]/.test(line)) };
}

beforeAll(() => {
  mkdirSync(join(lab.path, 'overlay'));
  writeFileSync(join(lab.path, 'assignment.json'), JSON.stringify(assignment), { mode: 0o600 });
});

it('sees a file that is made, removed or changed, and a directory that is made', () => {
  const { left } = changes(
    'echo x > /etc/garrison-was-here; rm /etc/hostname; chmod 0640 /etc/passwd; mkdir /srv/made',
  );
  const places = left.map((line) => line.split(' ')[1]);
  expect(places).toEqual(expect.arrayContaining(['etc/garrison-was-here', 'etc/hostname', 'etc/passwd', 'srv/made/']));
});

it.each([
  ['as it is', '', 'unassigned'],
  ['with an assignment', '--assignment /root/assignment.json', null],
])('plan %s changes nothing on disk', (_what, options, state) => {
  const { output, left } = changes(`"${process.execPath}" agent/main.ts plan --json ${options}`);
  expect(left).toEqual([]);
  const plan = JSON.parse(output) as { machine: { target: string }; state: { kind: string }; selection: unknown };
  expect(plan.machine.target).toMatch(/^linux-/);
  if (state === null) expect(plan.selection).not.toBeNull();
  else expect(plan.state.kind).toBe(state);
});
