/** What a row of Windows Security Center says. Pure. */
import type { Inventory } from '#platform/inventory.ts';

/**
 * productState, whose layout `0x00PPSSUU` no contract describes: read by its nibbles, never by a table of whole values,
 * because builds add bits that tables miss. The provider bits (0xFF0000) are too loose to decide anything.
 */
export interface ProductState {
  /** 0xF000. `unknown`: a nibble without a public meaning (4 occurs in the field). */
  readonly engine: 'off' | 'on' | 'snoozed' | 'expired' | 'unknown';
  /** 0x0F00. */
  readonly owner: 'microsoft' | 'other';
  /** 0x00F0. The lowest nibble carries other bits and is not looked at. */
  readonly signatures: 'current' | 'outdated';
}

const engines = ['off', 'on', 'snoozed', 'expired'] as const;

export function readProductState(value: number): ProductState {
  return {
    engine: engines[(value >> 12) & 0xf] ?? 'unknown',
    owner: ((value >> 8) & 0xf) === 1 ? 'microsoft' : 'other',
    signatures: ((value >> 4) & 0xf) === 0 ? 'current' : 'outdated',
  };
}

/**
 * Rows are kept by the service `wscsvc`: while it does not run they can be old, so that they neither prove that anything
 * is active nor that there is nothing else. Not listed among the services: nothing is known against the rows.
 */
export function isSecurityCenterStopped({ os, securityCenter, services }: Inventory): boolean {
  if (os !== 'windows' || securityCenter.status !== 'ok' || services.status !== 'ok') return false;
  const keeper = services.value.find((service) => service.name.toLowerCase() === 'wscsvc');
  return keeper !== undefined && keeper.state !== 'running';
}
