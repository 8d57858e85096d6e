/**
 * Security descriptors in their text form (SDDL), and what they mean for a directory of ours. Only what is understood is
 * believed: a descriptor that does not parse is refused.
 */

export interface AccessEntry {
  readonly allows: boolean;
  readonly inheritOnly: boolean;
  /** What is made below gets it too. */
  readonly passedOn: boolean;
  readonly rights: number;
  /** As written: an alias ("SY") or "S-1-5-18". */
  readonly sid: string;
}

export interface SecurityDescriptor {
  readonly owner: string;
  /** null: no list at all, which lets everybody do everything. */
  readonly entries: readonly AccessEntry[] | null;
}

/** Rights by their two-letter words; file rights and generic ones. */
const rightWords: Readonly<Record<string, number>> = {
  GA: 0x10000000,
  GR: 0x80000000,
  GW: 0x40000000,
  GX: 0x20000000,
  RC: 0x00020000,
  SD: 0x00010000,
  WD: 0x00040000,
  WO: 0x00080000,
  FA: 0x001f01ff,
  FR: 0x00120089,
  FW: 0x00120116,
  FX: 0x001200a0,
  CC: 0x0001,
  DC: 0x0002,
  LC: 0x0004,
  SW: 0x0008,
  RP: 0x0010,
  WP: 0x0020,
  DT: 0x0040,
  LO: 0x0080,
  CR: 0x0100,
};

const everything = 0xffffffff;
/** Of a directory: taking a child away, and changing rights or owner; DELETE takes or renames the directory itself. */
const replacingRights = 0x0040 | 0x00010000 | 0x00040000 | 0x00080000 | 0x10000000 | 0x40000000;

/**
 * Who may do everything on the machine anyway: the system, the administrators, the system's own installer
 * (`NT SERVICE\TrustedInstaller`, whose id is the same everywhere).
 */
const trustedSids: ReadonlySet<string> = new Set([
  'SY',
  'S-1-5-18',
  'BA',
  'S-1-5-32-544',
  'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464',
]);
/** Placeholders for whoever makes or owns something; what those may do here is judged by who they are. */
const ownerSids: ReadonlySet<string> = new Set(['CO', 'S-1-3-0', 'OW', 'S-1-3-4']);

export function isTrustedSid(sid: string): boolean {
  return trustedSids.has(sid);
}

/** null when it is no descriptor with an owner. */
export function parseSddl(text: string): SecurityDescriptor | null {
  const found = /^O:(?<owner>[A-Z]{2}|S-1-[0-9-]+?)(?:G:(?:[A-Z]{2}|S-1-[0-9-]+?))?(?<dacl>D:.*?)?(?:S:.*)?$/.exec(
    text,
  );
  const owner = found?.groups?.['owner'];
  if (owner === undefined) return null;
  const dacl = found?.groups?.['dacl'];
  if (dacl === undefined) return { owner, entries: null };
  return parseList(dacl, owner);
}

function parseList(dacl: string, owner: string): SecurityDescriptor | null {
  const shape = /^D:(?<flags>(?:P|AI|AR|NO_ACCESS_CONTROL)*)(?<list>(?:\([^()]*(?:\([^()]*\)[^()]*)*\))*)$/.exec(dacl);
  if (shape === null) return null;
  if (shape.groups?.['flags']?.includes('NO_ACCESS_CONTROL') === true) return { owner, entries: null };
  const texts = shape.groups?.['list']?.match(/\((?:[^()]|\([^()]*\))*\)/g) ?? [];
  const entries = texts.map(entryOf);
  return entries.includes(null) ? null : { owner, entries: entries.filter((entry) => entry !== null) };
}

/** `(type;flags;rights;object;inherited object;sid)`; types beyond these have conditions, which count as met. */
function entryOf(text: string): AccessEntry | null {
  const [type, flags, rights, , , sid] = text.slice(1, -1).split(';');
  if (type === undefined || flags === undefined || rights === undefined || sid === undefined || sid === '') return null;
  const denies = ['D', 'OD', 'XD'].includes(type);
  const words = pairs(flags);
  const passedOn = words.includes('OI') || words.includes('CI');
  return { allows: !denies, inheritOnly: words.includes('IO'), passedOn, rights: rightsOf(rights), sid };
}

/** A word that is not known counts as every right. */
function rightsOf(text: string): number {
  if (/^0x[0-9a-f]{1,8}$/i.test(text)) return Number(text) >>> 0;
  let mask = 0;
  for (const word of pairs(text)) mask |= rightWords[word] ?? everything;
  return mask >>> 0;
}

function pairs(text: string): readonly string[] {
  return text.match(/.{1,2}/g) ?? [];
}

/**
 * Null when nobody but trusted ones owns it or has any right in it: what mode 0700 of root is elsewhere. Rights that only
 * children inherit count too, for what we make there is as private.
 */
export function whyNotPrivate(descriptor: SecurityDescriptor): string | null {
  const foreign = whyNotOurs(descriptor);
  if (foreign !== null) return foreign;
  const other = (descriptor.entries ?? []).find(
    (entry) => entry.allows && entry.rights !== 0 && !isTrustedSid(entry.sid) && !ownerSids.has(entry.sid),
  );
  return other === undefined ? null : `is open to ${other.sid}`;
}

/**
 * Null when nobody but trusted ones can put something else in the place of what stands in it. Making new names is no harm
 * there: every user may do so at the root of the system drive.
 */
export function whyNotAncestor(descriptor: SecurityDescriptor): string | null {
  const foreign = whyNotOurs(descriptor);
  if (foreign !== null) return foreign;
  const other = (descriptor.entries ?? []).find(
    (entry) =>
      entry.allows &&
      !entry.inheritOnly &&
      (entry.rights & replacingRights) !== 0 &&
      !isTrustedSid(entry.sid) &&
      !ownerSids.has(entry.sid),
  );
  return other === undefined ? null : `lets ${other.sid} replace what is in it`;
}

/** Null when a trusted one owns it and nobody else may write it (a file that others may read). */
export function whyNotUnwritable(descriptor: SecurityDescriptor): string | null {
  const foreign = whyNotOurs(descriptor);
  if (foreign !== null) return foreign;
  const writing = replacingRights | 0x0002 | 0x0004 | 0x0010 | 0x0100;
  const other = (descriptor.entries ?? []).find(
    (entry) =>
      entry.allows &&
      !entry.inheritOnly &&
      (entry.rights & writing) !== 0 &&
      !isTrustedSid(entry.sid) &&
      !ownerSids.has(entry.sid),
  );
  return other === undefined ? null : `can be written by ${other.sid}`;
}

/**
 * Null for what may be a file's: only of a directory others inherit. Rights are read by path, and who may write the directory
 * above could have had one of the system's stand there for that moment.
 */
export function whyNotFile({ entries }: SecurityDescriptor): string | null {
  return entries?.some((entry) => entry.passedOn) === true ? 'has the rights of a directory' : null;
}

function whyNotOurs({ owner, entries }: SecurityDescriptor): string | null {
  if (!isTrustedSid(owner)) return `belongs to ${owner}`;
  return entries === null ? 'has no access list and is open to everybody' : null;
}
