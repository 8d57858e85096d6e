/** Microsoft Defender is part of Windows: never judged by its presence, only by its own word. */
import type { DefenderRecord, Inventory } from '#platform/inventory.ts';
import type { Hit } from '#installers/antivirus/match.ts';
import { isSecurityCenterStopped } from '#installers/antivirus/security-center.ts';
import { plainLine } from '#installers/antivirus/text.ts';
import type { FindingState } from '#installers/antivirus/state.ts';

export type DefenderClass = 'absent' | 'passive' | 'edr-block' | 'active' | 'active-rtp-off' | 'disabled' | 'unknown';

/** What the rest of the machine says about it. */
export interface DefenderAround {
  /** Its own Security Center row says "off". */
  readonly rowSaysOff: boolean;
  /** Another antivirus is active. */
  readonly otherActive: boolean;
}

const alone: DefenderAround = { rowSaysOff: false, otherActive: false };

/**
 * First match wins. `AMRunningMode` comes before the enabled flags, which a passive Defender still answers with true.
 * "Not running" right after the passive policy was written may last an hour and still means disabled here.
 */
export function defenderClass(record: DefenderRecord, around: DefenderAround = alone): DefenderClass {
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
      if (around.rowSaysOff && around.otherActive) return 'disabled';
      return record.serviceState === 'running' || record.serviceState === 'unknown' ? 'unknown' : 'disabled';
  }
}

/** EDR Block Mode hides the mode below it: a policy or another antivirus tells that it is passive. */
export function edrBlockPrimary(record: DefenderRecord, around: DefenderAround): 'passive' | 'unknown' {
  return record.passivePolicy === true || around.otherActive ? 'passive' : 'unknown';
}

/** Its answer, or where it gave none what the service manager knows; null: neither tells anything. */
export function defenderRecord({ defender, services }: Inventory): DefenderRecord | null {
  if (defender.status === 'ok') return defender.value;
  if (services.status !== 'ok') return null;
  const service = services.value.find(({ name, system }) => system && name.toLowerCase() === 'windefend');
  const stopped = service?.enabled === true ? 'stopped' : 'disabled';
  const serviceState = service === undefined ? 'absent' : service.state === 'running' ? 'running' : stopped;
  return { serviceState, runningMode: null, realTimeProtection: null, passivePolicy: null };
}

/** `hits`: facts that name it. Rows that Security Center does not keep current say nothing. */
export function rowSaysOff(hits: readonly Hit[], inventory: Inventory): boolean {
  const rows = hits.filter(({ fact }) => fact.kind === 'security-center');
  return rows.length > 0 && !isSecurityCenterStopped(inventory) && rows.every(({ claim }) => claim !== 'running');
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

export function defenderText(record: DefenderRecord, around: DefenderAround): string {
  const kind = defenderClass(record, around);
  const below = kind === 'edr-block' ? `, below it ${edrBlockPrimary(record, around)}` : '';
  const protection = { true: 'on', false: 'off', null: 'unknown' }[`${record.realTimeProtection}`];
  return plainLine(
    `Microsoft Defender: ${kind}${below} (mode ${record.runningMode ?? 'unknown'}, real-time protection ${protection}, service ${record.serviceState})`,
  );
}

/** Whether Defender for Endpoint says that it runs without deciding over files (Linux, macOS). */
export function isDefenderPassive(inventory: Inventory): boolean {
  if (inventory.defender.status !== 'ok') return false;
  const { runningMode, passivePolicy } = inventory.defender.value;
  return runningMode === null ? passivePolicy === true : defenderClass(inventory.defender.value) === 'passive';
}
