/** Apple's property lists, both forms: XML and the binary one that most applications ship. */
import { parseBinaryPlist } from '#platform/macos/parse/binary-plist.ts';
import { parseXml, type Element } from '#platform/macos/parse/xml.ts';

/** Dates and data are kept as their text; a `uid` of archives is its number. */
export type PlistValue = string | number | boolean | readonly PlistValue[] | PlistDictionary;
export interface PlistDictionary {
  readonly entries: ReadonlyMap<string, PlistValue>;
}

/** Null for what is not a property list. */
export function parsePlist(bytes: Uint8Array): PlistValue | null {
  const binary = new TextDecoder('latin1').decode(bytes.subarray(0, 6)) === 'bplist';
  return binary ? parseBinaryPlist(bytes) : parseXmlPlist(new TextDecoder().decode(bytes));
}

export function parseXmlPlist(text: string): PlistValue | null {
  const root = parseXml(text);
  if (root?.name !== 'plist' || root.children.length !== 1) return null;
  const [value] = root.children;
  return value === undefined ? null : valueOf(value);
}

/** The entry of a dictionary; null when it is none or has none. */
export function entryOf(value: PlistValue | null, key: string): PlistValue | null {
  return isDictionary(value) ? (value.entries.get(key) ?? null) : null;
}

export function stringOf(value: PlistValue | null): string | null {
  return typeof value === 'string' ? value : null;
}

/** Elements of an array, nothing of anything else. */
export function itemsOf(value: PlistValue | null): readonly PlistValue[] {
  return Array.isArray(value) ? (value as readonly PlistValue[]) : [];
}

export function isDictionary(value: PlistValue | null): value is PlistDictionary {
  return typeof value === 'object' && value !== null && 'entries' in value && value.entries instanceof Map;
}

function valueOf(element: Element): PlistValue | null {
  switch (element.name) {
    case 'string':
      return element.text;
    case 'date':
    case 'data':
      return element.text.trim();
    case 'integer':
    case 'real':
      return numberOf(element.text);
    case 'true':
      return true;
    case 'false':
      return false;
    case 'array':
      return arrayOf(element);
    case 'dict':
      return dictionaryOf(element);
    default:
      return null;
  }
}

function numberOf(text: string): number | null {
  const value = Number(text.trim());
  return text.trim() === '' || Number.isNaN(value) ? null : value;
}

function arrayOf(element: Element): PlistValue | null {
  const items = element.children.map(valueOf);
  return items.includes(null) ? null : items.filter((item) => item !== null);
}

/** Keys and values in turn; a key that comes twice would mean two things. */
function dictionaryOf(element: Element): PlistValue | null {
  const entries = new Map<string, PlistValue>();
  for (let at = 0; at < element.children.length; at += 2) {
    const key = element.children[at];
    const child = element.children[at + 1];
    const value = child === undefined ? null : valueOf(child);
    if (key?.name !== 'key' || value === null || entries.has(key.text)) return null;
    entries.set(key.text, value);
  }
  return { entries };
}
