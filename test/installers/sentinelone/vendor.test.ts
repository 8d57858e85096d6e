import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { vendorOf } from '#installers/index.ts';
import { makeSentinelOne, sentinelOne } from '#installers/sentinelone/index.ts';
import { trust } from '#installers/sentinelone/trust.ts';
import { trust as stand } from '#installers/sentinelone/trust.test.ts';
import { judgePackageSignature } from '#platform/macos/parse/package-signature.ts';
import { judgeAuthenticode } from '#platform/windows/parse/authenticode.ts';
import { vendorRpmKeyFingerprint } from '#installers/sentinelone/trust.release.ts';
import { candidate, machine } from '#test/installers/sentinelone/samples.ts';

const systems = ['linux', 'macos', 'windows'] as const;
const formats = ['exe', 'msi', 'pkg', 'deb', 'rpm'] as const;

describe('SentinelOne as a vendor', () => {
  it('is found by the id an assignment names', () => {
    expect(vendorOf('sentinelone')).toBe(sentinelOne);
  });

  it('G4: uses release trust when the sources run as they are', () => {
    expect(trust.flavour).toBe('release');
    expect(sentinelOne.pinned.authenticodeOrganisations).toEqual(['Sentinel Labs, Inc.', 'SentinelOne, Inc.']);
    expect(sentinelOne.pinned.appleTeamIds).toEqual(['4AYE5J54KN']);
  });

  it('G4: the release believes no stand-in publisher on any system, whatever the system says of its signature', () => {
    for (const name of stand.publishers.authenticodeOrganisations) {
      const subject = `CN=${name}, O=${name}, C=US`;
      const answer = { status: 'Valid', type: 'Authenticode', subject, thumbprint: '0'.repeat(40) };
      expect(judgeAuthenticode(answer, stand.publishers.authenticodeOrganisations).status).toBe('trusted');
      expect(judgeAuthenticode(answer, trust.publishers.authenticodeOrganisations).status).toBe('untrusted');
    }
    const signed = readFileSync('test/fixtures/macos/pkgutil/signature-trusted.txt', 'utf8');
    for (const team of stand.publishers.appleTeamIds) {
      const said = { code: 0, stdout: signed.replaceAll('4AYE5J54KN', team), stderr: '' };
      expect(judgePackageSignature(said, stand.publishers.appleTeamIds).status).toBe('trusted');
      expect(judgePackageSignature(said, trust.publishers.appleTeamIds).status).toBe('untrusted');
    }
    for (const suffix of stand.hostSuffixes) expect(trust.hostSuffixes).not.toContain(suffix);
    expect(trust.plainHttpLoopback).toBe(false);
  });

  it('F5: pins no rpm key but the vendor’s own; without one, every rpm is refused', () => {
    expect(vendorRpmKeyFingerprint).toBe('4D7017703359689F0AE6905E51274A3CBF000751');
    for (const key of sentinelOne.pinned.rpmKeys) {
      expect(key.fingerprint).toBe(vendorRpmKeyFingerprint);
      expect(key.armoured).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----/);
    }
  });

  it('judges by the floor of its trust', () => {
    const lax = makeSentinelOne({ ...trust, versionFloor: { windows: '1.0', macos: '1.0', linux: '1.0' } });
    const old = candidate({ version: '22.3.1.1' });
    const metadata = { name: 'sentinelagent', version: '22.3.1.1', architecture: 'amd64' };
    expect(lax.judgePackage(old, metadata)).toBeNull();
    expect(sentinelOne.judgePackage(old, metadata)?.code).toBe('package.below-floor');
    expect(lax.select({ machine: machine(), candidates: [old], policy: { kind: 'baseline' } }).chosen).toEqual(old);
  });

  it.each(systems)('%s: asks only tools it names, and never passes a token by arguments', (os) => {
    const { tools, readings, start } = sentinelOne.presence(os);
    const names = tools.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(0);
    const asked = [...readings, ...start.filter((step) => step.kind === 'tool')];
    for (const { tool } of asked) expect(names).toContain(tool);
    expect(JSON.stringify(start)).not.toMatch(/token["\s]*set|\{token\}/);
  });

  it.each(systems)('%s: G19: has nothing that removes, stops or reconfigures protection', (os) => {
    const { readings, start } = sentinelOne.presence(os);
    const recipes = formats.map((format) => sentinelOne.recipe(format)?.install);
    expect(JSON.stringify([readings, start, recipes])).not.toMatch(/uninstall|"stop"|unprotect|disable|purge|--clean/);
  });

  it.each(systems)('%s: every path of a tool is absolute, every service has a name', (os) => {
    for (const tool of sentinelOne.presence(os).tools) {
      if (tool.kind === 'file') expect(tool.path).toMatch(/^\/[^.]/);
      else expect(os).toBe('windows');
      expect(tool.packageNames).toEqual(sentinelOne.presence(os).packageNames);
    }
    expect(sentinelOne.presence(os).services.length).toBeGreaterThan(0);
  });
});
