/**
 * What `sentinelctl` prints on Linux, as values. Tolerant of extra and missing lines, strict about what a value means:
 * a word nobody has recorded is "not known", never good news.
 */

/** `key: value` or two columns set apart by two or more blanks. Keys as printed, values trimmed. */
export type StatusLines = ReadonlyMap<string, string>;

const outputCharactersMax = 64 * 1024;
/** Longer than any line the tool prints; what is longer says nothing and would only keep the patterns busy. */
const lineCharactersMax = 500;

/** Later lines of the same key with another value make the key meaningless: it is left out. */
export function statusLines(output: string): StatusLines {
  const lines = new Map<string, string>();
  const contradicted = new Set<string>();
  for (const line of plainLines(output)) {
    const match = /^\s*(\S(?:.*?\S)??)(?::\s+|\s{2,})(\S.*?)\s*$/.exec(line);
    const [key, value] = [match?.[1], match?.[2]];
    if (key === undefined || value === undefined) continue;
    if (lines.has(key) && lines.get(key) !== value) contradicted.add(key);
    lines.set(key, value);
  }
  for (const key of contradicted) lines.delete(key);
  return lines;
}

export interface ControlStatus {
  readonly enabled: boolean | null;
  /** Processes the agent lists; `running` when a process id stands beside the name. */
  readonly processes: readonly { readonly name: string; readonly running: boolean }[];
}

/** `sentinelctl control status`: the state, then a table of processes with their ids. */
export function parseControlStatus(output: string): ControlStatus {
  const lines = plainLines(output);
  const header = lines.findIndex((line) => /^\s*Process Name\s+(?:\|\s*)?PID\s*$/.test(line));
  const table = header === -1 ? [] : lines.slice(header + 1);
  const processes = table.flatMap((line) => {
    const match = /^\s*([A-Za-z][\w-]*)\s*(?:\s|\|)\s*(\S.*?)\s*$/.exec(line);
    return match?.[1] === undefined ? [] : [{ name: match[1], running: /^[1-9]\d{0,9}$/.test(match[2] ?? '') }];
  });
  return { enabled: oneOf(statusLines(output).get('Agent state'), 'Enabled', 'Disabled'), processes };
}

export interface ManagementStatus {
  readonly connected: boolean | null;
  readonly antiTamper: boolean | null;
  readonly uuid: string | null;
  /** Address of the console the agent answers to, as printed. */
  readonly url: string | null;
  readonly siteKey: string | null;
  readonly proxy: string | null;
}

/** `sentinelctl management status`. "undefined" is the tool's own word for a value that was never set. */
export function parseManagementStatus(output: string): ManagementStatus {
  const lines = statusLines(output);
  const uuid = given(lines.get('UUID'));
  return {
    connected: oneOf(lines.get('Connectivity'), 'On', 'Off'),
    antiTamper: oneOf(lines.get('Anti Tamper'), 'On', 'Off'),
    uuid: uuid !== null && /^[0-9A-Za-z-]{8,64}$/.test(uuid) ? uuid : null,
    url: given(lines.get('URL')),
    siteKey: given(lines.get('Site-Key')),
    proxy: given(lines.get('Proxy address')),
  };
}

export interface EngineStatus {
  /** The detection engine itself: works, does not, or is not told. */
  readonly working: boolean | null;
  readonly problems: readonly string[];
}

/** Engines that must work, with the only word that says so. The others are switched by policy. */
const engineWords: Readonly<Record<string, string>> = { 'DFI engine': 'Enabled', 'DFI library': 'Initialized' };

/** `sentinelctl engines status`. */
export function parseEngineStatus(output: string): EngineStatus {
  const lines = statusLines(output);
  const answers = Object.entries(engineWords).map(([name, word]) => ({ name, word, value: lines.get(name) }));
  const problems = answers.flatMap(({ name, word, value }) =>
    value === undefined || value === word ? [] : [`${name}: ${value}`.slice(0, 200)],
  );
  if (problems.length > 0) return { working: false, problems };
  return { working: answers.every(({ value }) => value !== undefined) ? true : null, problems };
}

/** `sentinelctl version`: "Agent version: 24.2.2.20". */
export function parseVersion(output: string): string | null {
  const value = statusLines(output).get('Agent version');
  return value !== undefined && /^\d{1,9}(?:\.\d{1,9}){1,4}$/.test(value) ? value : null;
}

/** Exact words only: "Not connected" holds "connected", "Disabled (pending)" is neither. */
function oneOf(value: string | undefined, yes: string, no: string): boolean | null {
  if (value === yes) return true;
  return value === no ? false : null;
}

function given(value: string | undefined): string | null {
  return value === undefined || value.toLowerCase() === 'undefined' ? null : value.slice(0, 300);
}

/** Lines without colours, the overlong left out. */
export function plainLines(output: string): string[] {
  // eslint-disable-next-line no-control-regex
  const plain = output.slice(0, outputCharactersMax).replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, '');
  return plain.split(/\r?\n/).filter((line) => line.length <= lineCharactersMax);
}
