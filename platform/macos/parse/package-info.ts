/** What a .pkg says it is: `Distribution` of the whole, `PackageInfo` of each component. */
import type { PackageMetadata } from '#platform/platform.ts';
import { parseXml, type Element } from '#platform/macos/parse/xml.ts';

export interface PackageTexts {
  /** null: a single component without a distribution around it. */
  readonly distribution: string | null;
  readonly packageInfos: readonly string[];
}

interface Component {
  readonly identifier: string;
  readonly version: string;
  readonly kilobytes: number;
}

/**
 * The receipt that will be left, its version and the architectures that may install it ("x86_64,arm64"; empty when the
 * package does not say). Of several components the one with the largest payload is the product, and all must agree on the
 * version. Null when a part is missing, malformed, or contradicts another.
 */
export function packageMetadata({ distribution, packageInfos }: PackageTexts): PackageMetadata | null {
  const components = packageInfos.map(componentOf);
  if (components.length === 0 || components.includes(null)) return null;
  const known = components.filter((component) => component !== null);
  const [main] = known.toSorted((one, other) => other.kilobytes - one.kilobytes);
  if (main === undefined || known.some(({ version }) => version !== main.version)) return null;
  if (distribution === null) return { name: main.identifier, version: main.version, architecture: '' };
  const root = parseXml(distribution);
  if (root === null || !/^installer-(?:gui-)?script$/.test(root.name) || !agrees(root, main)) return null;
  return { name: main.identifier, version: main.version, architecture: architecturesOf(root) };
}

function componentOf(text: string): Component | null {
  const root = parseXml(text);
  const identifier = root?.attributes.get('identifier') ?? '';
  const version = root?.attributes.get('version') ?? '';
  if (root?.name !== 'pkg-info' || !/^[\w.-]{1,255}$/.test(identifier) || !/^[\w.+-]{1,100}$/.test(version))
    return null;
  const payload = root.children.find(({ name }) => name === 'payload');
  return { identifier, version, kilobytes: Number(payload?.attributes.get('installKBytes') ?? 0) || 0 };
}

/** Every version that the distribution gives for this component is the component's own. */
function agrees(root: Element, { identifier, version }: Component): boolean {
  const references = descendants(root, 'pkg-ref').filter((each) => each.attributes.get('id') === identifier);
  const versions = references.flatMap((each) => each.attributes.get('version') ?? []);
  return references.length > 0 && versions.every((each) => each === version);
}

function architecturesOf(root: Element): string {
  const said = descendants(root, 'options').flatMap((each) => each.attributes.get('hostArchitectures') ?? []);
  return [...new Set(said.flatMap((each) => each.split(',')).map((each) => each.trim()))]
    .filter((each) => each !== '')
    .sort()
    .join(',');
}

function descendants(element: Element, name: string): readonly Element[] {
  return element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...descendants(child, name)]);
}
