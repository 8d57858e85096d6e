import { win32 } from 'node:path';
import type { Probe } from '#platform/inventory.ts';
import type { ProbeResult, VendorToolSpec } from '#platform/platform.ts';
import { judgeAuthenticode } from '#platform/windows/parse/authenticode.ts';
import { isAdministratorsPlace } from '#platform/windows/parse/processes.ts';
import { placesOf, programOf } from '#platform/windows/parse/paths.ts';
import { isObject } from '#platform/windows/parse/powershell.ts';
import { defaultOf, textOf } from '#platform/windows/parse/reg-query.ts';
import { whyNotUnwritable } from '#platform/windows/parse/sddl.ts';
import { packageState } from '#platform/windows/packages.ts';
import { folders } from '#platform/windows/folders.ts';
import { askOne } from '#platform/windows/powershell.ts';
import type { Protection } from '#platform/windows/protection.ts';
import { readKey } from '#platform/windows/registry.ts';
import type { ToolStarter } from '#platform/windows/runner.ts';
import { authenticode, comAnswer } from '#platform/windows/scripts.ts';
import { programOfService } from '#platform/windows/services.ts';

/** A vendor's tool may wait for its service that is only just starting. */
const runLimits = { timeoutMs: 60_000 };
const classes = 'HKLM\\SOFTWARE\\Classes';

interface Run {
  readonly args: readonly string[];
  readonly stdin?: string;
}

/**
 * Proves that the tool is the installed product's own, then asks it: the product's uninstall entry is there, what the
 * service database or the class database of the machine (never a user's) names lies where only administrators write, is
 * owned by them below such folders, and is signed by one of the vendor's organisations.
 */
export async function probeVendorTool(
  { runner, protection }: { readonly runner: ToolStarter; readonly protection: Protection },
  tool: VendorToolSpec,
  run: Run,
): Promise<Probe<ProbeResult>> {
  if (tool.kind === 'file') return untrusted('a tool at a fixed path is not asked on Windows');
  const installed = await packageState(runner, 'msi', tool.packageNames);
  if (installed.status !== 'ok') return installed;
  if (installed.value.state !== 'present') return untrusted(`none is installed of: ${tool.packageNames.join(', ')}`);
  const program =
    tool.kind === 'beside-service' ? await besideService(runner, tool) : await serverOfClass(runner, tool.progId);
  if (program.status !== 'ok') return program;
  const refusal = await whyNotProved({ runner, protection }, program.value, tool.organisations);
  if (refusal !== null) return untrusted(`${program.value} ${refusal}`);
  if (tool.kind === 'com') return askClass(runner, tool);
  return { status: 'ok', value: await runner.run({ program: program.value, args: run.args }, runLimits, run.stdin) };
}

async function askClass(
  runner: ToolStarter,
  tool: { readonly progId: string; readonly method: string },
): Promise<Probe<ProbeResult>> {
  const answer = await askOne(runner, 'com', comAnswer(tool.progId, tool.method));
  if (answer.status !== 'ok') return answer;
  const stdout = isObject(answer.value) && typeof answer.value['text'] === 'string' ? answer.value['text'] : '';
  return { status: 'ok', value: { code: 0, stdout, stderr: '', timedOut: false, truncated: false } };
}

/** null when it is the vendor's own file where nobody else could have put or changed it. */
async function whyNotProved(
  { runner, protection }: { readonly runner: ToolStarter; readonly protection: Protection },
  program: string,
  organisations: readonly string[],
): Promise<string | null> {
  if (!isAdministratorsPlace(program, folders())) return 'lies where others could have put it';
  // Its folder too: a program takes libraries from there before it looks anywhere else.
  const foreign = await protection.whyForeign(program, whyNotUnwritable, whyNotUnwritable);
  if (foreign !== null) return foreign;
  const signed = await askOne(runner, 'tool-signature', authenticode(program), program);
  if (signed.status !== 'ok') return `could not be judged: ${signed.detail}`;
  const verdict = judgeAuthenticode(signed.value, organisations);
  if (verdict.status === 'trusted') return null;
  return verdict.status === 'not-applicable' ? 'carries no signature' : verdict.detail;
}

async function besideService(
  runner: ToolStarter,
  tool: { readonly service: string; readonly file: string },
): Promise<Probe<string>> {
  const service = await programOfService(runner, tool.service);
  if (service.status !== 'ok') return service.status === 'unsupported' ? untrusted(service.detail) : service;
  const program = service.value[0];
  if (program === undefined) return untrusted(`the service ${tool.service} names no program`);
  if (win32.basename(tool.file) !== tool.file) return untrusted(`${tool.file} is no file name`);
  return { status: 'ok', value: win32.join(win32.dirname(program), tool.file) };
}

/** What the class database of the machine starts for a class: a program, or a service of the machine. */
async function serverOfClass(runner: ToolStarter, progId: string): Promise<Probe<string>> {
  const classId = defaultOf(await readKey(runner, `${classes}\\${progId}\\CLSID`));
  if (classId === null || !/^\{[0-9A-Fa-f-]{36}\}$/.test(classId))
    return untrusted(`${progId} is not registered for the machine`);
  const key = `${classes}\\CLSID\\${classId}`;
  for (const kind of ['LocalServer32', 'InprocServer32']) {
    const server = defaultOf(await readKey(runner, `${key}\\${kind}`));
    const place = server === null ? undefined : (kind === 'LocalServer32' ? programOf : placesOf)(server, folders())[0];
    if (place !== undefined) return { status: 'ok', value: place };
  }
  const application = textOf(await readKey(runner, key), 'AppID');
  const service =
    application === null ? null : textOf(await readKey(runner, `${classes}\\AppID\\${application}`), 'LocalService');
  if (service === null) return untrusted(`${progId} names no program of the machine`);
  const program = await programOfService(runner, service);
  if (program.status !== 'ok') return program;
  const first = program.value[0];
  return first === undefined ? untrusted(`the service ${service} names no program`) : { status: 'ok', value: first };
}

function untrusted(detail: string): { status: 'failed'; code: string; detail: string } {
  return { status: 'failed', code: 'health.untrusted-tool', detail: detail.slice(0, 300) };
}
