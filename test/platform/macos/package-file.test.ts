import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readPackageMetadata, type ReadRange } from '#platform/macos/package-file.ts';
import { packageMetadata } from '#platform/macos/parse/package-info.ts';
import { fixture, fixtureBytes } from '#test/platform/macos/fixture.ts';

const over =
  (bytes: Uint8Array): ReadRange =>
  async (position, length) =>
    bytes.subarray(position, position + length);
const metadataOf = (bytes: Uint8Array) => readPackageMetadata(over(bytes));

const distribution = fixture('pkg/Distribution');
const info = fixture('pkg/PackageInfo');
const agent = { name: 'com.sentinelone.pkg.sentinel-agent', version: '24.2.2.7632' };

/** An archive whose one entry says of itself what it likes. */
function archive(entry: string, heap: Uint8Array = new Uint8Array()): Uint8Array {
  const toc = Buffer.from(`<?xml version="1.0"?><xar><toc>${entry}</toc></xar>`);
  const compressed = deflateSync(toc);
  const header = Buffer.alloc(28);
  header.write('xar!', 0, 'latin1');
  header.writeUInt16BE(28, 4);
  header.writeUInt16BE(1, 6);
  header.writeBigUInt64BE(BigInt(compressed.length), 8);
  header.writeBigUInt64BE(BigInt(toc.length), 16);
  return Buffer.concat([header, compressed, heap]);
}

const entry = (path: string, of: { offset: number; length: number; size: number; style?: string }): string =>
  `<file id="1"><name>${path}</name><type>file</type><data><length>${of.length}</length><offset>${of.offset}</offset><size>${of.size}</size><encoding style="${of.style ?? 'application/x-gzip'}"/></data></file>`;

describe('a package says what it is', () => {
  it.each([
    ['product.pkg', 'arm64,x86_64'],
    ['stored.pkg', 'arm64,x86_64'],
    ['component.pkg', ''],
  ])('%s, in an archive made by libarchive', async (name, architecture) => {
    expect(await metadataOf(fixtureBytes(`pkg/${name}`))).toEqual({
      status: 'ok',
      value: { ...agent, architecture },
    });
  });

  it('is not believed when its parts contradict each other', () => {
    const read = (texts: { distribution?: string; infos?: readonly string[] }) =>
      packageMetadata({ distribution: texts.distribution ?? distribution, packageInfos: texts.infos ?? [info] });
    expect(read({})).toEqual({ ...agent, architecture: 'arm64,x86_64' });
    expect(
      read({ distribution: distribution.replace('version="24.2.2.7632" on', 'version="99.1.1.1" on') }),
    ).toBeNull();
    expect(
      read({ distribution: distribution.replaceAll('com.sentinelone.pkg.sentinel-agent', 'com.example') }),
    ).toBeNull();
    expect(read({ infos: [] })).toBeNull();
    expect(read({ infos: [info, info.replace('version="24.2.2.7632"', 'version="1.0"')] })).toBeNull();
    expect(read({ infos: [info.replace('identifier=', 'name=')] })).toBeNull();
    expect(read({ distribution: '<html/>' })).toBeNull();
  });

  it('is named after its largest component', () => {
    const small = info.replace('com.sentinelone.pkg.sentinel-agent', 'com.example.small').replace('154000', '12');
    expect(packageMetadata({ distribution, packageInfos: [small, info] })?.name).toBe(agent.name);
  });
});

describe('an archive that lies', () => {
  const refused = { status: 'failed', code: 'package.unreadable' };

  it('is refused wherever it is cut', async () => {
    const whole = fixtureBytes('pkg/product.pkg');
    // Everything before the last file of the heap: the payload behind it is not looked at.
    for (let length = 0; length < 1300; length += 7) {
      expect(await metadataOf(whole.subarray(0, length))).toMatchObject(refused);
    }
  });

  it('does not grow beyond what it announced', async () => {
    const bomb = deflateSync(Buffer.alloc(1_000_000));
    const one = archive(entry('PackageInfo', { offset: 0, length: bomb.length, size: 100 }), bomb);
    expect(await metadataOf(one)).toMatchObject(refused);
  });

  it('is refused with two files of one path, a path of its own, or another size than it has', async () => {
    const text = deflateSync(Buffer.from(info));
    const good = { offset: 0, length: text.length, size: Buffer.byteLength(info) };
    expect(await metadataOf(archive(entry('PackageInfo', good), text))).toMatchObject({ status: 'ok' });
    for (const toc of [
      entry('PackageInfo', good) + entry('PackageInfo', good),
      entry('../PackageInfo', good),
      entry('PackageInfo', { ...good, size: 5_000_000 }),
      entry('PackageInfo', { ...good, length: good.length + 10 }),
      entry('PackageInfo', { ...good, style: 'application/x-bzip2' }),
    ]) {
      expect(await metadataOf(archive(toc, text))).toMatchObject(refused);
    }
  });

  it('is refused with a table larger than any installer’s', async () => {
    const header = Buffer.from(archive('').subarray(0, 28));
    header.writeBigUInt64BE(1n << 40n, 8);
    expect(await metadataOf(header)).toMatchObject(refused);
  });
});
