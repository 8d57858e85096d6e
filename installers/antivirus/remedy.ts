/** What an administrator can do about a finding. Only words: nothing here or elsewhere removes a product (G19). */
import type { Inventory } from '#platform/inventory.ts';
import type { Product } from '#installers/antivirus/catalogue.ts';
import type { Hit } from '#installers/antivirus/match.ts';
import type { FindingState, Needs } from '#installers/antivirus/state.ts';

const keep = 'If it has to stay, add an exception for it.';

const generic: { readonly [os in Inventory['os']]: string } = {
  linux: "Remove it with the vendor's uninstaller.",
  macos: "Remove it with the vendor's uninstaller; dragging the app to the bin leaves its extension running.",
  windows: "Remove it in Settings, Apps, Installed apps, or with the vendor's removal tool, then restart.",
};

export interface RemedyInput {
  /** null for a product that the catalogue does not name. */
  readonly product: Product | null;
  readonly os: Inventory['os'];
  readonly state: FindingState;
  readonly needs: Needs | null;
  readonly hits: readonly Hit[];
}

export function remedyFor(input: RemedyInput): string {
  const given = input.product?.[input.os]?.remedy;
  switch (input.state) {
    case 'pending-reboot':
      return 'It was removed, but a driver or extension stays loaded until then: restart the device.';
    case 'remnant':
      return 'Only leftovers of it are there. Nothing has to be done; they can be deleted.';
    case 'self':
      return 'This is the product that would be installed. It is checked instead of installed again.';
    case 'coexists':
      return coexistsText(input.needs, removalText(given ?? generic[input.os], packageCommands(input.hits)));
    case 'unknown':
      return given ?? 'Find out on the device whether it protects.';
    case 'active':
    case 'installed-inactive':
      return removalText(given ?? generic[input.os], packageCommands(input.hits));
  }
}

function removalText(removal: string, packages: string): string {
  return [removal, packages, removal.includes('exception') ? '' : keep].filter((part) => part !== '').join(' ');
}

function coexistsText(needs: Needs | null, removal: string): string {
  if (needs !== null && !needs.policyDecides) return `Nothing has to be done: it would count when ${needs.what}.`;
  const when = needs === null ? 'your policy for coexisting products says so' : needs.what;
  return `It runs beside others and is in the way only when ${when}. ${removal}`;
}

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
  return [
    deb === '' ? '' : `Its packages: apt-get purge ${deb}.`,
    rpm === '' ? '' : `Its packages: dnf remove ${rpm} (or yum, zypper).`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}
