import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { manualSteps } from '#installers/sentinelone/macos-profile/steps.ts';
import { plistXml } from '#installers/sentinelone/macos-profile/plist.ts';
import { macosProfile } from '#installers/sentinelone/macos-profile/profile.ts';
import { trust } from '#installers/sentinelone/trust.release.ts';
import { notProtectingReasons, problemKinds } from '#protocol/state.ts';
import { sha256Hex } from '#protocol/crypto.ts';

/** Read by another program's parser: Python's plistlib, which refuses what is not well-formed. */
function parsed(xml: string): unknown {
  const script = 'import json,plistlib,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))';
  return JSON.parse(execFileSync('python3', ['-c', script], { input: xml, encoding: 'utf8' }));
}

interface Payload {
  readonly PayloadType: string;
  readonly PayloadIdentifier: string;
  readonly PayloadUUID: string;
  readonly [key: string]: unknown;
}

const team = '4AYE5J54KN';
const xml = macosProfile(sha256Hex);
const profile = parsed(xml) as Payload & { readonly PayloadContent: readonly Payload[] };
const payload = (type: string): Payload => {
  const found = profile.PayloadContent.filter(({ PayloadType }) => PayloadType === type);
  expect(found).toHaveLength(1);
  return found[0] ?? profile;
};
const developerId = (identifier: string): string =>
  `anchor apple generic and identifier "${identifier}" and certificate 1[field.1.2.840.113635.100.6.2.6] and certificate leaf[field.1.2.840.113635.100.6.1.13] and certificate leaf[subject.OU] = "${team}"`;

describe('the configuration profile for macOS', () => {
  it('is a profile of the system with five payloads', () => {
    expect(profile).toMatchObject({ PayloadType: 'Configuration', PayloadVersion: 1, PayloadScope: 'System' });
    expect(profile.PayloadContent.map(({ PayloadType }) => PayloadType)).toEqual([
      'com.apple.TCC.configuration-profile-policy',
      'com.apple.system-extension-policy',
      'com.apple.webcontent-filter',
      'com.apple.notificationsettings',
      'com.apple.servicemanagement',
    ]);
  });

  it('is the same every time, with identifiers of its own for each payload', () => {
    expect(macosProfile(sha256Hex)).toBe(xml);
    const all = [profile, ...profile.PayloadContent];
    for (const { PayloadUUID } of all)
      expect(PayloadUUID).toMatch(/^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
    expect(new Set(all.map(({ PayloadUUID }) => PayloadUUID)).size).toBe(6);
    expect(new Set(all.map(({ PayloadIdentifier }) => PayloadIdentifier)).size).toBe(6);
    // Written down, so that a change that would leave the old profile beside the new one is seen.
    expect(profile.PayloadUUID).toBe('4BC8C9D9-084E-8DCF-85DC-7ABB2920CAE6');
  });

  it('G29: gives full disk access to the three programs of the vendor’s team and to nothing else', () => {
    const access = (identifier: string) => ({
      Identifier: identifier,
      IdentifierType: 'bundleID',
      CodeRequirement: developerId(identifier),
      StaticCode: false,
      Allowed: true,
    });
    expect(payload('com.apple.TCC.configuration-profile-policy')['Services']).toEqual({
      SystemPolicyAllFiles: [
        access('com.sentinelone.sentineld'),
        access('com.sentinelone.sentineld-helper'),
        access('com.sentinelone.sentineld-shell'),
      ],
      BluetoothAlways: [access('com.sentinelone.sentineld-helper')],
    });
  });

  it('allows the network extension, and since macOS 15 keeps users from switching it off', () => {
    const extension = { [team]: ['com.sentinelone.network-monitoring'] };
    expect(payload('com.apple.system-extension-policy')).toMatchObject({
      AllowUserOverrides: true,
      AllowedSystemExtensions: extension,
      NonRemovableFromUISystemExtensions: extension,
    });
    expect(xml).not.toContain('AllowedTeamIdentifiers');
  });

  it('sets the network filter up for the provider of the vendor’s team', () => {
    expect(payload('com.apple.webcontent-filter')).toMatchObject({
      FilterType: 'Plugin',
      PluginBundleID: 'com.sentinelone.extensions-wrapper',
      FilterGrade: 'firewall',
      FilterSockets: true,
      FilterPackets: false,
      FilterDataProviderBundleIdentifier: 'com.sentinelone.network-monitoring',
      FilterDataProviderDesignatedRequirement: developerId('com.sentinelone.network-monitoring'),
    });
  });

  it('allows notifications and keeps background items on', () => {
    const settings = payload('com.apple.notificationsettings')['NotificationSettings'] as readonly {
      BundleIdentifier: string;
    }[];
    expect(settings.map(({ BundleIdentifier }) => BundleIdentifier)).toContain('com.sentinelOne.SentinelAgent');
    expect(payload('com.apple.servicemanagement')['Rules']).toEqual([
      { RuleType: 'TeamIdentifier', RuleValue: team, Comment: 'SentinelOne' },
      { RuleType: 'LabelPrefix', RuleValue: 'com.sentinelone.', TeamIdentifier: team, Comment: 'SentinelOne' },
    ]);
  });

  it('G29: names no identifier that is not the vendor’s, Apple’s or our own, and only the pinned team', () => {
    const names = [...xml.matchAll(/\b(?:com|org|net|io|garrison)\.[\w.-]+/g)].map(([name]) => name);
    expect(names.length).toBeGreaterThan(20);
    for (const name of names)
      expect(name).toMatch(/^(?:com\.sentinel[oO]ne\.|com\.apple\.|garrison\.sentinelone\.macos)/);
    expect(trust.publishers.appleTeamIds).toEqual([team]);
    expect(xml.match(/subject\.OU\] = "([^"]+)"/g)).toEqual(Array.from({ length: 5 }, () => `subject.OU] = "${team}"`));
  });

  it('holds no word about the console, the site or a token', () => {
    expect(xml).not.toMatch(/sentinelone\.net(?!work)|token|site_key|https?:\/\/(?!www\.apple\.com)/i);
  });
});

describe('property lists', () => {
  it('say what they were given, whatever is in it', () => {
    const value = {
      'a <key> & "more"': 'x < y && z > "w" \'v\' ]]> é 日本',
      list: [1, 0, -5, true, false, '', []],
      none: {},
      deep: [{ a: [{ b: 'c' }] }],
    };
    expect(parsed(plistXml(value))).toEqual(value);
  });
});

describe('the steps for a Mac without MDM', () => {
  it('name where, what and the state that shows them missing', () => {
    const states: readonly string[] = [...notProtectingReasons, ...problemKinds];
    for (const step of manualSteps) {
      expect(states).toContain(step.shownAs);
      expect(step.title.length).toBeGreaterThan(8);
      expect(step.what.length).toBeGreaterThan(20);
      expect(step.where.length).toBeGreaterThan(10);
    }
    expect(manualSteps[0]?.what).toMatch(/sentineld, sentineld_helper and sentineld_shell/);
  });
});
