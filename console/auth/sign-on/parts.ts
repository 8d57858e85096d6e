/** What single sign-on works with. */
import type { OperatorParts } from '#console/auth/parts.ts';
import type { OperatorSettings } from '#console/operator-side.ts';
import type { DestinationRules } from '#console/notify/destination.ts';

export interface SignOnParts extends OperatorParts {
  readonly settings: Pick<OperatorSettings, 'origins' | 'version' | 'providerOnLoopback'>;
  /** Of one request to the provider. */
  readonly timeoutMs?: number;
}

export const rulesOf = ({ settings }: SignOnParts): DestinationRules => ({
  loopbackAllowed: settings.providerOnLoopback ?? false,
});

/** The configured address of the page, whatever a request claims: entered at the provider, which compares it as text. */
export function redirectUrlOf({ settings }: SignOnParts): string {
  return `${settings.origins[0] ?? 'http://127.0.0.1'}/api/sign-on/callback`;
}
