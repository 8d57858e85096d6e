/** Words of the screens about people and their keys. */
import type { ApiKey } from '#console/api/api-keys.ts';
import type { ManagedOperator } from '#console/api/operators.ts';
import type { Tone } from '#console/web/words.ts';

export const operatorStates: Record<ManagedOperator['state'], { readonly name: string; readonly tone: Tone }> = {
  active: { name: 'Active', tone: 'good' },
  invited: { name: 'Invited', tone: 'busy' },
  'no-role': { name: 'Waits for a role', tone: 'attention' },
  disabled: { name: 'Disabled', tone: 'quiet' },
};

export const fixedWords: Record<NonNullable<ManagedOperator['fixed']>, string> = {
  yourself: 'You; see Account',
  'last-administrator': 'The last administrator',
};

export const apiKeyStates: Record<ApiKey['state'], { readonly name: string; readonly tone: Tone }> = {
  active: { name: 'Active', tone: 'good' },
  expired: { name: 'Ended', tone: 'quiet' },
  revoked: { name: 'Revoked', tone: 'quiet' },
};

export const roleChoices = [
  { value: 'viewer', label: 'May look' },
  { value: 'operator', label: 'May act on devices' },
  { value: 'admin', label: 'Administrator' },
] as const;
