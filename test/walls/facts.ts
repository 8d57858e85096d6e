import { parseSync } from 'vite';

/** One mention of another module. `specifier` is null when it is computed, which no wall can judge. */
export interface Import {
  readonly specifier: string | null;
  /** Erased before the code runs. */
  readonly typeOnly: boolean;
  /** Loaded only when the statement is reached. */
  readonly lazy: boolean;
  readonly names: readonly string[];
}

export interface SourceFacts {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly defaultExport: boolean;
  readonly exportsEverythingOf: readonly string[];
  /** Every place where the outside world is touched by name: "process.platform", "Date.now", "fetch". */
  readonly touches: readonly string[];
  readonly longestFunctionLines: number;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

function childrenOf(node: Node): readonly (readonly [string, Node])[] {
  return Object.entries(node).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).filter(isNode).map((child) => [key, child] as const),
  );
}

const text = (value: unknown): string | null =>
  isNode(value) && typeof value['value'] === 'string' ? value['value'] : null;
const nameOf = (value: unknown): string | null =>
  isNode(value) && typeof value['name'] === 'string' ? value['name'] : text(value);
const nodes = (value: unknown): readonly Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

/** Everything the walls want to know about one source file. Throws when it cannot be parsed: nothing is judged unread. */
export function factsOf(path: string, source: string): SourceFacts {
  const parsed = parseSync(path, source);
  if (parsed.errors.length > 0) throw new Error(`${path} cannot be parsed: ${parsed.errors[0]?.message}`);
  const collected: Collected = { imports: [], touches: [], everything: [], defaultExport: false, longest: 0 };
  visit(parsed.program as unknown as Node, null, '', { source, collected });
  return {
    path,
    lines: source.split('\n').length - (source.endsWith('\n') ? 1 : 0),
    imports: collected.imports,
    defaultExport: collected.defaultExport,
    exportsEverythingOf: collected.everything,
    touches: collected.touches,
    longestFunctionLines: collected.longest,
  };
}

interface Collected {
  readonly imports: Import[];
  readonly touches: string[];
  readonly everything: string[];
  defaultExport: boolean;
  longest: number;
}

interface Walk {
  readonly source: string;
  readonly collected: Collected;
}

function visit(node: Node, parent: Node | null, key: string, walk: Walk): void {
  collectImports(node, walk.collected);
  collectExports(node, walk.collected);
  collectTouches({ node, parent, key }, walk.collected);
  if (/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) {
    const own = walk.source
      .slice(node.start, node.end)
      .split('\n')
      .filter((line) => !/^\s*(\/\/|\*|\/\*|$)/.test(line));
    walk.collected.longest = Math.max(walk.collected.longest, own.length);
  }
  for (const [childKey, child] of childrenOf(node)) visit(child, node, childKey, walk);
}

function collectImports(node: Node, into: Collected): void {
  const add = (source: unknown, typeOnly: boolean, lazy: boolean, names: readonly string[] = []): void => {
    into.imports.push({ specifier: text(source), typeOnly, lazy, names });
  };
  const specifiers = nodes(node['specifiers']);
  switch (node.type) {
    case 'ImportDeclaration': {
      const erased = specifiers.length > 0 && specifiers.every((one) => one['importKind'] === 'type');
      add(
        node['source'],
        node['importKind'] === 'type' || erased,
        false,
        specifiers.map((one) => nameOf(one['imported']) ?? '*'),
      );
      break;
    }
    case 'ExportAllDeclaration':
      add(node['source'], node['exportKind'] === 'type', false, ['*']);
      break;
    case 'ExportNamedDeclaration':
      if (isNode(node['source'])) {
        const erased = specifiers.length > 0 && specifiers.every((one) => one['exportKind'] === 'type');
        add(
          node['source'],
          node['exportKind'] === 'type' || erased,
          false,
          specifiers.map((one) => nameOf(one['local']) ?? '*'),
        );
      }
      break;
    case 'ImportExpression':
      add(node['source'], false, true, ['*']);
      break;
    case 'TSImportType':
      add(node['source'] ?? node['argument'], true, false);
      break;
    case 'TSExternalModuleReference':
      add(node['expression'], false, false);
      break;
    case 'CallExpression':
      if (nameOf(node['callee']) === 'require') add(nodes(node['arguments'])[0], false, false);
      break;
    default:
  }
}

function collectExports(node: Node, into: Collected): void {
  if (node.type === 'ExportDefaultDeclaration' || node.type === 'TSExportAssignment') into.defaultExport = true;
  if (
    node.type === 'ExportNamedDeclaration' &&
    nodes(node['specifiers']).some((one) => nameOf(one['exported']) === 'default')
  ) {
    into.defaultExport = true;
  }
  if (node.type === 'ExportAllDeclaration') into.everything.push(text(node['source']) ?? '?');
}

/** Names through which code reaches the world without importing anything. */
const worldly = new Set(
  (
    'process Date Math performance fetch setTimeout setInterval setImmediate queueMicrotask crypto console globalThis global ' +
    'navigator WebSocket XMLHttpRequest EventSource localStorage sessionStorage indexedDB require eval Function Atomics ' +
    'SharedArrayBuffer WebAssembly Worker BroadcastChannel Buffer createRequire getBuiltinModule'
  ).split(' '),
);

interface Position {
  readonly node: Node;
  readonly parent: Node | null;
  readonly key: string;
}

function collectTouches({ node, parent, key }: Position, into: Collected): void {
  if (node.type === 'MetaProperty') into.touches.push('import.meta');
  if (node.type !== 'Identifier' || parent === null) return;
  const name = nameOf(node) ?? '';
  if (name === 'createRequire' || name === 'getBuiltinModule') into.touches.push(name);
  if (!worldly.has(name) || !isReference(parent, key)) return;
  into.touches.push(...spelled(name, parent, key));
}

/** A property called `process`, a key, a type or a label is not the global of that name. */
function isReference(parent: Node, key: string): boolean {
  if (parent.type.startsWith('TS') && !/^TS(As|Satisfies|NonNull|Instantiation|TypeQuery)/.test(parent.type))
    return false;
  if (parent.type === 'TSTypeQuery') return false;
  if (parent.type === 'MemberExpression' && key === 'property' && parent['computed'] !== true) return false;
  if (/^(Property|PropertyDefinition|MethodDefinition)$/.test(parent.type) && key === 'key') {
    return parent['computed'] === true || parent['shorthand'] === true;
  }
  return !/^(Import|Export).*Specifier$/.test(parent.type) && !/^(Labeled|Break|Continue)/.test(parent.type);
}

function spelled(name: string, parent: Node, key: string): readonly string[] {
  if (parent.type === 'MemberExpression' && key === 'object') {
    const property = parent['computed'] === true ? text(parent['property']) : nameOf(parent['property']);
    return [`${name}.${property ?? '?'}`];
  }
  if (name === 'Date' && parent.type === 'NewExpression' && key === 'callee') {
    return nodes(parent['arguments']).length === 0 ? ['new Date()'] : [];
  }
  if (parent.type === 'VariableDeclarator' && isNode(parent['id']) && parent['id'].type === 'ObjectPattern') {
    return nodes(parent['id']['properties']).map((one) => `${name}.${nameOf(one['key']) ?? '?'}`);
  }
  return [name];
}
