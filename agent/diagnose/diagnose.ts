/** Makes a diagnostics archive: every section, without secrets and bounded, in a private place of its own. */
import * as z from 'zod';
import { asFault, Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { limits } from '#protocol/limits.ts';
import { wholeLines } from '#agent/actions/log-text.ts';
import { archiveOf, type ArchiveFile } from '#agent/diagnose/archive.ts';
import { cleanValue, withoutHidden } from '#agent/diagnose/hidden.ts';
import { sections, type Content, type Section, type Source } from '#agent/diagnose/sections.ts';
import { jsonFile } from '#agent/json-file.ts';
import type { Redactor } from '#agent/redact.ts';

/** All sections together stay below what an archive may weigh, however little of it can be packed. */
const sectionBytesMax = Math.floor((limits.diagnosticsBytesMax - 64 * 1024) / (sections.length + 1));
const everyMs = 3_600_000;
const keptMax = 3;
const folderName = 'diagnostics';

const lastSchema = z.object({ atMs: z.number() });

export interface Archive {
  readonly path: string;
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly holds: readonly { readonly name: string; readonly sizeBytes: number; readonly holds: string }[];
}

/** Of whom it was asked for: noted, and refused by command where the local configuration says so. */
export type AskedBy = { readonly by: 'local' } | { readonly by: 'console'; readonly commandId: string };

export interface Diagnostics {
  /** Faults `diagnostics.too-soon`, `diagnostics.not-allowed` and those of the disk. */
  make(asked: AskedBy): Promise<Archive>;
}

export function createDiagnostics(source: () => Source): Diagnostics {
  let underWay: Promise<Archive> | null = null;
  return {
    make(asked) {
      if (asked.by === 'console' && !source().local.byCommand)
        return Promise.reject(new Fault('diagnostics.not-allowed', 'the configuration of this device says "local"'));
      underWay ??= make(source(), asked).finally(() => (underWay = null));
      return underWay;
    },
  };
}

async function make(source: Source, asked: AskedBy): Promise<Archive> {
  const { journal, time, directories } = source.agent;
  const folder = await directories.state.directory(folderName);
  const last = jsonFile(folder, 'last.json', lastSchema);
  const nowMs = time.now();
  const beforeMs = (await last.read().catch(() => null))?.atMs ?? null;
  const leftMs = beforeMs === null ? 0 : beforeMs + everyMs - nowMs;
  // A clock that was set back since leaves more than a whole hour: such a note says nothing.
  if (leftMs > 0 && leftMs <= everyMs)
    throw new Fault('diagnostics.too-soon', `the last one is from ${new Date(beforeMs ?? 0).toISOString()}`, {
      context: { retryAfterMs: leftMs },
    });
  const files: ArchiveFile[] = [];
  for (const section of sections) files.push({ name: section.name, bytes: await bounded(source, section) });
  const holds = files.map(({ name, bytes }, index) => ({
    name,
    sizeBytes: bytes.length,
    holds: sections[index]?.holds ?? '',
  }));
  const bytes = archiveOf([{ name: 'README.txt', bytes: readme(source, asked, holds) }, ...files], nowMs);
  const name = `garrison-diagnostics-${stamp(nowMs)}.tar.gz`;
  await folder.replace(name, bytes);
  await last.write({ atMs: nowMs });
  await forgetOlder(folder);
  const sha256 = sha256Hex(bytes);
  const commandId = asked.by === 'console' ? asked.commandId : null;
  const data = { by: asked.by, commandId, sizeBytes: bytes.length, sha256 };
  // A memory that takes no more records is what diagnostics are for.
  await journal.write({ event: 'diagnostics-made', data }).catch((error: unknown) => {
    source.agent.log.error('diagnostics were made and not noted', { detail: asFault(error).message });
  });
  return { path: `${folder.path}${folder.path.includes('\\') ? '\\' : '/'}${name}`, bytes, sha256, holds };
}

/** A section that cannot be made says why and stops no other one. */
async function bounded(source: Source, section: Section): Promise<Buffer> {
  const { redactor } = source.agent;
  const content = await section.make(source).catch((error: unknown) => {
    const { code, message } = asFault(error);
    return { text: `could not be made: ${code}: ${message}\n` };
  });
  return withinBound(content, redactor);
}

/** Cleaned value by value, before it becomes JSON; cut only once it is clean, between lines: half a secret would pass. */
function withinBound(content: Content, redactor: Redactor): Buffer {
  const clean = (value: unknown): unknown => cleanValue(value, redactor);
  if ('value' in content) return lastLines(`${JSON.stringify(clean(content.value), null, 2)}\n`);
  if ('text' in content) return lastLines(withoutHidden(content.text, redactor));
  const kept: string[] = [];
  let bytes = 0;
  for (const value of content.lines.toReversed()) {
    const line = `${JSON.stringify(clean(value))}\n`;
    bytes += Buffer.byteLength(line);
    if (bytes > sectionBytesMax) break;
    kept.push(line);
  }
  return Buffer.from(kept.toReversed().join(''));
}

function lastLines(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= sectionBytesMax) return bytes;
  return Buffer.from(wholeLines(bytes.subarray(bytes.length - sectionBytesMax).toString('utf8')));
}

function readme({ agent }: Source, asked: AskedBy, holds: Archive['holds']): Buffer {
  const rows = holds.map(({ name, sizeBytes, holds: what }) => `${name.padEnd(20)} ${sizeBytes} bytes: ${what}`);
  const who = asked.by === 'local' ? 'on the device' : `by the console (command ${asked.commandId})`;
  return Buffer.from(
    [
      `Diagnostics of a Garrison agent, version ${agent.version}, made at ${agent.time.iso()}.`,
      `Asked for ${who}. Secrets are taken out by value, by name and by shape, in the spellings we know.`,
      'It holds names of this machine, its addresses and products. Nothing else than this:',
      '',
      ...rows,
      '',
    ].join('\n'),
  );
}

const stamp = (ms: number): string => new Date(ms).toISOString().replaceAll(/[:.]/g, '-');

async function forgetOlder(folder: Awaited<ReturnType<Source['agent']['directories']['state']['directory']>>) {
  const archives = (await folder.list()).filter((name) => name.endsWith('.tar.gz')).toSorted();
  for (const name of archives.slice(0, -keptMax)) await folder.remove(name);
}
