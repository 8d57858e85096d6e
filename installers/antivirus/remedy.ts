/** What an administrator can do about a finding. Only words: nothing here or elsewhere removes a product (G19). */
import type { Inventory } from '#platform/inventory.ts';
import type { Product, Remedy } from '#installers/antivirus/catalogue.ts';
import type { DefenderClass } from '#installers/antivirus/defender.ts';
import type { Hit } from '#installers/antivirus/match.ts';
import type { FindingState, Needs } from '#installers/antivirus/state.ts';
import { plainLine } from '#installers/antivirus/text.ts';

const keepBoth = 'If it has to stay, add an exception for it.';

export interface RemedyInput {
  /** null for a product that the catalogue does not name. */
  readonly product: Product | null;
  /** As it is reported. */
  readonly name: string;
  readonly os: Inventory['os'];
  readonly state: FindingState;
  readonly needs: Needs | null;
  readonly hits: readonly Hit[];
}

export function remedyFor(input: RemedyInput): string {
  switch (input.state) {
    case 'pending-reboot':
      return 'It was removed, but a driver or extension stays loaded until then: restart the device.';
    case 'remnant':
      return remnantText(input);
    case 'self':
      return 'This is the product that would be installed. It is checked instead of installed again.';
    case 'coexists':
      return coexistsText(input);
    case 'unknown':
    case 'active':
    case 'installed-inactive':
      return removalText(input);
  }
}

function removalText(input: RemedyInput): string {
  const { product, os } = input;
  const given: Remedy = product?.[os]?.remedy ?? {};
  const before = given.before === undefined ? '' : `First ${given.before}.`;
  const tool =
    given.removalTool === undefined ? '' : `If parts of it stay, the vendor's ${given.removalTool} clears them.`;
  const drivers = os === 'windows' && (product?.windows?.drivers.length ?? 0) > 0;
  const restart = (given.restart ?? drivers) ? 'Restart the device afterwards.' : '';
  const keep = given.keep ?? '';
  // A scanner on a mail or file server is wanted there: that comes first.
  if (product?.class === 'scanner-on-demand') return sentences(keep, before, uninstallText(input, given), restart);
  return sentences(
    before,
    uninstallText(input, given),
    tool,
    restart,
    keep,
    keep.includes('exception') ? '' : keepBoth,
  );
}

/** The vendor's way where the catalogue has one, else the system's, with the names that were found on this machine. */
function uninstallText({ name, os, hits }: RemedyInput, given: Remedy): string {
  const packages = packageCommands(hits);
  if (given.uninstaller !== undefined) return sentences(`Remove it with ${given.uninstaller}.`, packages);
  const programs = programNames(hits);
  switch (os) {
    case 'windows':
      return `Remove ${programs === '' ? `"${name}"` : programs} in Settings, Apps, Installed apps (on servers: Programs and Features).`;
    case 'macos':
      return "Remove it with the vendor's uninstaller; dragging the app to the bin leaves its extension running.";
    case 'linux':
      return packages === '' ? "Remove it with the vendor's uninstaller." : packages;
  }
}

/** Names as the machine lists them, so that an administrator finds the entry: `"A" and "B"`. */
function programNames(hits: readonly Hit[]): string {
  const names = hits
    .filter(({ fact, claim }) => fact.kind === 'uninstall-entry' && claim === 'installed')
    .map(({ fact }) => `"${plainLine(fact.key.slice(0, 80))}"`);
  return [...new Set(names)].slice(0, 4).join(' and ');
}

/** A row in Security Center is named by its id, so that an administrator can find and delete it; nobody has to. */
function remnantText({ hits }: RemedyInput): string {
  const rows = hits.filter(({ fact }) => fact.kind === 'security-center').map(({ fact }) => fact.place ?? '');
  const nothing = 'Only leftovers of it are there. Nothing has to be done; they can be deleted.';
  const [row] = rows.filter((id) => /^\{[0-9A-Fa-f-]{36}\}$/.test(id));
  if (row === undefined) return nothing;
  return sentences(
    'Only leftovers of it are there; they do not stand in the way.',
    `Windows Security Center still lists it: the entry ${row} below HKLM\\SOFTWARE\\Microsoft\\Security Center\\Provider\\Av.`,
    "The vendor's clean-up tool removes such an entry, and an administrator may delete it.",
  );
}

function coexistsText(input: RemedyInput): string {
  const { needs } = input;
  if (needs !== null && !needs.policyDecides) return `Nothing has to be done: it would count when ${needs.what}.`;
  const when = needs === null ? 'your policy for coexisting products says so' : needs.what;
  return `It runs beside others and is in the way only when ${when}. ${removalText(input)}`;
}

/** Where a person turns Defender off by hand, and what that costs. */
const turnOff = [
  'Windows Security, Virus & threat protection, Manage settings (below "Virus & threat protection settings"):',
  'turn Real-time protection off and confirm with Yes.',
  'Tamper protection or central management may turn it on again at any time,',
  'and until SentinelOne protects the device has no antivirus at all: do it right before Retry install.',
].join(' ');

export function defenderRemedy(kind: DefenderClass, edition: Inventory['product']): string {
  switch (kind) {
    case 'active':
    case 'unknown':
      if (edition === 'server') return sentences(serverAdvice, `To turn it off by hand: ${turnOff}`);
      return sentences(
        'Nothing has to be done: Windows turns it off by itself as soon as SentinelOne has registered.',
        `Only if an installation fails because of it: ${turnOff}`,
      );
    case 'active-rtp-off':
      return 'Its real-time protection is off and can come back by itself. Nothing has to be done; install SentinelOne soon, the device has no antivirus meanwhile.';
    case 'passive':
    case 'edr-block':
      return 'It runs without deciding over files. Nothing has to be done.';
    case 'disabled':
      return 'It is turned off. Nothing has to be done.';
    case 'absent':
      return 'It is not on this machine.';
  }
}

const serverAdvice = sentences(
  'On Windows Server it does not step aside by itself and stays active beside SentinelOne.',
  'Remove the feature Windows Defender Antivirus (Server Manager; a restart is needed), or, where the server is onboarded to Defender for Endpoint, set it to passive mode (policy ForceDefenderPassiveMode).',
);

/** Names out of the package database, matched by the catalogue: safe to print in a command. */
function packageCommands(hits: readonly Hit[]): string {
  const names = (format: string): string =>
    hits
      .filter(({ fact, claim }) => fact.kind === 'package' && fact.place === format && claim === 'installed')
      .filter(({ fact }) => /^[A-Za-z0-9][A-Za-z0-9+._-]{0,99}$/.test(fact.key))
      .map(({ fact }) => fact.key)
      .slice(0, 8)
      .join(' ');
  const deb = names('deb');
  const rpm = names('rpm');
  return sentences(
    deb === '' ? '' : `Its packages: apt-get purge ${deb}.`,
    rpm === '' ? '' : `Its packages: dnf remove ${rpm} (or yum, zypper).`,
  );
}

function sentences(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
