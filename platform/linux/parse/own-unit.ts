import type { OwnServiceStatus } from '#platform/own-service.ts';

export interface OwnUnit {
  /** Of the unit file in force; null when there is none. */
  readonly path: string | null;
  readonly state: OwnServiceStatus['state'];
  readonly enabled: boolean;
}

/** `NAME=VALUE` lines; an empty text for what is not among them. */
export function parseUnitProperties(text: string): (name: string) => string {
  return (name) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
}

/** `systemctl show -p LoadState,ActiveState,UnitFileState,FragmentPath` of one unit (systemctl(1)). */
export function parseUnitShow(text: string): OwnUnit {
  const value = parseUnitProperties(text);
  const active = value('ActiveState');
  const running = ['active', 'activating', 'reloading'].includes(active);
  const path = value('FragmentPath');
  return {
    path: value('LoadState') === 'loaded' && path !== '' ? path : null,
    state: running ? 'running' : active === 'failed' ? 'failed' : 'stopped',
    enabled: value('UnitFileState').startsWith('enabled'),
  };
}
