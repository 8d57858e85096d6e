import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { downloadPackage, type PackageWriter } from '#console/sentinelone/download.ts';
import { listPackages, packagesFor } from '#console/sentinelone/packages.ts';
import type { SentinelOnePackage } from '#console/sentinelone/package-rows.ts';
import { newSetting, type Setting } from '#test/console/sentinelone/setting.ts';
import { packageBytes } from '#test/worlds/sentinelone/packages.ts';

interface MemoryWriter extends PackageWriter {
  starts: number;
  bytes(): Buffer;
}

function memoryWriter(): MemoryWriter {
  let parts: Uint8Array[] = [];
  return {
    starts: 0,
    bytes: () => Buffer.concat(parts),
    restart() {
      this.starts += 1;
      parts = [];
      return Promise.resolve();
    },
    write(chunk) {
      parts.push(chunk);
      return Promise.resolve();
    },
  };
}

async function wantedDeb(setting: Setting): Promise<SentinelOnePackage> {
  const [wanted] = packagesFor(await listPackages(setting.client), { target: 'linux-x64-deb', version: '24.2.2.20' });
  if (wanted === undefined) throw new Error('the stand-in has no such package');
  return wanted;
}

function bytesOf(setting: Setting, wanted: SentinelOnePackage): Buffer {
  const item = setting.world.tenant.packages.find(({ id }) => id === wanted.vendorPackageId);
  return item === undefined ? Buffer.alloc(0) : packageBytes(item);
}

function siteOf(setting: Setting): string {
  return setting.world.tenant.sites[0]?.id ?? '';
}

async function attempt(
  setting: Setting,
): Promise<{ writer: MemoryWriter; wanted: SentinelOnePackage; done: Promise<unknown> }> {
  const wanted = await wantedDeb(setting);
  const writer = memoryWriter();
  const done = downloadPackage(setting.client, { siteId: siteOf(setting), wanted, writer });
  return { writer, wanted, done };
}

describe('downloading a package', () => {
  it('streams it, and computes the SHA-256 that the vendor does not give', async () => {
    await using setting = await newSetting();
    const { writer, wanted, done } = await attempt(setting);
    const expected = bytesOf(setting, wanted);
    expect(await done).toEqual({
      sizeBytes: expected.length,
      sha1: wanted.sha1,
      sha256: createHash('sha256').update(expected).digest('hex'),
    });
    expect(writer.bytes().equals(expected)).toBe(true);
  });

  it('the page of a 429 is never written: it is waited out', async () => {
    await using setting = await newSetting();
    setting.world.settings.downloadsPerMinute = 0;
    const wanted = await wantedDeb(setting);
    const writer = memoryWriter();
    setting.timing.sleep = (ms) => {
      setting.world.settings.downloadsPerMinute = 2;
      setting.timing.slept.push(ms);
      setting.timing.move(ms);
      return Promise.resolve();
    };
    await downloadPackage(setting.client, { siteId: siteOf(setting), wanted, writer });
    expect(writer.starts).toBe(1);
    expect(Math.max(...setting.timing.slept)).toBeGreaterThanOrEqual(60_000);
  });

  it('five packages in a row never meet the limit of two a minute', async () => {
    await using setting = await newSetting();
    const wanted = await wantedDeb(setting);
    for (let round = 0; round < 5; round += 1)
      await downloadPackage(setting.client, { siteId: siteOf(setting), wanted, writer: memoryWriter() });
    const downloads = setting.world.requests.filter(({ url }) => url.includes('/download/'));
    expect(downloads).toHaveLength(5);
  });

  it.each([
    ['html', 'a web page came instead'],
    ['altered', 'another SHA-1'],
    ['wrong-size', 'another size'],
    ['endless', 'longer than listed'],
  ] as const)('what is not the package is refused: %s', async (mode, reason) => {
    await using setting = await newSetting();
    setting.world.settings.downloadMode = mode;
    const { writer, done, wanted } = await attempt(setting);
    await expect(done).rejects.toMatchObject({ code: 'download.digest-mismatch', context: { reason } });
    expect(writer.starts).toBeLessThanOrEqual(1);
    expect(writer.bytes().length).toBeLessThanOrEqual(wanted.sizeBytes);
  });

  it('a file of another kind is refused by its first bytes, before it is written', async () => {
    await using setting = await newSetting();
    const wanted = await wantedDeb(setting);
    const body = 'x'.repeat(wanted.sizeBytes);
    setting.world.faults.push({ match: /download/, times: 1, answer: { status: 200, body, headers: {} } });
    const writer = memoryWriter();
    const done = downloadPackage(setting.client, { siteId: siteOf(setting), wanted, writer });
    await expect(done).rejects.toMatchObject({ code: 'download.digest-mismatch', context: { reason: 'no deb file' } });
    expect(writer.bytes()).toHaveLength(0);
  });

  it('one that is cut off starts again from nothing', async () => {
    await using setting = await newSetting();
    const wanted = await wantedDeb(setting);
    const bytes = bytesOf(setting, wanted);
    const half = { status: 200, body: bytes.subarray(0, 1000), headers: {}, announceBytes: bytes.length };
    setting.world.faults.push({ match: /download/, times: 2, answer: half });
    const writer = memoryWriter();
    await downloadPackage(setting.client, { siteId: siteOf(setting), wanted, writer });
    expect(writer.starts).toBe(3);
    expect(writer.bytes().equals(bytes)).toBe(true);
  });

  it('one that stays cut off ends as interrupted', async () => {
    await using setting = await newSetting();
    setting.world.settings.downloadMode = 'short-body';
    const { done } = await attempt(setting);
    await expect(done).rejects.toMatchObject({ code: 'download.interrupted' });
  });

  it('one that stalls is given up and started again', async () => {
    await using setting = await newSetting({}, 150);
    const wanted = await wantedDeb(setting);
    const bytes = bytesOf(setting, wanted);
    const stalled = {
      status: 200,
      body: bytes.subarray(0, 1000),
      headers: {},
      announceBytes: bytes.length,
      stall: true,
    };
    setting.world.faults.push({ match: /download/, times: 1, answer: stalled });
    const writer = memoryWriter();
    await downloadPackage(setting.client, { siteId: siteOf(setting), wanted, writer });
    expect(writer.starts).toBe(2);
  });

  it('a writer that fails is not taken for the network', async () => {
    await using setting = await newSetting();
    const wanted = await wantedDeb(setting);
    const writer = { restart: () => Promise.resolve(), write: () => Promise.reject(new Error('ENOSPC')) };
    const done = downloadPackage(setting.client, { siteId: siteOf(setting), wanted, writer });
    await expect(done).rejects.toThrow('ENOSPC');
    expect(setting.world.requests.filter(({ url }) => url.includes('/download/'))).toHaveLength(1);
  });

  it('G16: the link in the list is not followed, wherever it points', async () => {
    await using setting = await newSetting();
    await using foreign = await newSetting();
    for (const item of setting.world.tenant.packages) item.link = `${foreign.world.url}/web/api/v2.1/steal`;
    const { done } = await attempt(setting);
    await done;
    expect(foreign.world.requests).toEqual([]);
  });

  it('G16: a redirect to another host is refused, and no token goes there', async () => {
    await using setting = await newSetting();
    await using foreign = await newSetting();
    setting.world.settings.downloadMode = 'redirect';
    setting.world.settings.redirectTo = `${foreign.world.url}/file.deb`;
    const { done } = await attempt(setting);
    await expect(done).rejects.toMatchObject({ code: 'sentinelone.address' });
    expect(foreign.world.requests).toEqual([]);
  });

  it('a package that the console does not know any more', async () => {
    await using setting = await newSetting();
    const wanted = await wantedDeb(setting);
    const gone = { siteId: '42', wanted, writer: memoryWriter() };
    await expect(downloadPackage(setting.client, gone)).rejects.toMatchObject({ code: 'sentinelone.not-found' });
  });
});
