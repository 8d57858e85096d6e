/** The licences of everything inside a binary, as text to hand out with it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runtimeLicense, nodeVersion, root } from './runtime.ts';
import type { WindowsTarget } from './service-host.ts';

const licenseName = /^(licen[cs]e|copying)(\.(md|txt))?$/i;
const rule = '-'.repeat(80);

/** A file of its own, else the end of the page that introduces the package. */
function licenseText(path: string): string {
  const files = readdirSync(path);
  const file = files.find((one) => licenseName.test(one));
  if (file !== undefined) return readFileSync(join(path, file), 'utf8');
  const page = files.find((one) => /^readme(\.md)?$/i.test(one));
  const section = /^#* *licen[cs]e\b[^]*$/im.exec(page === undefined ? '' : readFileSync(join(path, page), 'utf8'));
  if (section === null) throw new Error(`${path} brings no licence text`);
  return section[0];
}

export interface Whole {
  readonly name: string;
  readonly nodeVersion: string;
  readonly nodeLicense: string;
}

function agent(): Whole {
  return { name: 'Garrison agent', nodeVersion, nodeLicense: runtimeLicense() };
}

const chapter = (title: string, text: string): string => `${rule}\n${title}\n${rule}\n\n${text.trim()}\n`;

/** `directories`: of npm packages, from the root. Throws for one that brings no licence text: it must not be shipped. */
export function licensesOf(directories: Iterable<string>, whole = agent()): string {
  const own = readFileSync(join(root, 'LICENSE'), 'utf8').trim();
  return [`${whole.name}\n${rule}\n\n${own}\n`, noticesOf(directories, whole)].join('\n');
}

/** Of what others made, without our own licence; `directories` as above. */
export function noticesOf(directories: Iterable<string>, whole = agent()): string {
  const parts = [...directories].map((directory) => {
    const path = join(root, directory);
    const { name, version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Record<string, string>;
    return chapter(`${name} ${version}`, licenseText(path));
  });
  return [...parts, chapter(`Node.js ${whole.nodeVersion}, and what it contains`, whole.nodeLicense)].join('\n');
}

const debianNames = { 'windows-x64': 'mingw-w64-x86-64-dev', 'windows-x86': 'mingw-w64-i686-dev' } as const;

/** Of the C runtime that is linked into the service host, as Debian tells it beside the compiler. */
export function serviceHostNotices(target: WindowsTarget): string {
  const text = readFileSync(`/usr/share/doc/${debianNames[target]}/copyright`, 'utf8');
  return chapter('MinGW-w64, in garrison-service.exe', text);
}
