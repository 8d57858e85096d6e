import type { PackageState } from '#platform/platform.ts';

const receiptPattern = /^[A-Za-z0-9][\w.-]{0,254}$/;

/** `pkgutil --pkgs`: one receipt id a line. */
export function parseReceipts(output: string): readonly string[] {
  return output.split('\n').filter((line) => receiptPattern.test(line));
}

export interface Receipt {
  readonly id: string;
  readonly version: string;
  /** Where its payload was put: volume and location together, absolute. */
  readonly root: string;
}

/** `pkgutil --pkg-info ID`: "key: value" lines. */
export function parseReceipt(output: string): Receipt | null {
  const values = new Map(
    output.split('\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1).trim()] as const] : [];
    }),
  );
  const id = values.get('package-id');
  const version = values.get('version');
  if (!id || !version) return null;
  const root = `${values.get('volume') ?? '/'}/${values.get('location') ?? ''}`.replaceAll(/\/+/g, '/');
  return { id, version, root: root.length > 1 ? root.replace(/\/$/, '') : root };
}

/** What `pkgutil` says of an id it has no receipt for; its exit code is 1 for that and for every error alike. */
export function hasNoReceipt(output: string): boolean {
  return /^No receipt for '[^'\n]+' found at /m.test(output);
}

const bundleName = /\.(?:app|bundle|systemextension)$/;
const bundlesMax = 20;

/**
 * The outermost bundles in the payload (`pkgutil --only-dirs --files ID`), relative to the receipt's root. A receipt
 * survives a drag to the bin; what it laid down does not.
 */
export function payloadBundles(output: string): readonly string[] {
  const found = new Set<string>();
  for (const line of output.split('\n')) {
    const parts = line.split('/');
    const end = parts.findIndex((part) => bundleName.test(part));
    if (end !== -1 && !parts.includes('..')) found.add(parts.slice(0, end + 1).join('/'));
  }
  return [...found].sort().slice(0, bundlesMax);
}

/**
 * A receipt and how much of its payload is there, as the state of the package. A receipt is written when an installation
 * has ended, so it says nothing of a half one; and a product that updates itself may put its programs elsewhere: one that
 * is still there is enough, the product's own word tells the rest. Without any it was dragged to the bin.
 */
export function receiptState(receipt: Receipt, bundles: { readonly there: number; readonly of: number }): PackageState {
  const { version, id } = receipt;
  if (bundles.of > 0 && bundles.there === 0)
    return { state: 'absent', version: null, detail: `receipt ${id} ${version} without its programs` };
  const some = bundles.there < bundles.of ? `, ${bundles.there} of ${bundles.of} programs there` : '';
  return { state: 'present', version, detail: `receipt ${id}${some}` };
}
