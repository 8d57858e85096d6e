/** Microsoft Defender is part of Windows: never judged by its presence, only by its own word. */
import type { DefenderRecord, Inventory } from '#platform/inventory.ts';
import { plainLine } from '#installers/antivirus/text.ts';
import type { FindingState } from '#installers/antivirus/state.ts';

export type DefenderClass = 'absent' | 'passive' | 'edr-block' | 'active' | 'active-rtp-off' | 'disabled' | 'unknown';

/**
 * First match wins. `AMRunningMode` comes before the enabled flags, which a passive Defender still answers with true.
 * "Not running" right after the passive policy was written may last an hour and still means disabled here.
 */
export function defenderClass(record: DefenderRecord): DefenderClass {
  if (record.serviceState === 'absent') return 'absent';
  switch (record.runningMode) {
    case 'Passive Mode':
    case 'SxS Passive Mode':
      return 'passive';
    case 'EDR Block Mode':
      return 'edr-block';
    case 'Normal':
      return record.realTimeProtection === false ? 'active-rtp-off' : 'active';
    case 'Not running':
      return 'disabled';
    case null:
    default:
      return record.serviceState === 'running' || record.serviceState === 'unknown' ? 'unknown' : 'disabled';
  }
}

/** null: not on this machine. */
export function defenderState(kind: DefenderClass): FindingState | null {
  const states: { readonly [kind in DefenderClass]: FindingState | null } = {
    absent: null,
    passive: 'coexists',
    'edr-block': 'coexists',
    active: 'active',
    'active-rtp-off': 'installed-inactive',
    disabled: 'installed-inactive',
    unknown: 'unknown',
  };
  return states[kind];
}

export function defenderText(record: DefenderRecord): string {
  const protection = { true: 'on', false: 'off', null: 'unknown' }[`${record.realTimeProtection}`];
  return plainLine(
    `Microsoft Defender: ${defenderClass(record)} (mode ${record.runningMode ?? 'unknown'}, real-time protection ${protection}, service ${record.serviceState})`,
  );
}

/** Whether Defender for Endpoint says that it runs without deciding over files (Linux, macOS). */
export function isDefenderPassive(inventory: Inventory): boolean {
  if (inventory.defender.status !== 'ok') return false;
  const { runningMode, passivePolicy } = inventory.defender.value;
  return runningMode === null ? passivePolicy === true : defenderClass(inventory.defender.value) === 'passive';
}
