/** What there is to set: one row a tab, in this order. */
import type { ComponentType } from 'react';
import type { Operator } from '#console/api/session.ts';
import type { SettingsTab } from '#console/web/settings/tabs.ts';
import { AgentsPanel } from '#console/web/agents/agents-panel.tsx';
import { ApiKeysPanel } from '#console/web/operators/api-keys-panel.tsx';
import { OperatorsPanel } from '#console/web/operators/operators-panel.tsx';
import { ExceptionsPanel } from '#console/web/settings/exceptions.tsx';
import { AlertRulesPanel } from '#console/web/settings/alert-rules.tsx';
import { RetentionPanel } from '#console/web/settings/retention.tsx';
import { SignOnPanel } from '#console/web/settings/sign-on.tsx';
import { NotificationsPanel } from '#console/web/settings/notifications.tsx';

export interface Section {
  readonly tab: SettingsTab;
  readonly label: string;
  readonly isFor: (operator: Operator) => boolean;
  readonly Content: ComponentType;
}

const isGlobalAdmin = (operator: Operator): boolean => operator.role === 'admin' && operator.organisationIds === null;

export const sections: readonly Section[] = [
  { tab: 'alerts', label: 'Alerts', isFor: () => true, Content: AlertRulesPanel },
  { tab: 'notifications', label: 'Notifications', isFor: isGlobalAdmin, Content: NotificationsPanel },
  { tab: 'retention', label: 'Keeping', isFor: isGlobalAdmin, Content: RetentionPanel },
  { tab: 'agents', label: 'Garrison agent', isFor: () => true, Content: AgentsPanel },
  { tab: 'exceptions', label: 'Exceptions', isFor: () => true, Content: ExceptionsPanel },
  { tab: 'operators', label: 'Operators', isFor: ({ role }) => role === 'admin', Content: OperatorsPanel },
  { tab: 'sign-on', label: 'Single sign-on', isFor: isGlobalAdmin, Content: SignOnPanel },
  { tab: 'api-keys', label: 'API keys', isFor: () => true, Content: ApiKeysPanel },
];
