/** What the console can tell of a package file by its name and its first bytes. Pure; the vendor's signature is checked on the device. */
import { Fault } from '#protocol/codes.ts';
import type { Candidate } from '#protocol/assignment.ts';
import { versionText, type Target } from '#protocol/words.ts';
import { isFormatOf } from '#installers/sentinelone/packages.ts';

type Format = Candidate['format'];

const formats: readonly Format[] = ['exe', 'msi', 'pkg', 'deb', 'rpm'];

/** First bytes (hex) of each format. */
const beginnings: Readonly<Record<Format, string>> = {
  exe: '4d5a',
  msi: 'd0cf11e0a1b11ae1',
  pkg: '78617221',
  deb: '213c617263683e0a',
  rpm: 'edabeedb',
};

export const beginningBytes = 16;

/** Fault `package.unreadable` unless the file begins like its format. */
export function demandBeginning(format: Format, first: Uint8Array): void {
  if (Buffer.from(first).toString('hex').startsWith(beginnings[format])) return;
  throw new Fault('package.unreadable', `the file does not begin like a ${format} package`);
}

/** Format and version of an uploaded file, by its name: "SentinelAgent_linux_x86_64_v24_2_2_20.deb". */
export function readFileName(target: Target, fileName: string): { readonly format: Format; readonly version: string } {
  const extension = fileName.slice(fileName.lastIndexOf('.') + 1).toLowerCase();
  const format = formats.find((one) => one === extension);
  if (format === undefined || !isFormatOf(target, format)) {
    throw new Fault('package.wrong-product', `a .${extension.slice(0, 10)} file is no package for ${target}`);
  }
  const digits = [...fileName.matchAll(/\d+(?:[._]\d+){2,3}/g)].map((match) => match[0].replaceAll('_', '.')).at(-1);
  const version = versionText.safeParse(digits);
  if (!version.success)
    throw new Fault(
      'package.wrong-version',
      'the file name does not tell the version; keep the name the vendor gave it',
    );
  return { format, version: version.data };
}
