/** Property lists as Apple's XML. Pure. */
export type PlistValue = string | number | boolean | readonly PlistValue[] | { readonly [key: string]: PlistValue };

const heading = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
`;

export function plistXml(value: PlistValue): string {
  return `${heading}<plist version="1.0">\n${element(value, '')}</plist>\n`;
}

function element(value: PlistValue, indent: string): string {
  if (typeof value === 'string') return `${indent}<string>${escaped(value)}</string>\n`;
  if (typeof value === 'boolean') return `${indent}<${value ? 'true' : 'false'}/>\n`;
  if (typeof value === 'number') return `${indent}<integer>${Math.trunc(value)}</integer>\n`;
  const below = `${indent}\t`;
  if (isList(value))
    return `${indent}<array>\n${value.map((each) => element(each, below)).join('')}${indent}</array>\n`;
  const entries = Object.entries(value).map(
    ([key, each]) => `${below}<key>${escaped(key)}</key>\n${element(each, below)}`,
  );
  return `${indent}<dict>\n${entries.join('')}${indent}</dict>\n`;
}

function isList(value: PlistValue): value is readonly PlistValue[] {
  return Array.isArray(value);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
