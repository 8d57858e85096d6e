/**
 * The products that detection knows, as data. One entry a product, with its identifiers by system; guard entries
 * (`class: not-av`) name what looks like an antivirus and is none. Pure: the console reads it too.
 */
import * as z from 'zod';
import type { Inventory, InventoryQuery } from '#platform/inventory.ts';
import { idText, shortText } from '#protocol/words.ts';
import rows from '#installers/antivirus/catalogue.json' with { type: 'json' };

/** Compared whole; a `*` at the end makes it a prefix. */
const identifier = z
  .string()
  .min(2)
  .max(200)
  .refine((text) => text === text.trim() && text !== '*', 'no blanks at the ends, no bare *');
const identifiers = z.array(identifier).max(60).default([]);
const note = z.string().min(1).max(1000);

/** A regular expression over a trimmed display name, flag `i`. */
const expressions = z.array(identifier.refine(compiles, 'must compile')).max(20).default([]);

/** Marks that must be seen running, loaded or registered before a product counts as an antivirus. */
const countsWhen = z.strictObject({
  /** Completes "counts when …". */
  what: shortText,
  /** An entry that must be there as well, for identifiers too common to stand alone. */
  beside: idText.optional(),
  /** The administrator's policy for coexisting products decides as long as no mark is seen. */
  policyDecides: z.boolean().default(false),
  processes: identifiers,
  units: identifiers,
  services: identifiers,
  drivers: identifiers,
  securityCenterNames: identifiers,
  uninstallNames: expressions,
  bundleIds: identifiers,
  launchDaemons: identifiers,
});

/** How an administrator gets rid of it; words only, nothing of it is ever executed. */
const remedySchema = z.strictObject({
  /** Completes "First …". */
  before: note.optional(),
  /** Completes "remove it with …"; without it the system's own way and the name it is installed under. */
  uninstaller: note.optional(),
  /** The vendor's own tool for what stays. */
  removalTool: shortText.optional(),
  /** Said at the end: another way, or how both may stay. */
  keep: note.optional(),
  /** Without it: where drivers are catalogued. */
  restart: z.boolean().optional(),
});

/** What every system's block has. */
const common = {
  processes: identifiers,
  /** Names too common to count without the product's own folder. */
  ambiguousProcesses: identifiers,
  countsWhen: countsWhen.optional(),
  /** Parts of an on-demand scanner that make it check files as they are opened. */
  onAccess: identifiers,
  remedy: remedySchema.optional(),
};

const linuxBlock = z.strictObject({
  ...common,
  packages: identifiers,
  units: identifiers,
  modules: identifiers,
  paths: identifiers,
  /** Belong to the product and prove nothing about it (signature updaters). */
  supporting: z.strictObject({ packages: identifiers, units: identifiers, processes: identifiers }).optional(),
});

const macosBlock = z.strictObject({
  ...common,
  /** A team signs many products: only together with one of `bundleIds`. */
  systemExtensionTeamIds: identifiers,
  bundleIds: identifiers,
  launchDaemons: identifiers,
  pkgReceipts: identifiers,
  paths: identifiers,
});

const windowsBlock = z.strictObject({
  ...common,
  securityCenterNames: identifiers,
  services: identifiers,
  /** Those of `services` that Windows itself brings, stopped: they tell something only while they run. */
  broughtBySystem: identifiers,
  drivers: identifiers,
  uninstallNames: expressions,
  /** Components and sister products; wins over `uninstallNames`. */
  uninstallExclude: expressions,
});

const productSchema = z.strictObject({
  id: idText,
  name: shortText,
  vendor: shortText,
  class: z.enum(['av', 'edr', 'scanner-on-demand', 'builtin', 'not-av']),
  countsAsOtherAv: z.enum(['yes', 'no', 'conditional', 'self']),
  confidence: z.enum(['high', 'medium', 'low']),
  family: idText.optional(),
  sameAgentAs: idText.optional(),
  /** Lists built from brand names, not from a recorded machine. */
  brandDerived: z.array(shortText).default([]),
  linux: linuxBlock.optional(),
  macos: macosBlock.optional(),
  windows: windowsBlock.optional(),
  note: note.optional(),
  sources: z.array(shortText).min(1),
});

export const catalogueSchema = z.strictObject({
  families: z.array(z.strictObject({ id: idText, name: shortText })),
  products: z.array(productSchema).min(1).readonly(),
});

export type Product = z.infer<typeof productSchema>;
export type LinuxBlock = z.infer<typeof linuxBlock>;
export type MacosBlock = z.infer<typeof macosBlock>;
export type WindowsBlock = z.infer<typeof windowsBlock>;
export type CountsWhen = z.infer<typeof countsWhen>;
export type Remedy = z.infer<typeof remedySchema>;
export type Catalogue = z.infer<typeof catalogueSchema>;

/** Checked when loaded: a bad row stops the program at its start, never a detection. */
export const catalogue: Catalogue = catalogueSchema.parse(rows);

/** null for an id that is no entry (unnamed products have ids of their own, `unnamed-…`). */
export function productById(from: Catalogue, id: string): Product | null {
  return from.products.find((product) => product.id === id) ?? null;
}

/** What the platform has to look for by name, because the source cannot be listed whole. */
export function inventoryQuery(from: Catalogue, os: Inventory['os']): InventoryQuery {
  switch (os) {
    case 'linux':
      return {
        services: collect(from, (product) => product.linux?.units),
        paths: collect(from, (product) => product.linux?.paths),
        launchDaemons: [],
      };
    case 'macos':
      return {
        services: [],
        paths: collect(from, (product) => product.macos?.paths),
        launchDaemons: collect(from, (product) => product.macos?.launchDaemons),
      };
    case 'windows':
      return { services: collect(from, (product) => product.windows?.services), paths: [], launchDaemons: [] };
  }
}

function collect(from: Catalogue, pick: (product: Product) => readonly string[] | undefined): string[] {
  return [...new Set(from.products.flatMap((product) => pick(product) ?? []))];
}

function compiles(expression: string): boolean {
  try {
    return new RegExp(expression, 'i').source !== '';
  } catch {
    return false;
  }
}
