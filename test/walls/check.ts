import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import type { Import, SourceFacts } from './facts.ts';
import * as rules from './rules.ts';
import type { FolderRule } from './rules.ts';

export interface Violation {
  readonly path: string;
  readonly rule: string;
  readonly detail: string;
}

/** Path of the file an import means, null for a package or a module of Node. */
function resolveInHouse(from: string, specifier: string): string | null {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  return null;
}

const matches = (patterns: readonly RegExp[], path: string): boolean => patterns.some((one) => one.test(path));
const isPure = (path: string): boolean => matches(rules.pure, path) || path.endsWith('.json');
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Judges a whole tree: what each file says, against the rules. `known` are all files that exist, of every kind. */
export function check(files: readonly SourceFacts[], known: ReadonlySet<string>): readonly Violation[] {
  if (files.length === 0) throw new Error('no files were seen');
  return [...files.flatMap((file) => checkFile(file, known)), ...browserViolations(files)];
}

function checkFile(file: SourceFacts, known: ReadonlySet<string>): readonly Violation[] {
  const found: Violation[] = [];
  const say = (rule: string, detail: string): void => void found.push({ path: file.path, rule, detail });
  if (file.lines > rules.linesMax && !file.path.startsWith('test/')) say('size', `${file.lines} lines`);
  if (rules.emptyNames.test(file.path)) say('name', 'says nothing');
  if (matches(rules.unguarded, file.path)) return found;
  const folder = rules.folders.find((one) => one.files.test(file.path));
  if (folder === undefined) {
    say('folder', 'stands in no folder with walls');
    return found;
  }
  if (file.defaultExport) say('default export', 'every export has a name');
  for (const one of file.exportsEverythingOf) say('barrel', `exports everything of ${one}`);
  if (!file.path.endsWith('x') && file.longestFunctionLines > rules.functionLinesMax) {
    say('size', `a function of ${file.longestFunctionLines} lines`);
  }
  for (const one of file.imports) checkImport({ file, folder, known, say }, one);
  checkPlaces(file, say);
  if (isPure(file.path)) checkPurity(file, say);
  return found;
}

interface Context {
  readonly file: SourceFacts;
  readonly folder: FolderRule;
  readonly known: ReadonlySet<string>;
  readonly say: (rule: string, detail: string) => void;
}

function checkImport(context: Context, one: Import): void {
  const { file, folder, known, say } = context;
  if (one.specifier === null) return say('computed import', 'cannot be judged');
  const target = resolveInHouse(file.path, one.specifier);
  if (target !== null) {
    if (!known.has(target)) return say('missing', one.specifier);
    const own = rules.folders.find((rule) => rule.files.test(target)) === folder;
    if (!own && !matches(folder.may, target) && !(one.typeOnly && matches(folder.mayTypes, target)))
      say('edge', `${folder.name} → ${target}`);
    if (areStrangers(file.path, target)) say('edge', `${file.path} → ${target}: they do not know each other`);
  } else if (isBuiltin(one.specifier)) {
    const name = one.specifier.replace(/^node:/, '');
    if (!one.specifier.startsWith('node:')) say('builtin', `${name} without node:`);
    const extra = rules.pureExceptions.filter((row) => row.file.test(file.path)).flatMap((row) => row.modules);
    if (folder.builtins !== 'all' && !folder.builtins.includes(name) && !extra.includes(name)) say('builtin', name);
  } else if (
    !folder.packages.some(
      (allowed) => allowed === packageOf(one.specifier ?? '') || scoped(allowed, one.specifier ?? ''),
    )
  ) {
    say('package', one.specifier);
  }
}

const scoped = (allowed: string, specifier: string): boolean => allowed.endsWith('/') && specifier.startsWith(allowed);

/** Two folders of the same kind (two systems, two vendors). */
function areStrangers(from: string, to: string): boolean {
  return rules.strangers.some((pattern) => {
    const [mine, theirs] = [pattern.exec(from), pattern.exec(to)];
    return mine !== null && theirs !== null && mine[1] !== theirs[1];
  });
}

function checkPlaces(file: SourceFacts, say: Context['say']): void {
  for (const place of rules.places.filter((one) => !one.only.test(file.path))) {
    const touched = place.touch === undefined ? [] : file.touches.filter((touch) => place.touch?.test(touch));
    const imported = file.imports
      .filter((one) => !one.typeOnly && place.module?.test(one.specifier ?? ''))
      .map((one) => one.specifier);
    for (const what of new Set([...touched, ...imported])) say('place', `${what}: ${place.what}`);
  }
}

const impureTouch =
  /^(process|Date$|Date\.now|new Date\(\)|Math$|Math\.random|performance|fetch|set(Timeout|Interval|Immediate)|queueMicrotask|crypto|console|globalThis|global|navigator|WebSocket|XMLHttpRequest|EventSource|localStorage|sessionStorage|indexedDB|Atomics|SharedArrayBuffer|WebAssembly|Worker|BroadcastChannel|import\.meta|require|eval|Function)(?!\w)/;

function checkPurity(file: SourceFacts, say: Context['say']): void {
  const exceptions = rules.pureExceptions.filter((row) => row.file.test(file.path)).flatMap((row) => row.modules);
  for (const touch of new Set(file.touches.filter((one) => impureTouch.test(one)))) say('purity', touch);
  for (const one of file.imports.filter((row) => !row.typeOnly)) {
    const specifier = one.specifier ?? '';
    const target = resolveInHouse(file.path, specifier);
    if (one.lazy) say('purity', `loads ${specifier} later`);
    if (target !== null && !isPure(target)) say('purity', `uses ${target}`);
    if (target === null && isBuiltin(specifier) && !exceptions.includes(specifier.replace(/^node:/, '')))
      say('purity', specifier);
  }
}

/** What the page reaches runs in a browser: no module of Node and no Buffer anywhere behind it. */
function browserViolations(files: readonly SourceFacts[]): readonly Violation[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const isPage = (file: SourceFacts): boolean =>
    file.path.startsWith('console/web/') && !matches(rules.unguarded, file.path);
  const reached = new Set(files.filter(isPage));
  for (const file of reached) {
    for (const one of file.imports.filter((row) => !row.typeOnly)) {
      const next = byPath.get(resolveInHouse(file.path, one.specifier ?? '') ?? '');
      if (next !== undefined) reached.add(next);
    }
  }
  return [...reached].flatMap((file) => {
    const node = file.imports
      .filter((one) => !one.typeOnly && isBuiltin(one.specifier ?? ''))
      .map((one) => one.specifier ?? '');
    const touched = file.touches.filter((touch) => /^(Buffer|process)\b/.test(touch));
    return [...new Set([...node, ...touched])].map((detail) => ({ path: file.path, rule: 'browser', detail }));
  });
}
