/** XML as Apple's tools write it, read without entities of its own, namespaces or anything fetched. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

interface Open {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
  text: string;
}

const depthMax = 100;
const elementsMax = 200_000;

/** Comment, instruction, document type without a subset, CDATA, end tag, start tag, text. */
const token =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^>[]*>|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([\w:.-]+)\s*>|<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/gy;
const attribute = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** The root element; null for what is not well-formed, too deep or too large. */
export function parseXml(source: string): Element | null {
  const document: Open = { name: '', attributes: new Map(), children: [], text: '' };
  const open = [document];
  let position = 0;
  let elements = 0;
  const tokens = new RegExp(token);
  while (position < source.length) {
    tokens.lastIndex = position;
    const found = tokens.exec(source);
    if (found === null) return null;
    position = tokens.lastIndex;
    const [, cdata, end, start, attributes = '', selfClosing, text] = found;
    const top = open.at(-1) ?? document;
    if (cdata !== undefined) top.text += cdata;
    else if (text !== undefined) top.text += decoded(text);
    else if (end !== undefined) {
      if (open.length === 1 || top.name !== end) return null;
      open.pop();
    } else if (start !== undefined) {
      elements += 1;
      if (open.length > depthMax || elements > elementsMax) return null;
      const element: Open = { name: start, attributes: attributesOf(attributes), children: [], text: '' };
      top.children.push(element);
      if (selfClosing !== '/') open.push(element);
    }
  }
  const [root] = document.children;
  return open.length === 1 && document.children.length === 1 && root !== undefined ? root : null;
}

/** Direct children of that name. */
export function childrenOf(element: Element, name: string): readonly Element[] {
  return element.children.filter((child) => child.name === name);
}

/** Trimmed text of the only child of that name; null when there is none or more than one. */
export function textOf(element: Element, name: string): string | null {
  const found = childrenOf(element, name);
  return found.length === 1 ? (found[0]?.text.trim() ?? null) : null;
}

function attributesOf(source: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', double, single] of source.matchAll(attribute)) {
    attributes.set(name, decoded(double ?? single ?? ''));
  }
  return attributes;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const codePointMax = 0x10ffff;

function decoded(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{1,10}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[String(name)] ?? whole;
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    return code <= codePointMax ? String.fromCodePoint(code) : whole;
  });
}
