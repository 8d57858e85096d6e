import { describe, expect, it } from 'vitest';
import { entryOf, itemsOf, parsePlist, stringOf } from '#platform/macos/parse/plist.ts';
import { parseXml } from '#platform/macos/parse/xml.ts';
import { fixtureBytes } from '#test/platform/macos/fixture.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const plist = (inside: string): Uint8Array =>
  bytes(
    `<?xml version="1.0"?><!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "x"><plist version="1.0">${inside}</plist>`,
  );

describe('property lists', () => {
  it.each(['info-binary.plist', 'info-xml.plist'])('are read in both forms: %s', (name) => {
    const info = parsePlist(fixtureBytes(`plist/${name}`));
    expect(stringOf(entryOf(info, 'CFBundleIdentifier'))).toBe('com.crowdstrike.falcon.App');
    expect(entryOf(info, 'Größe')).toBe(1.5);
    expect(entryOf(info, 'On')).toBe(true);
    expect(itemsOf(entryOf(info, 'Tags'))).toEqual(['a', 'b']);
    expect(stringOf(entryOf(info, 'When'))).toMatch(/^2026-01-02T03:04:05/);
  });

  it('are null when they are none', () => {
    for (const text of [
      '',
      'bplist00',
      'bplist00 and then some text that is long enough to hold a trailer',
      '<html/>',
      '<plist><dict><key>a</key></dict></plist>',
    ]) {
      expect(parsePlist(bytes(text))).toBeNull();
    }
  });

  it('are null when a key means two things', () => {
    expect(parsePlist(plist('<dict><key>a</key><string>1</string><key>a</key><string>2</string></dict>'))).toBeNull();
  });

  it('survive every cut and every changed byte', () => {
    const whole = fixtureBytes('plist/info-binary.plist');
    for (let length = 0; length < whole.byteLength; length += 1) {
      expect(() => parsePlist(whole.subarray(0, length))).not.toThrow();
    }
    for (let at = 0; at < whole.byteLength; at += 1) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const changed = Uint8Array.from(whole);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(() => parsePlist(changed)).not.toThrow();
      }
    }
  });

  it('are not followed in circles', () => {
    // One array that holds itself a million times over: object 0 = array of 0.
    const body = [...bytes('bplist00'), 0xa1, 0x00, 0x08];
    const trailer = new Uint8Array(32);
    trailer[6] = 1;
    trailer[7] = 1;
    trailer[15] = 1;
    trailer[31] = 10;
    expect(parsePlist(Uint8Array.from([...body, ...trailer]))).toBeNull();
  });
});

describe('XML', () => {
  it('decodes what it knows and leaves the rest', () => {
    expect(parseXml('<a b="&lt;&#65;&#x42;">&amp;&unknown;<![CDATA[<&]]></a>')).toMatchObject({
      name: 'a',
      text: '&&unknown;<&',
    });
    expect(parseXml('<a b="&lt;&#65;&#x42;"/>')?.attributes.get('b')).toBe('<AB');
  });

  it.each([
    '<a>',
    '<a></b>',
    '<a/><b/>',
    'text',
    '<a b=c/>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a/>',
    `${'<a>'.repeat(200)}`,
  ])('refuses %j', (text) => {
    expect(parseXml(text)).toBeNull();
  });
});
