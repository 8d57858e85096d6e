/** What each program answers on the Mac as it stands: the exact arguments we give, and nothing for any other. */
import type { Command } from '#platform/exec.ts';
import type { ProbeResult } from '#platform/platform.ts';
import type { Mac, MacExtension, MacProcess } from '#test/worlds/macos/mac.ts';
import { product, sentinelctl } from '#test/worlds/macos/product.ts';
import { fixture } from '#test/platform/macos/fixture.ts';

type Answer = Pick<ProbeResult, 'code' | 'stdout' | 'stderr'>;

const ok = (stdout: string): Answer => ({ code: 0, stdout, stderr: '' });
const fails = (code: number, stderr: string): Answer => ({ code, stdout: '', stderr });

const columns = 'pid=,ppid=,uid=,ruid=,stat=,lstart=,ucomm=';
const requirement = '=anchor apple generic and (certificate leaf[subject.OU] = "4AYE5J54KN")';

/** Null for a command that nobody should give. */
export function answerOf(mac: Mac, { program, args, environment }: Command): Answer | null {
  const line = args.join(' ');
  const broken = mac.broken.get(program);
  if (broken !== undefined) return broken;
  if ((environment['TZ'] !== undefined) !== (program === '/bin/ps' && line.includes('lstart'))) return null;
  switch (program) {
    case '/usr/bin/sw_vers':
      return line === '' ? ok(fixture('system/sw_vers-15.txt').replace('15.3', mac.version)) : null;
    case '/usr/sbin/ioreg':
      return line === '-rd1 -c IOPlatformExpertDevice' ? ok(fixture('system/ioreg.txt')) : null;
    case '/usr/sbin/sysctl':
      return sysctl(mac, args);
    case '/usr/bin/systemextensionsctl':
      return line === 'list' ? ok(extensions(mac)) : null;
    case '/bin/launchctl':
      return launchctl(mac, args);
    case '/usr/sbin/pkgutil':
      return pkgutil(mac, args);
    case '/bin/ps':
      return ps(mac, args);
    case '/usr/sbin/lsof':
      return lsof(mac, args);
    case '/usr/bin/codesign':
      return codesign(mac, args);
    case '/usr/bin/profiles':
      return line === 'show -output stdout-xml' ? ok(profiles(mac)) : null;
    case '/sbin/shutdown':
      return shutdown(mac, args);
    case product.tool:
      return tool(mac, args);
    default:
      return null;
  }
}

function sysctl(mac: Mac, args: readonly string[]): Answer {
  const boot = String(mac.host.boot).padStart(12, '0');
  const known = new Map([
    ['hw.optional.arm64', '1'],
    ['sysctl.proc_translated', '0'],
    ['hw.model', 'Mac14,7'],
    ['kern.hv_vmm_present', '0'],
    ['kern.bootsessionuuid', `5E6FFEBE-27C1-4C0B-9A55-${boot}`],
  ]);
  const missing = args.filter((name) => !known.has(name));
  const stdout = args.flatMap((name) => (known.has(name) ? [`${name}: ${known.get(name)}\n`] : [])).join('');
  const stderr = missing.map((name) => `sysctl: unknown oid '${name}'\n`).join('');
  return { code: missing.length === 0 ? 0 : 1, stdout, stderr };
}

function allExtensions({ product: state, antivirus }: Mac): readonly MacExtension[] {
  const own = { teamId: product.teamId, bundleId: product.extension, version: '24.2.2' };
  const mine = state.networkExtension === 'absent' ? [] : [{ ...own, state: `activated ${state.networkExtension}` }];
  return [...antivirus.flatMap((each) => each.extensions), ...mine.map((each) => ({ ...each, state: each.state }))];
}

function extensions(mac: Mac): string {
  const rows = allExtensions(mac).map(({ teamId, bundleId, version, state }) => {
    const flags = state === 'activated enabled' ? '*\t*' : '\t';
    return `${flags}\t${teamId}\t${bundleId} (${version}/1)\tName\t[${state}]\n`;
  });
  if (rows.length === 0) return '0 extension(s)\n';
  const heading =
    '--- com.apple.system_extension.endpoint_security\nenabled\tactive\tteamID\tbundleID (version)\tname\t[state]\n';
  return `${rows.length} extension(s)\n${heading}${rows.join('')}`;
}

function launchctl(mac: Mac, args: readonly string[]): Answer | null {
  const own = mac.launchd.answer(args) ?? mac.watcher.answer(args);
  if (own !== null) return own;
  const daemons = new Map(mac.antivirus.flatMap((each) => each.daemons).map((label) => [label, true]));
  if (mac.product.daemon !== 'absent') daemons.set(product.daemon, mac.product.daemon === 'running');
  const [verb, target = ''] = args;
  if (verb === 'list' && args.length === 1) {
    const rows = [...daemons].map(([label, runs]) => `${runs ? '594' : '-'}\t0\t${label}\n`);
    return ok(`PID\tStatus\tLabel\n${rows.join('')}`);
  }
  const label = /^system\/([\w.-]+)$/.exec(target)?.[1] ?? '';
  if (verb === 'kickstart' && args.length === 2) return kickstart(mac, label, daemons.has(label));
  if (verb === 'bootstrap' && args.length === 3 && target === 'system') {
    mac.started.push(`bootstrap ${args[2]}`);
    return ok('');
  }
  if (verb !== 'print' || args.length !== 2 || label === '') return null;
  const runs = daemons.get(label);
  if (runs === undefined) return fails(113, `Bad request.\nCould not find service "${label}" in domain for system\n`);
  return ok(fixture(`launchctl/print-${runs ? 'running' : 'waiting'}.txt`));
}

function kickstart(mac: Mac, label: string, loaded: boolean): Answer {
  const known = loaded || mac.started.includes(`bootstrap /Library/LaunchDaemons/${label}.plist`);
  if (!known) return fails(113, `Could not find service "${label}" in domain for system\n`);
  mac.started.push(`kickstart ${label}`);
  if (label === product.daemon) mac.product = { ...mac.product, daemon: 'running' };
  return ok('');
}

function profiles({ managed }: Mac): string {
  return managed === 'no' ? '' : fixture(`profiles/${managed === 'fully' ? 'full' : 'no-privacy'}.xml`);
}

/** The program answers at once and waits in a process of its own. */
function shutdown(mac: Mac, args: readonly string[]): Answer | null {
  if (args.length !== 3 || args[0] !== '-r' || !/^\+\d+$/.test(args[1] ?? '')) return null;
  const pid = mac.host.nextPid();
  mac.addProcess({ pid, parentPid: 1, uid: 0, program: '/sbin/shutdown' });
  return fails(0, `Shutdown at Sat Nov 28 23:07:16 2026.\nshutdown: [pid ${pid}]\n`);
}

function pkgutil(mac: Mac, args: readonly string[]): Answer | null {
  const receipts = [
    ...mac.antivirus.flatMap((each) => each.receipts),
    ...(mac.product.receipt ? [product.receipt] : []),
  ];
  const [verb, ...rest] = args;
  if (verb === '--pkgs' && rest.length === 0) return ok(receipts.map((id) => `${id}\n`).join(''));
  if (verb === '--pkg-info' && rest.length === 1) {
    const known = rest[0] === product.receipt && receipts.includes(product.receipt);
    return known ? ok(fixture('pkgutil/pkg-info.txt')) : fails(1, `No receipt for '${rest[0]}' found at '/'.\n`);
  }
  if (verb === '--only-dirs' && rest.join(' ') === `--files ${product.receipt}`)
    return ok(fixture('pkgutil/files.txt'));
  if (verb !== '--check-signature' || rest.length !== 1) return null;
  const node = mac.host.disk.lookup(rest[0] ?? '');
  return node?.kind === 'file'
    ? ok(fixture('pkgutil/signature-trusted.txt'))
    : ok(fixture('pkgutil/signature-missing-file.txt'));
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As `ps` prints it in UTC: the day of the month with a leading blank. */
function started(ms: number): string {
  const date = new Date(ms);
  const time = date.toISOString().slice(11, 19);
  const day = String(date.getUTCDate()).padStart(2, ' ');
  return `${days[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${day} ${time} ${date.getUTCFullYear()}`;
}

function ps(mac: Mac, args: readonly string[]): Answer | null {
  const line = args.join(' ');
  const pid = /^-ww -p (\d+) -o (\S+)$/.exec(line);
  const wanted = pid === null ? mac.processes() : mac.processes().filter((each) => String(each.pid) === pid[1]);
  if (pid === null ? line !== `-ww -ax -o ${columns}` : pid[2] !== columns) return null;
  const text = wanted.map((each) => psRow(mac, each)).join('');
  return wanted.length === 0 ? { code: 1, stdout: '', stderr: '' } : ok(text);
}

function psRow(mac: Mac, { pid, parentPid, uid, realUid, program, name }: MacProcess): string {
  const numbers = [pid, parentPid, uid, realUid ?? uid].map((each) => String(each).padStart(5)).join(' ');
  return `${numbers} Ss   ${started(mac.startedAtMs(pid))} ${name ?? program.slice(program.lastIndexOf('/') + 1).slice(0, 16)}\n`;
}

function lsof(mac: Mac, args: readonly string[]): Answer | null {
  const found = /^-n -P -w -a -p ([\d,]+) -d txt -F pn$/.exec(args.join(' '));
  if (found === null) return null;
  const pids = found[1]?.split(',');
  const wanted = mac.processes().filter(({ pid }) => pids?.includes(String(pid)) !== false);
  return ok(wanted.map(({ pid, program }) => `p${pid}\nftxt\nn${program}\nftxt\nn/usr/lib/dyld\n`).join(''));
}

function codesign(mac: Mac, args: readonly string[]): Answer | null {
  const [verify, strict, flag, asked, code = '', ...rest] = args;
  if (verify !== '--verify' || strict !== '--strict' || flag !== '-R' || rest.length > 0) return null;
  if (asked !== requirement || code !== product.tool) return null;
  if (mac.signedBy === product.teamId) return ok('');
  return fails(3, `${code}: test-requirement: code failed to satisfy specified code requirement(s)\n`);
}

function tool(mac: Mac, args: readonly string[]): Answer | null {
  if (!mac.product.programs) return null;
  const said = sentinelctl(mac.product, args, mac.host.time.nowMs);
  return said === null ? null : ok(said);
}
