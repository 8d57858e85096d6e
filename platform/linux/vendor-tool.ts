import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { eachBlock } from '#platform/files/handles.ts';
import type { Probe } from '#platform/inventory.ts';
import { packageDatabases } from '#platform/linux/packages.ts';
import { parseMd5Sums } from '#platform/linux/parse/dpkg.ts';
import { parsePasswdUid } from '#platform/linux/parse/passwd.ts';
import { type FileDigest, parseRpmFiles, rpmFileFormat } from '#platform/linux/parse/rpm.ts';
import { readSystemFile } from '#platform/linux/read.ts';
import { completed } from '#platform/looks.ts';
import type { Runner } from '#platform/linux/runner.ts';
import { usePath } from '#platform/linux/trusted-path.ts';
import type { ProbeResult, VendorToolSpec } from '#platform/platform.ts';

const listLimits = { timeoutMs: 20_000, outputBytesMax: 16 * 1024 * 1024 };
/** A vendor's tool may wait for its daemon that is only just starting. */
const runLimits = { timeoutMs: 60_000 };
const executable = 0o111;

type FileTool = Extract<VendorToolSpec, { kind: 'file' }>;

/**
 * Proves that the tool is the one its package installed, then runs it. Its path, every directory above and every link
 * on the way belong to root or the product's own user, it is in the package's file list, and its bytes are those the
 * package database remembers.
 */
export async function probeVendorTool(
  runner: Runner,
  tool: VendorToolSpec,
  run: { readonly args: readonly string[]; readonly stdin?: string },
): Promise<Probe<ProbeResult>> {
  if (tool.kind !== 'file')
    return { status: 'unsupported', detail: `a tool of kind ${tool.kind} does not exist on Linux` };
  const owner = tool.productUser === null ? null : await uidOf(tool.productUser);
  const digest = await recordedDigest(runner, tool);
  if (digest.status !== 'ok') return digest;
  const rules = { owners: owner === null ? [] : [owner], trustedRoot: '/' };
  const refusal = await usePath(tool.path, rules, async (walked) => {
    if (walked.status === 'absent') return `${tool.path} does not exist`;
    if (walked.status === 'refused') return `${tool.path}: ${walked.detail}`;
    if (walked.distrust !== null) return walked.distrust;
    return whyNotOriginal(walked.handle, tool.path, digest.value);
  });
  if (refusal !== null) return untrusted(refusal);
  const extras = run.stdin === undefined ? {} : { stdin: run.stdin };
  return { status: 'ok', value: await runner.run({ program: tool.path, args: run.args }, runLimits, extras) };
}

async function whyNotOriginal(handle: FileHandle, path: string, digest: FileDigest): Promise<string | null> {
  const stat = await handle.stat();
  if (!stat.isFile() || (stat.mode & executable) === 0) return `${path} is not a program`;
  // A database without a digest of this file still lists it: owner and ancestors speak for it.
  if (digest.algorithm === null) return null;
  const readable = await open(`/proc/self/fd/${handle.fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const hash = createHash(digest.algorithm);
    await eachBlock(readable, (block) => void hash.update(block));
    return hash.digest('hex') === digest.hex ? null : `${path} differs from what its package installed`;
  } finally {
    await readable.close();
  }
}

/** What the package database remembers of the file; refused when no named package lists it. */
async function recordedDigest(runner: Runner, tool: FileTool): Promise<Probe<FileDigest>> {
  const databases = await packageDatabases();
  const lookups = [...(databases.deb ? [debDigest] : []), ...(databases.rpm ? [rpmDigest] : [])];
  for (const name of tool.packageNames) {
    for (const lookup of lookups) {
      const found = await lookup(runner, name, tool.path);
      if (found !== null) return found;
    }
  }
  return untrusted(`${tool.path} is in the file list of none of: ${tool.packageNames.join(', ')}`);
}

/** Null when the package is not installed or does not list the path. */
type DigestLookup = (runner: Runner, name: string, path: string) => Promise<Probe<FileDigest> | null>;

const debDigest: DigestLookup = async (runner, name, path) => {
  const listed = await ask(runner, 'dpkg-query', ['-L', name]);
  if (listed.status !== 'ok') return listed;
  if (listed.value.code !== 0 || !listed.value.stdout.split('\n').includes(path)) return null;
  const sums = await ask(runner, 'dpkg-query', ['--control-show', name, 'md5sums']);
  if (sums.status !== 'ok') return sums;
  const hex = parseMd5Sums(sums.value.stdout).get(path);
  return { status: 'ok', value: { algorithm: hex === undefined ? null : 'md5', hex: hex ?? '' } };
};

const rpmDigest: DigestLookup = async (runner, name, path) => {
  const listed = await ask(runner, 'rpm', ['-q', '--qf', rpmFileFormat, name]);
  if (listed.status !== 'ok') return listed;
  const found = parseRpmFiles(listed.value.stdout).get(path);
  return found === undefined ? null : { status: 'ok', value: found };
};

async function ask(runner: Runner, program: string, args: readonly string[]): Promise<Probe<ProbeResult>> {
  return completed(await runner.probe({ program, args }, listLimits), program);
}

/** Only the local user database: a product's own user is made by its package, a directory service could say anything. */
async function uidOf(user: string): Promise<number | null> {
  return parsePasswdUid((await readSystemFile('/etc/passwd')) ?? '', user);
}

function untrusted(detail: string): { status: 'failed'; code: string; detail: string } {
  return { status: 'failed', code: 'health.untrusted-tool', detail };
}
