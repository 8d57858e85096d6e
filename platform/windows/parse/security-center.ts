/** Rows of the Security Center and Defender's own word, from PowerShell or the service's own keys in the registry. */
import type { DriverRecord, SecurityCenterRecord } from '#platform/inventory.ts';
import { rowsOf, type SectionAnswer, textOrNull } from '#platform/windows/parse/powershell.ts';
import { leafOf, numberOf, type RegistryKey, textOf } from '#platform/windows/parse/reg-query.ts';

export type SecurityCenterRow = Omit<SecurityCenterRecord, 'programExists'>;

/** null when a row has no name or no state: then the answer is not understood. */
export function securityCenterRows(value: unknown): readonly SecurityCenterRow[] | null {
  const rows = rowsOf(value).map((row) => {
    const { displayName, instanceGuid, productState } = row;
    if (typeof displayName !== 'string' || displayName === '' || !isState(productState)) return null;
    return {
      displayName,
      instanceGuid: typeof instanceGuid === 'string' ? instanceGuid : '',
      productState,
      productPath: textOrNull(row['pathToSignedProductExe']),
      reportingPath: textOrNull(row['pathToSignedReportingExe']),
    };
  });
  return rows.includes(null) ? null : rows.filter((row) => row !== null);
}

/** What the service keeps in `HKLM\SOFTWARE\Microsoft\Security Center\Provider\Av`, one key a product; same layout of the state. */
export function providerRows(keys: readonly RegistryKey[]): readonly SecurityCenterRow[] {
  return keys.flatMap((key) => {
    const displayName = textOf(key, 'DISPLAYNAME');
    const productState = numberOf(key, 'STATE');
    if (displayName === null || productState === null) return [];
    return {
      displayName,
      instanceGuid: leafOf(key.path),
      productState,
      productPath: textOf(key, 'PRODUCTEXE'),
      reportingPath: textOf(key, 'REPORTINGEXE'),
    };
  });
}

function isState(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

/** WBEM_E_INVALID_NAMESPACE, by its number or its constant; its text is in the language of the system. */
export function isMissingNamespace(answer: SectionAnswer): boolean {
  if (answer.ok) return false;
  return (
    /0x8004100e/i.test(answer.id) || Number(answer.hresult) === -2147217394 || answer.native === 'InvalidNamespace'
  );
}

/** Mode and real-time protection; null when the answer names no mode. */
export function defenderWord(
  value: unknown,
): { readonly runningMode: string; readonly realTimeProtection: boolean | null } | null {
  const row = rowsOf(value)[0];
  const runningMode = textOrNull(row?.['AMRunningMode']);
  if (runningMode === null) return null;
  const protection = row?.['RealTimeProtectionEnabled'];
  return { runningMode, realTimeProtection: typeof protection === 'boolean' ? protection : null };
}

/** `State` of WMI is an English constant. */
export function driverRows(value: unknown): readonly Omit<DriverRecord, 'altitude'>[] {
  return rowsOf(value).flatMap((row) => {
    const name = textOrNull(row['Name']);
    if (name === null) return [];
    return { name, state: row['State'] === 'Running' ? ('loaded' as const) : ('stopped' as const) };
  });
}
