/**
 * JSON from signed bytes. JSON.parse keeps the last of two equal keys and makes `__proto__` an own property; a signed
 * document that means two things to two readers is refused instead (G25).
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  refuseAmbiguousKeys(text);
  return value;
}

/** Walks text that JSON.parse has accepted already, so only strings and brackets need attention. */
function refuseAmbiguousKeys(text: string): void {
  const open: Array<Set<string> | null> = [];
  const token = /"(?:[^"\\]|\\.)*"\s*(:)?|[{}[\]]/gs;
  for (const match of text.matchAll(token)) {
    const found = match[0];
    if (found === '{') open.push(new Set());
    else if (found === '[') open.push(null);
    else if (found === '}' || found === ']') open.pop();
    else if (match[1] === ':')
      addKey(open.at(-1) ?? null, JSON.parse(found.slice(0, found.lastIndexOf('"') + 1)) as string);
  }
}

function addKey(keys: Set<string> | null, key: string): void {
  if (key === '__proto__' || key === 'constructor' || key === 'prototype')
    throw new SyntaxError(`forbidden key ${key}`);
  if (keys?.has(key)) throw new SyntaxError(`key ${key} stands twice`);
  keys?.add(key);
}
