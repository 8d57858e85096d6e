import { rm, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { nullOn } from '#platform/files/errors.ts';
import { parseUnitShow } from '#platform/linux/parse/own-unit.ts';
import { completed } from '#platform/looks.ts';
import { judgeProgram, type Runner } from '#platform/linux/runner.ts';
import { systemdRuns } from '#platform/linux/services.ts';
import { systemdUnit, unitFileName, watchUnit, watchUnitFileName } from '#platform/linux/unit.ts';
import { writeSystemFile } from '#platform/linux/system-file.ts';
import type { ProgramVersions } from '#platform/program-versions.ts';
import type { OwnService, OwnServiceStatus } from '#platform/own-service.ts';
import { Fault } from '#protocol/codes.ts';

const ownDefinition = `/etc/systemd/system/${unitFileName}`;
const ownWatchDefinition = `/etc/systemd/system/${watchUnitFileName}`;
const packaged = [`/usr/lib/systemd/system/${unitFileName}`, `/lib/systemd/system/${unitFileName}`];
/** Stopping waits for the agent's last words to its console. */
const limits = { timeoutMs: 90_000, outputBytesMax: 64 * 1024 };

/** The agent's systemd unit. Fault `service.no-manager` where systemd does not run the machine. */
export function linuxService(runner: Runner, versions: ProgramVersions): OwnService {
  const systemctl = (...args: readonly string[]): Promise<string> => ask(runner, args);
  return {
    async install(program, version) {
      await requireSystemd();
      const refused = await judgeProgram(program);
      if (refused !== null) throw new Fault('service.untrusted-program', `${program}: ${refused}`);
      if (!(await isPackaged())) {
        await versions.adopt(version, program);
        await versions.makeCurrent(version);
        await writeSystemFile(ownWatchDefinition, watchUnit(versions.root), 0o644);
        await writeSystemFile(ownDefinition, systemdUnit(`${versions.root}/current/garrison-agent`), 0o644);
      }
      await systemctl('daemon-reload');
      await systemctl('enable', '--quiet', unitFileName);
      await systemctl('restart', unitFileName);
    },
    async uninstall() {
      await requireSystemd();
      const { definition } = await statusOf(systemctl);
      if (definition === 'none') return;
      await systemctl('disable', '--quiet', '--now', unitFileName);
      if (definition === 'own') {
        for (const path of [ownDefinition, ownWatchDefinition]) await rm(path, { force: true });
        await versions.removeAll();
      }
      await systemctl('daemon-reload');
    },
    async leave() {
      await requireSystemd();
      const { definition } = await statusOf(systemctl);
      if (definition === 'none') return;
      await systemctl('disable', '--quiet', unitFileName);
      if (definition === 'own') await rm(ownDefinition, { force: true });
      await systemctl('stop', '--no-block', unitFileName);
    },
    async start() {
      await requireDefinition(systemctl);
      await systemctl('start', unitFileName);
    },
    async stop() {
      await requireDefinition(systemctl);
      await systemctl('stop', unitFileName);
    },
    async status() {
      await requireSystemd();
      return statusOf(systemctl);
    },
  };
}

type Systemctl = (...args: readonly string[]) => Promise<string>;

async function statusOf(systemctl: Systemctl): Promise<OwnServiceStatus> {
  const shown = await systemctl('show', '-p', 'LoadState,ActiveState,UnitFileState,FragmentPath', unitFileName);
  const unit = parseUnitShow(shown);
  const definition = unit.path === null ? 'none' : posix.dirname(unit.path).startsWith('/etc/') ? 'own' : 'package';
  return { definition, state: unit.state, enabled: unit.enabled };
}

async function requireSystemd(): Promise<void> {
  if (await systemdRuns()) return;
  throw new Fault('service.no-manager', 'systemd does not run this machine');
}

async function requireDefinition(systemctl: Systemctl): Promise<void> {
  await requireSystemd();
  if ((await statusOf(systemctl)).definition !== 'none') return;
  throw new Fault('service.not-installed', `there is no ${unitFileName}`);
}

async function isPackaged(): Promise<boolean> {
  const found = await Promise.all(packaged.map((path) => nullOn(['ENOENT', 'ENOTDIR'], () => stat(path))));
  return found.some((entry) => entry !== null);
}

async function ask(runner: Runner, args: readonly string[]): Promise<string> {
  const probe = completed(await runner.probe({ program: 'systemctl', args }, limits), 'systemctl');
  if (probe.status !== 'ok') throw new Fault('service.manager-unreachable', probe.detail);
  const { code, stdout, stderr } = probe.value;
  if (code === 0) return stdout;
  throw new Fault('service.manager-unreachable', `systemctl ${args[0]} ended with ${code}: ${stderr.trim()}`);
}
