/**
 * What `sentinelctl status` prints on macOS, as values: sections without indent, below them keys and values, some of them
 * grouped once more. Dates follow the language of the system and are not read. A word nobody has recorded is "not known".
 */
import { plainLines } from '#installers/sentinelone/health/linux-output.ts';

/** By "Section/Key" or "Section/Group/Key"; a key that stands there with different values is left out. */
export type Sections = ReadonlyMap<string, string>;

export function parseSections(output: string): Sections {
  const values = new Map<string, string>();
  const contradicted = new Set<string>();
  /** Headings that the coming line stands below, with their indents. */
  let above: { readonly indent: number; readonly name: string }[] = [];
  for (const line of plainLines(output)) {
    const match = /^( *)([A-Za-z][\w -]{0,60}?)(:(?: +(.*?))?)? *$/.exec(line);
    if (match?.[2] === undefined) continue;
    const indent = match[1]?.length ?? 0;
    above = above.filter((heading) => heading.indent < indent);
    if (match[3] === undefined) {
      above.push({ indent, name: match[2] });
      continue;
    }
    const key = [...above.map(({ name }) => name), match[2]].join('/');
    const value = match[4] ?? '';
    if (values.has(key) && values.get(key) !== value) contradicted.add(key);
    values.set(key, value);
  }
  for (const key of contradicted) values.delete(key);
  return values;
}

export interface MacStatus {
  readonly version: string | null;
  readonly uuid: string | null;
  /** Names of rights that an administrator has not given; null: not told. */
  readonly missingAuthorizations: readonly string[] | null;
  /** It is told of what processes and files do. */
  readonly watching: boolean | null;
  readonly operational: boolean | null;
  readonly protecting: boolean | null;
  readonly ready: boolean | null;
  readonly networkExtension: string | null;
  readonly contentFilter: string | null;
  /** The main daemon's programs are what they should be. */
  readonly daemonIntact: boolean | null;
  readonly server: string | null;
  readonly siteKey: string | null;
  readonly connected: boolean | null;
  /** For people: what is unusual and no shortcoming. */
  readonly remarks: readonly string[];
}

export function parseMacStatus(output: string): MacStatus {
  const sections = parseSections(output);
  const at = (key: string): string | null => sections.get(key) ?? null;
  const missing = at('Agent/Missing Authorizations');
  return {
    version: matching(at('Agent/Version'), /^\d{1,9}(?:\.\d{1,9}){3}$/),
    uuid: matching(at('Agent/ID'), /^[0-9A-Za-z-]{8,64}$/),
    missingAuthorizations: missing === null ? null : names(missing),
    watching: oneOf(at('Agent/ES Framework'), ['started'], ['stopped', 'not started', 'not running']),
    operational: oneOf(at('Agent/Agent Operational State'), ['enabled'], ['disabled']),
    protecting: oneOf(at('Agent/Protection'), ['enabled'], ['disabled']),
    ready: oneOf(at('Agent/Ready'), ['yes'], ['no']),
    networkExtension: at('Agent/Network Extension'),
    contentFilter: at('Agent/Network Extension Content Filter'),
    daemonIntact: oneOf(at('Daemons/Integrity/sentineld'), ['ok'], ['not running', 'invalid', 'failed']),
    server: at('Management/Server') || null,
    siteKey: at('Management/Site Key') || null,
    connected: oneOf(at('Management/Connected'), ['yes'], ['no']),
    remarks: remarks(at),
  };
}

/** `sentinelctl version`: "SentinelOne 24.2.2.7632". */
export function parseMacVersion(output: string): string | null {
  const found = plainLines(output).flatMap(
    (line) => /^SentinelOne (\d{1,9}(?:\.\d{1,9}){3})\s*$/.exec(line)?.[1] ?? [],
  );
  return found.length === 1 ? (found[0] ?? null) : null;
}

function names(text: string): readonly string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && each !== 'none')
    .slice(0, 10);
}

function remarks(at: (key: string) => string | null): string[] {
  const usual: Readonly<Record<string, string>> = {
    'Agent/Infected': 'no',
    'Agent/Network Quarantine': 'no',
    'Agent/Compatible OS': 'compatible',
    'Agent/Agent Network Monitoring': 'started',
  };
  return Object.entries(usual).flatMap(([key, value]) => {
    const said = at(key);
    return said === null || said === value ? [] : [`${key.slice('Agent/'.length)}: ${said}`];
  });
}

function matching(text: string | null, pattern: RegExp): string | null {
  return text !== null && pattern.test(text) ? text : null;
}

/** Exact words only. */
function oneOf(value: string | null, yes: readonly string[], no: readonly string[]): boolean | null {
  if (value === null) return null;
  if (yes.includes(value)) return true;
  return no.includes(value) ? false : null;
}
