/** The administrator's words for SentinelOne consoles and their packages. Under the same rules as `words.ts`. */
import type { Connection } from '#console/api/connections.ts';
import type { PackageList, PackageRow, Publisher } from '#console/api/packages.ts';
import type { Tone } from '#console/web/words.ts';

/** What to do about a target. */
export const packageAdvice: Record<
  NonNullable<PackageList['targets'][number]['advice']>,
  { readonly title: string; readonly remedy: string }
> = {
  fetch: { title: 'The wanted version is not here yet', remedy: 'Fetch it below, or all at once above.' },
  'not-listed': {
    title: 'No SentinelOne console lists the wanted version any more',
    remedy:
      'Choose another version under “Which version”, ask SentinelOne for the file and add it here, or leave this system out.',
  },
  'no-longer-listed': {
    title: 'SentinelOne does not list this version any more',
    remedy: 'The file here still works. Think of a successor: choose another version under “Which version”.',
  },
  'nothing-known': {
    title: 'No package is known for this system',
    remedy: 'Read the lists again, or add a file.',
  },
};
export const whyNotChosen: Record<NonNullable<PackageRow['whyNot']>, string> = {
  'other-version': 'not the version asked for',
  'not-ga': 'not a GA version',
  'not-here': 'not here yet',
  older: 'older than the chosen one',
  'same-version': 'the chosen file serves this version',
};

export const packageSources: Record<PackageRow['source'], string> = {
  baseline: "Garrison's tested version",
  vendor: "SentinelOne's list",
  upload: 'uploaded',
};
export const packageStates: Record<PackageRow['state'], { readonly name: string; readonly tone: Tone }> = {
  offered: { name: 'can be fetched', tone: 'quiet' },
  'not-offered': { name: 'no SentinelOne console offers it', tone: 'attention' },
  fetching: { name: 'fetching', tone: 'busy' },
  ready: { name: 'ready', tone: 'good' },
  failed: { name: 'failed', tone: 'bad' },
};
export const releases: Record<PackageRow['release'], string> = { ga: 'GA', ea: 'EA', beta: 'beta', other: 'other' };
export const unsignedFormat =
  'This format carries no signature: devices check that it is bit for bit the file that is here.';

/** Who must have signed a package, and who checks that: "Publisher: SentinelOne, Inc. Windows checks …". */
export function publisherWords({ checkedBy, names }: Publisher): { readonly who: string | null; readonly how: string } {
  const who = names.length === 0 ? null : names.join(' or ');
  switch (checkedBy) {
    case 'authenticode':
      return { who, how: 'Windows checks the signature on every device before the file runs.' };
    case 'apple-team':
      return {
        who: who && `Apple team ${who}`,
        how: 'macOS checks the signature on every device before the file runs.',
      };
    case 'rpm-key':
      return who === null
        ? { who, how: "This Garrison holds no key of SentinelOne's for rpm packages: its agents refuse them." }
        : { who: `rpm key ${who}`, how: 'rpm checks the signature on every device before the file runs.' };
    case 'digest-only':
      return { who, how: unsignedFormat };
  }
}

export const scopes: Record<Connection['scope'], string> = {
  account: 'account',
  site: 'one site',
  global: 'everything',
  unknown: 'not known',
};
/** What a token of that reach cannot do here; null: nothing to say. */
export const scopeLimits: Record<Connection['scope'], string | null> = {
  account: null,
  site: 'A token of one site cannot list accounts, create sites, or move endpoints to another site. Everything else works.',
  global: 'This connection stands for one account; others are added as connections of their own.',
  unknown: null,
};
export const userKinds = { user: 'user', 'service-user': 'service user' } as const;
export const alarmDays = (days: number): string => (days === 1 ? 'a day or less' : `${days} days or less`);
