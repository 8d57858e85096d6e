/** `garrison-agent plan` on a machine of a profile: the command's own code over the in-memory host. */
import { sentinelOne } from '#installers/sentinelone/index.ts';
import type { Inventory } from '#platform/inventory.ts';
import type { Platform } from '#platform/platform.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { planLines } from '#agent/cli/plan.ts';
import type { Explanation } from '#agent/explain/explain.ts';
import { lookOnce } from '#agent/observe/look-once.ts';
import { ok, type Profile } from '#test/agent/plans/profile.ts';
import { tested } from '#test/agent/plans/candidates.ts';
import { vendorHost } from '#test/worlds/host/console.ts';
import { Host } from '#test/worlds/host/host.ts';
import { linux, macos, windows, windowsServer } from '#test/installers/antivirus/inventories.ts';

const file = '/root/assignment.json';
/** As in the recorded answers of the vendor's programs. */
const fixtureSiteKey = '0a1b2c3d4e5f6789';

export async function explained(profile: Profile): Promise<Explanation> {
  const host = new Host();
  host.machineChanges = profile.machine;
  host.inventoryChanges = { ...inventoryOf(profile), ...profile.inventory };
  host.pendingReboot = ok(profile.pendingReboot ?? false);
  host.freeBytes = profile.freeBytes ?? 64 * 1024 ** 3;
  const platform = platformOf(host, profile);
  if (profile.wanted === null) return lookOnce(platform, sentinelOne, null);
  place(host, JSON.stringify(assignment(profile)));
  return await passing(host, lookOnce(platform, sentinelOne, file));
}

/** As a person reads it, and as `--json` gives it. */
export function printed(profile: Profile, explanation: Explanation): { text: string; json: string } {
  return {
    text: `# ${profile.right}\n\n${planLines(explanation).join('\n')}\n`,
    json: `${JSON.stringify(explanation, null, 2)}\n`,
  };
}

/** What the system's sources say where nothing is installed. */
function inventoryOf({ machine }: Profile): Partial<Inventory> {
  switch (machine.os) {
    case 'linux':
      return linux();
    case 'macos':
      return macos();
    case 'windows':
      return machine.product === 'server' ? windowsServer() : windows();
  }
}

function platformOf(host: Host, profile: Profile): Platform {
  const process = host.spawn('garrison-agent');
  const platform = host.platform(process);
  const state = profile.packageState ?? { state: 'absent' as const, version: null, detail: '' };
  return {
    ...platform,
    os: profile.machine.os,
    packageState: () => process.look(() => ok(state)),
    services: (names) =>
      process.look(() =>
        ok(
          names.map(
            (name) => profile.services?.find((service) => service.name === name) ?? { name, state: 'absent' as const },
          ),
        ),
      ),
    probeVendorTool: (tool, args) =>
      process.look(() => {
        const stdout = profile.tools?.[[tool.name, ...args].join(' ')];
        if (stdout === undefined) return { status: 'failed', code: 'health.unreadable', detail: 'no answer' } as const;
        return ok({ code: 0, stdout, stderr: '', timedOut: false, truncated: false });
      }),
  };
}

function assignment({ wanted }: Profile): object {
  return {
    mode: 'deploy',
    site: {
      siteId: '1',
      siteName: 'Example site',
      groupId: null,
      consoleHost: wanted?.consoleHost ?? vendorHost,
      siteKeySha256: sha256Hex(fixtureSiteKey),
    },
    candidates: [...tested, ...(wanted?.alsoHeld ?? [])],
    versionPolicy: wanted?.versionPolicy ?? { kind: 'baseline' },
    antivirus: wanted?.antivirus ?? {},
    siteTokenFile: '/root/site-token',
    packageDirectory: '/root/packages',
  };
}

function place(host: Host, text: string): void {
  const root = host.disk.makeDirectory(host.disk.root, 'root');
  host.disk.write(host.disk.makeFile(root, 'assignment.json', 0), Buffer.from(text), 0);
}

/** Lets the world's time pass while the look goes on. */
async function passing<T>(host: Host, look: Promise<T>): Promise<T> {
  let done = false;
  const ended = look.finally(() => {
    done = true;
  });
  await host.time.run(60_000, () => done);
  return ended;
}
