/**
 * What the vendor's agent for macOS is called, as the vendor and its users publish it. Compiled in, with the vendor's team:
 * nothing that a console sends ends in a profile, since a profile gives rights (G29).
 */
export const teamId = '4AYE5J54KN';

/** Programs that must read all files. The helper also watches Bluetooth devices. */
export const programs = {
  daemon: 'com.sentinelone.sentineld',
  helper: 'com.sentinelone.sentineld-helper',
  shell: 'com.sentinelone.sentineld-shell',
} as const;

export const networkExtension = 'com.sentinelone.network-monitoring';
export const filterPlugin = 'com.sentinelone.extensions-wrapper';
/** Published in both spellings. */
export const notifying = ['com.sentinelOne.SentinelAgent', 'com.sentinelone.SentinelAgent'] as const;
/** All launchd jobs of the agent begin so. */
export const jobPrefix = 'com.sentinelone.';

/**
 * Only this program, signed with a Developer ID of the vendor's team. The form that many profiles carry also lets every
 * program from the App Store through that calls itself so; this one does not.
 */
export function requirement(identifier: string): string {
  return [
    'anchor apple generic',
    `identifier "${identifier}"`,
    'certificate 1[field.1.2.840.113635.100.6.2.6]',
    'certificate leaf[field.1.2.840.113635.100.6.1.13]',
    `certificate leaf[subject.OU] = "${teamId}"`,
  ].join(' and ');
}
