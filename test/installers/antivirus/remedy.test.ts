/** What an administrator is told to do: data of the catalogue, put into sentences with what was found on the machine. */
import { describe, expect, test } from 'vitest';
import type { Inventory } from '#platform/inventory.ts';
import { catalogue } from '#installers/antivirus/catalogue.ts';
import { detect } from '#installers/antivirus/detect.ts';
import { isGuard } from '#installers/antivirus/match.ts';
import { full } from '#test/installers/antivirus/generated.ts';
import {
  daemon,
  deb,
  driver,
  failed,
  linux,
  macos,
  ok,
  program,
  securityCenter,
  service,
  windows,
} from '#test/installers/antivirus/inventories.ts';

const systems = ['windows', 'macos', 'linux'] as const;

function remedy(inventory: Inventory, productId: string): string {
  return detect(inventory, catalogue).findings.find((finding) => finding.productId === productId)?.remedy ?? '';
}

describe.each(systems)('on %s', (os) => {
  const entries = catalogue.products.filter(
    (product) => product[os] !== undefined && !isGuard(product) && product.class !== 'builtin',
  );

  test('every finding of every entry says what to do, in whole sentences, and fits into a report', () => {
    let told = 0;
    for (const product of entries) {
      for (const finding of detect(full(product, os), catalogue).findings) {
        told += 1;
        expect(finding.remedy, finding.productId).toMatch(/^[A-Z"].{15,1500}\.$/s);
        expect(finding.remedy, finding.productId).not.toMatch(/undefined|null|\{|\}| {2}/);
      }
    }
    expect(told).toBeGreaterThan({ windows: 80, macos: 30, linux: 45 }[os]);
  });

  test('what the catalogue knows of a removal is told whole', () => {
    const given = entries.filter((product) => product[os]?.remedy !== undefined && product.countsAsOtherAv !== 'no');
    expect(given.length).toBeGreaterThan({ windows: 15, macos: 3, linux: 10 }[os]);
    for (const product of given) {
      const { before, uninstaller, removalTool, keep } = product[os]?.remedy ?? {};
      const text = remedy(full(product, os), product.id);
      for (const part of [before, uninstaller, removalTool, keep]) {
        if (part !== undefined) expect(text, product.id).toContain(part);
      }
    }
  });
});

describe('Windows', () => {
  test('programs are named as the machine lists them, components are not', () => {
    const programs = ['Sophos Endpoint Agent', 'Sophos AutoUpdate'].map((name) => program(name));
    const text = remedy(windows({ uninstallEntries: ok(programs) }), 'sophos-endpoint');
    expect(text).toContain('Remove "Sophos Endpoint Agent" in Settings, Apps, Installed apps');
    expect(text).toMatch(/^First turn off tamper protection in Sophos Central\./);
    expect(text).toContain("the vendor's SophosZap");
    expect(text).toContain('Restart the device afterwards.');
    expect(text).not.toContain('AutoUpdate');
  });

  test('a name made to deceive is one plain line', () => {
    const text = remedy(
      windows({ uninstallEntries: ok([program('Sophos Endpoint Agent\u202e\n\u0007x')]) }),
      'sophos-endpoint',
    );
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(text).toContain('Remove "Sophos Endpoint Agent');
  });

  test('a product that was found otherwise is named by its own name', () => {
    expect(remedy(windows({ services: ok([service('ekrn')]) }), 'eset')).toContain('Remove "ESET');
  });

  test('the sensor of Defender has a driver and needs no restart: the catalogue says so', () => {
    const sensor = catalogue.products.find(({ id }) => id === 'microsoft-defender-for-endpoint');
    expect(sensor?.windows?.drivers.length).toBeGreaterThan(0);
    expect(remedy(windows({ services: ok([service('Sense')]) }), 'microsoft-defender-for-endpoint')).not.toContain(
      'Restart',
    );
  });

  test('what is gone after a restart says just that', () => {
    expect(remedy(windows({ drivers: ok([driver('csagent')]) }), 'crowdstrike-falcon')).toBe(
      'It was removed, but a driver or extension stays loaded until then: restart the device.',
    );
  });

  test.each([
    ['{5F1C2B7A-0000-4000-8000-000000000001}', true],
    ['{5F1C2B7A} & del', false],
    ['', false],
  ])('a leftover row of id "%s" is named only where it is an id', (instanceGuid, named) => {
    const row = securityCenter('McAfee VirusScan', { programExists: false, instanceGuid });
    const text = remedy(windows({ securityCenter: ok([row]) }), 'mcafee-consumer');
    expect(text.includes(`the entry ${instanceGuid} below`)).toBe(named);
    expect(text).toContain('Only leftovers of it are there');
  });
});

describe('Linux and macOS', () => {
  test('only names that a shell reads as one word stand in a command', () => {
    const odd = linux({ packages: ok([deb('falcon-sensor'), deb('falcon-sensor; rm -rf /')]) });
    expect(remedy(odd, 'crowdstrike-falcon')).toContain('apt-get purge falcon-sensor.');
  });

  test('ClamAV: keeping it for a mail server comes first, then how its daemon is stopped', () => {
    const text = remedy(linux({ services: ok([service('clamav-daemon.service')]) }), 'clamav');
    expect(text).toMatch(/^If it serves a mail or file server, add an exception for ClamAV\./);
    expect(text).toContain('systemctl disable --now clamav-daemon');
    expect(text).toContain('clamd@scan');
  });

  test('an app in the bin is no removal', () => {
    expect(remedy(macos({ launchDaemons: ok([daemon('com.trendmicro.icore.av')]) }), 'trend-micro-apex-one')).toContain(
      'dragging the app to the bin leaves its extension running',
    );
  });
});

test('a look that failed says what can be done about it', () => {
  const text = remedy(windows({ securityCenter: failed() }), 'unknown-securityCenter');
  expect(text).toContain('waive this one look for a limited time');
  expect(text).toContain('winmgmt');
});
