import { describe, expect, test } from 'vitest';
import { conflictSchema } from '#protocol/state.ts';
import { catalogue } from '#installers/antivirus/catalogue.ts';
import { detect } from '#installers/antivirus/detect.ts';
import { grantLifetimeMaxMs, judge, judgementPolicy, type JudgementPolicy } from '#installers/antivirus/judge.ts';
import type { Inventory } from '#platform/inventory.ts';
import {
  deb,
  failed,
  folder,
  linux,
  macos,
  ok,
  process,
  service,
  unsupported,
  windows,
  windowsServer,
} from '#test/installers/antivirus/inventories.ts';
import { defaultPolicy } from '#test/installers/antivirus/policies.ts';

const day = 86_400_000;
const now = Date.parse('2026-03-01T00:00:00Z');

function judged(inventory: Inventory, policy: Partial<JudgementPolicy> = {}, at = now) {
  return judge(detect(inventory, catalogue), { ...defaultPolicy, ...policy }, at);
}

function blockingIds(inventory: Inventory, policy: Partial<JudgementPolicy> = {}, at = now): string[] {
  return judged(inventory, policy, at).blocking.map(({ productId }) => productId);
}

const falcon = linux({ packages: ok([deb('falcon-sensor')]), services: ok([service('falcon-sensor.service')]) });
const clamd = linux({ packages: ok([deb('clamav-daemon')]), services: ok([service('clamav-daemon.service')]) });

describe('G6 fake antivirus must not deny protection', () => {
  const planted: [string, Inventory][] = [
    ['a process with the right name', linux({ processes: ok([process('/usr/sbin/falcond', { trusted: false })]) })],
    [
      'a process without a readable file, named by itself',
      linux({ processes: ok([process('/usr/sbin/falcond', { path: null })]) }),
    ],
    [
      'a process in a folder of the right name, below a home',
      linux({ processes: ok([process('/home/eve/opt/CrowdStrike/falcond', { trusted: false })]) }),
    ],
    [
      'a path that climbs out of the right folder',
      linux({ processes: ok([process('/opt/CrowdStrike/../../home/eve/x')]) }),
    ],
    ['a folder that others may write', linux({ paths: ok([folder('/opt/CrowdStrike', false)]) })],
    ['a folder that only root may write', linux({ paths: ok([folder('/opt/CrowdStrike')]) })],
    ['a unit of a user', linux({ services: ok([service('falcon-sensor.service', { system: false })]) })],
    [
      'a blocking fanotify holder inside a container',
      linux({ processes: ok([process('/usr/bin/scan', { trusted: false, blocksFileAccess: true })]) }),
    ],
    ['a removed package', linux({ packages: ok([deb('falcon-sensor', 'config-files')]) })],
  ];

  test.each(planted)('%s does not block', (_what, inventory) => {
    const judgement = judged(inventory, { coexisting: 'block', onDemandScanners: 'block' });
    expect(judgement.blocking).toEqual([]);
    expect(judgement.verdict).toBe('clear');
  });

  test('what was planted is still shown as a hint', () => {
    const detection = detect(linux({ processes: ok([process('/usr/sbin/falcond', { trusted: false })]) }), catalogue);
    expect(detection.findings).toEqual([]);
    expect(detection.hints).toEqual([{ productId: 'crowdstrike-falcon', text: expect.stringContaining('falcond') }]);
  });

  test('a name that only root can have put there does block', () => {
    expect(blockingIds(linux({ processes: ok([process('/opt/CrowdStrike/falcond')]) }))).toEqual([
      'crowdstrike-falcon',
    ]);
  });

  test('a guard does not hide a blocking holder that only resembles it', () => {
    const lookalike = process('/srv/tools/fapolicyd', { blocksFileAccess: true });
    expect(blockingIds(linux({ processes: ok([lookalike]) }))).toEqual(['unnamed-fapolicyd']);
  });
});

describe('G19 an exception names one catalogue id, at most 30 days', () => {
  const exception = (productId: string, issuedAtMs = now, expiresAtMs = now + day) => ({
    exceptions: [{ productId, issuedAtMs, expiresAtMs }],
  });

  test('the named product is reported instead, and until when', () => {
    const judgement = judged(falcon, exception('crowdstrike-falcon'));
    expect(judgement.verdict).toBe('clear');
    expect(judgement.blocking).toEqual([]);
    expect(judgement.reported.map(({ productId }) => productId)).toEqual(['crowdstrike-falcon']);
    expect(judgement.excepted).toEqual([{ productId: 'crowdstrike-falcon', untilMs: now + day }]);
  });

  test.each(['*', '', 'crowdstrike', 'crowdstrike-*', 'CrowdStrike Falcon', 'eset', 'CROWDSTRIKE-FALCON'])(
    '"%s" excepts nothing else',
    (productId) => {
      expect(blockingIds(falcon, exception(productId))).toEqual(['crowdstrike-falcon']);
    },
  );

  test('does nothing from its last moment on', () => {
    const policy = exception('crowdstrike-falcon');
    expect(blockingIds(falcon, policy, now + day - 1)).toEqual([]);
    expect(blockingIds(falcon, policy, now + day)).toEqual(['crowdstrike-falcon']);
  });

  test('a longer one is cut to 30 days from its issue', () => {
    const policy = exception('crowdstrike-falcon', now, now + 365 * day);
    expect(judged(falcon, policy).excepted).toEqual([
      { productId: 'crowdstrike-falcon', untilMs: now + grantLifetimeMaxMs },
    ]);
    expect(blockingIds(falcon, policy, now + 30 * day - 1)).toEqual([]);
    expect(blockingIds(falcon, policy, now + 30 * day)).toEqual(['crowdstrike-falcon']);
  });

  test.each([
    ['issued in the future', now + day, now + 2 * day],
    ['without a readable issue time', Number.NaN, now + day],
    ['without a readable end', now, Number.NaN],
  ])('one %s does nothing', (_what, issuedAtMs, expiresAtMs) => {
    expect(blockingIds(falcon, exception('crowdstrike-falcon', issuedAtMs, expiresAtMs))).toEqual([
      'crowdstrike-falcon',
    ]);
  });

  test('a product without an entry can be excepted by its own id', () => {
    const machine = linux({ processes: ok([process('/opt/acme/guard', { blocksFileAccess: true })]) });
    expect(blockingIds(machine)).toEqual(['unnamed-guard']);
    expect(blockingIds(machine, exception('unnamed-guard'))).toEqual([]);
  });

  test('neither removes nor hides: the finding keeps its evidence', () => {
    const [finding] = judged(falcon, exception('crowdstrike-falcon')).reported;
    expect(finding?.evidence.some(({ strong }) => strong)).toBe(true);
  });
});

describe('looks that failed', () => {
  test.each(['packages', 'services', 'processes'] as const)('%s on Linux: unknown, naming the look', (probe) => {
    const judgement = judged(linux({ [probe]: failed('probe.timeout') }));
    expect(judgement.verdict).toBe('unknown');
    expect(judgement.unknownProbes).toEqual([
      { probe, code: 'probe.timeout', detail: 'gave up after 10 s', essential: true },
    ]);
    const finding = detect(linux({ [probe]: failed() }), catalogue).findings[0];
    expect([finding?.productId, finding?.state]).toEqual([`unknown-${probe}`, 'unknown']);
    expect(finding?.evidence[0]?.text).toContain(probe);
  });

  test.each(['drivers', 'paths'] as const)('%s on Linux: a note, the others decide', (probe) => {
    const detection = detect(linux({ [probe]: failed() }), catalogue);
    expect(detection.findings).toEqual([]);
    expect(detection.failedProbes.map((failure) => failure.probe)).toEqual([probe]);
    expect(judged(linux({ [probe]: failed() })).verdict).toBe('clear');
  });

  test('a machine without a process list was not looked at', () => {
    expect(judged(linux({ processes: unsupported })).verdict).toBe('unknown');
  });

  test.each([
    ['macos', 'systemExtensions'],
    ['macos', 'launchDaemons'],
    ['macos', 'processes'],
    ['windows', 'services'],
    ['windows', 'drivers'],
    ['windows', 'uninstallEntries'],
    ['windows', 'securityCenter'],
  ] as const)('on %s there is always a source for %s: a system without it was not looked at', (os, probe) => {
    const machine = { macos, windows }[os];
    expect(judged(machine({ [probe]: unsupported })).unknownProbes.map((failure) => failure.probe)).toEqual([probe]);
    expect(judged(machine({ [probe]: failed() })).unknownProbes.map((failure) => failure.probe)).toEqual([probe]);
  });

  test('a system without package database or service manager is no failure', () => {
    expect(judged(linux({ packages: unsupported, services: unsupported })).verdict).toBe('clear');
  });

  test('what was found by other looks blocks all the same', () => {
    expect(blockingIds(linux({ packages: failed(), services: ok([service('falcon-sensor.service')]) }))).toEqual([
      'crowdstrike-falcon',
    ]);
  });

  test('a waiver names one look and ends', () => {
    const machine = linux({ packages: failed(), services: failed() });
    const waivers = [{ probe: 'packages', issuedAtMs: now, expiresAtMs: now + 90 * day }];
    const judgement = judged(machine, { waivers });
    expect(judgement.unknownProbes.map(({ probe }) => probe)).toEqual(['services']);
    expect(judgement.waivedProbes).toEqual([
      expect.objectContaining({ probe: 'packages', untilMs: now + grantLifetimeMaxMs }),
    ]);
    expect(judged(machine, { waivers }, now + 30 * day).unknownProbes).toHaveLength(2);
  });
});

describe('policy', () => {
  test('a scanner whose daemon runs blocks unless the policy only reports it', () => {
    expect(blockingIds(clamd)).toEqual(['clamav']);
    expect(blockingIds(clamd, { onDemandScanners: 'report' })).toEqual([]);
  });

  test('a scanner that checks files on access is no on-demand scanner', () => {
    const machine = linux({ services: ok([service('clamonacc.service')]) });
    expect(blockingIds(machine, { onDemandScanners: 'report' })).toEqual(['clamav']);
  });

  test('products made to coexist block only where the policy says so', () => {
    const machine = linux({ services: ok([service('huntress-agent.service')]) });
    expect(blockingIds(machine)).toEqual([]);
    expect(blockingIds(machine, { coexisting: 'block' })).toEqual(['huntress']);
  });

  test('an unmet condition is no matter of policy', () => {
    const idle = linux({ packages: ok([deb('clamav'), deb('ds-agent')]), services: ok([service('ds_agent.service')]) });
    expect(blockingIds(idle, { coexisting: 'block' })).toEqual([]);
  });

  test('Defender never blocks a client, and a server only where the policy says so', () => {
    expect(blockingIds(windows(), { defenderOnServers: 'block' })).toEqual([]);
    expect(blockingIds(windowsServer())).toEqual([]);
    expect(blockingIds(windowsServer(), { defenderOnServers: 'block' })).toEqual(['microsoft-defender-antivirus']);
  });

  test('the product itself is told apart', () => {
    const judgement = judged(linux({ packages: ok([deb('sentinelagent')]) }));
    expect(judgement.verdict).toBe('already-installed');
    expect(judgement.self?.productId).toBe('sentinelone');
    expect(judgement.blocking).toEqual([]);
  });

  test('is read from the assignment', () => {
    const issuedAt = '2026-02-28T00:00:00.000Z';
    const expiresAt = '2026-03-05T00:00:00.000Z';
    const policy = judgementPolicy({
      exceptions: [{ productId: 'clamav', issuedAt, expiresAt }],
      waivers: [{ probe: 'services', issuedAt, expiresAt }],
      onDemandScanners: 'block',
      defenderOnServers: 'report',
      coexisting: 'report',
    });
    expect(policy.exceptions).toEqual([
      { productId: 'clamav', issuedAtMs: Date.parse(issuedAt), expiresAtMs: Date.parse(expiresAt) },
    ]);
    expect(blockingIds(clamd, policy)).toEqual([]);
  });
});

describe('what is told', () => {
  test('a conflict names product, version, evidence and a remedy that fits the packages found', () => {
    const [conflict] = judged(falcon).blocking;
    expect(conflict).toEqual({
      productId: 'crowdstrike-falcon',
      name: 'CrowdStrike Falcon',
      version: '1.2.3-1',
      state: 'active',
      evidence: [
        'service falcon-sensor.service running, starts at boot',
        'package falcon-sensor 1.2.3-1 (deb) installed',
      ],
      remedy: expect.stringContaining('apt-get purge falcon-sensor'),
    });
    expect(conflict?.remedy).toContain('maintenance token');
  });

  test('an rpm is removed with dnf', () => {
    const rpm = { ...deb('cortex-agent'), format: 'rpm' } as const;
    expect(judged(linux({ packages: ok([rpm]) })).blocking[0]?.remedy).toContain('dnf remove cortex-agent');
  });

  test('Defender on Linux: passive mode is named as the way to keep both', () => {
    const [conflict] = judged(linux({ services: ok([service('mdatp.service')]) })).blocking;
    expect(conflict?.remedy).toContain('passive mode');
  });

  test('hostile names stay one bounded line', () => {
    const name = `\u202Egnp\n\u0000${'x'.repeat(5000)}`;
    const machine = linux({
      processes: ok([process('/opt/a', { name, path: `/opt/${name}`, blocksFileAccess: true })]),
    });
    const { blocking } = judged(machine);
    expect(blocking).toHaveLength(1);
    for (const conflict of blocking) {
      expect(conflictSchema.safeParse(conflict).success).toBe(true);
      // eslint-disable-next-line no-control-regex
      expect(JSON.stringify(conflict)).not.toMatch(/[\u202E]|\\u0000|\\n/);
    }
  });
});
