import type { ServiceRecord } from '#platform/inventory.ts';
import type { ServiceState } from '#platform/platform.ts';

export const unitProperties = 'Id,Names,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,SourcePath';

type Block = ReadonlyMap<string, string>;

/** Blocks of `systemctl show`: KEY=VALUE lines, blocks apart by an empty line. */
export function parseShow(output: string): readonly Block[] {
  return output
    .split(/\n\n+/)
    .map((text) => new Map(text.split('\n').flatMap(pairOf)))
    .filter((block) => block.has('Id'));
}

/** First column of `list-units --plain` and `list-unit-files`. */
export function parseUnitNames(output: string): readonly string[] {
  return output.split('\n').flatMap((line) => {
    const name = line.trim().split(/\s+/)[0] ?? '';
    return name.includes('.') ? [name] : [];
  });
}

/** Only root can write where the system manager looks for units. */
const systemUnitDirectories = [
  '/etc/systemd/',
  '/etc/init.d/',
  '/etc/rc.d/init.d/',
  '/lib/systemd/',
  '/usr/lib/systemd/',
  '/usr/local/lib/systemd/',
  '/run/systemd/',
];

/** Units that exist; a unit file removed from under a running service is still running. */
export function serviceRecords(output: string): readonly ServiceRecord[] {
  return parseShow(output).flatMap((block) => {
    const state = stateOf(block);
    // A mask alone says nothing is there: an administrator can mask a unit that was never installed.
    const masked = block.get('LoadState') === 'masked' && state === 'stopped';
    if (state === 'absent' || masked) return [];
    const path = block.get('FragmentPath') || block.get('SourcePath') || '';
    return [
      {
        name: block.get('Id') ?? '',
        state,
        enabled: enabledStates.has(block.get('UnitFileState') ?? ''),
        system: systemUnitDirectories.some((directory) => path.startsWith(directory)),
      },
    ];
  });
}

/** One record a wanted name, in its order; aliases are found under the name that was asked for. */
export function serviceStates(output: string, names: readonly string[]): readonly ServiceState[] {
  const blocks = parseShow(output);
  return names.map((name) => {
    const unit = unitName(name);
    const block = blocks.find((each) => each.get('Id') === unit || (each.get('Names') ?? '').split(' ').includes(unit));
    return { name, state: block === undefined ? 'absent' : stateOf(block) };
  });
}

/** `clamd` → `clamd.service`. */
export function unitName(name: string): string {
  return /\.(?:service|socket|timer|path|mount|target)$/.test(name) ? name : `${name}.service`;
}

const enabledStates: ReadonlySet<string> = new Set(['enabled', 'enabled-runtime', 'static', 'generated', 'alias']);
/** A unit on its way up is as good as up: waiting for it to settle would miss a product that restarts. */
const runningStates: ReadonlySet<string> = new Set(['active', 'activating', 'reloading', 'refreshing']);

function stateOf(block: Block): ServiceState['state'] {
  const active = block.get('ActiveState') ?? '';
  if (runningStates.has(active)) return 'running';
  if (block.get('LoadState') === 'not-found') return 'absent';
  return active === 'failed' ? 'failed' : 'stopped';
}

function pairOf(line: string): readonly (readonly [string, string])[] {
  const at = line.indexOf('=');
  return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
}
