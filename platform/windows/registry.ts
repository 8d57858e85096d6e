import type { Probe } from '#platform/inventory.ts';
import { completed, failed } from '#platform/looks.ts';
import { parseRegQuery, type RegistryKey } from '#platform/windows/parse/reg-query.ts';
import type { Starter } from '#platform/windows/runner.ts';

const limits = { timeoutMs: 30_000, outputBytesMax: 32 * 1024 * 1024 };

export type View = '/reg:64' | '/reg:32';

/** The views of the registry, the machine's own first; 32-bit Windows has one, and its `reg` refuses to be asked for another. */
export function registryViews({ wide }: Starter): readonly (View | null)[] {
  return wide ? ['/reg:64', '/reg:32'] : [null];
}

export interface RegistryQuery {
  /** With `HKLM\` in front. */
  readonly key: string;
  readonly view?: View | null;
  /** One value instead of all. */
  readonly value?: string;
  readonly recursive?: boolean;
}

export interface RegistryAnswer {
  /** Whether the key (or the value asked for) is there; it may be empty. */
  readonly exists: boolean;
  /** Those with values and those below. */
  readonly keys: readonly RegistryKey[];
}

/**
 * `reg` says by 1 that it found nothing and cannot say why in a language we know; whoever has administrator rights may
 * read what is asked here. A key without values is answered by 0 and no word.
 */
export async function queryRegistry(starter: Starter, query: RegistryQuery): Promise<Probe<RegistryAnswer>> {
  const view = query.view === undefined ? (registryViews(starter)[0] ?? null) : query.view;
  const args = [
    'query',
    query.key,
    ...(query.value === undefined ? [] : ['/v', query.value]),
    ...(query.recursive === true ? ['/s'] : []),
    ...(view === null ? [] : [view]),
  ];
  const result = completed(await starter.probe({ program: 'reg', args }, limits), 'reg');
  if (result.status !== 'ok') return result.status === 'unsupported' ? failed(result.detail) : result;
  const { code, stdout, stderr } = result.value;
  const keys = parseRegQuery(stdout);
  if (code === 0) return { status: 'ok', value: { exists: true, keys } };
  if (code === 1 && keys.length === 0) return { status: 'ok', value: { exists: false, keys } };
  return failed(`reg query ${query.key} ended with ${code ?? 'nothing'}: ${stderr.trim()}`);
}

/** The values of one key; undefined when it does not exist, also when the look failed. */
export async function readKey(starter: Starter, key: string): Promise<RegistryKey | undefined> {
  const found = await queryRegistry(starter, { key });
  return found.status === 'ok' ? found.value.keys.find((each) => leaf(each.path) === leaf(key)) : undefined;
}

function leaf(path: string): string {
  return path.slice(path.lastIndexOf('\\') + 1).toLowerCase();
}
