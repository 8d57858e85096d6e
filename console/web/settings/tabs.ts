/** Names of the sections in addresses; apart from what they show, which is loaded with the screen. */
export const settingsTabs = [
  'alerts',
  'notifications',
  'retention',
  'agents',
  'exceptions',
  'operators',
  'sign-on',
  'api-keys',
] as const;
export type SettingsTab = (typeof settingsTabs)[number];
