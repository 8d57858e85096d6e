/** After a whole run: every documented operation of the operator API was answered with success at least once. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { notesDirectory } from '#test/worlds/fleet/documented.ts';

let ran: TestProject | null = null;

export function setup(project: TestProject): void {
  rmSync(notesDirectory, { recursive: true, force: true });
  ran = project;
}

/** Every file of the project, and every test in it: a part of them proves nothing here. */
async function everythingRan(): Promise<boolean> {
  if (ran === null || ran.vitest.config.testNamePattern !== undefined) return false;
  const { testFiles } = await ran.globTestFiles();
  const done = new Set(ran.vitest.state.getFiles().map((file) => file.filepath));
  return testFiles.every((file) => done.has(file));
}

function linesOf(name: string): string[] {
  const path = join(notesDirectory, name);
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

export async function teardown(): Promise<void> {
  if (!(await everythingRan())) return;
  const documented = linesOf('documented.txt');
  const answered = new Set(linesOf('answered.txt'));
  const missing = documented.filter((operation) => !answered.has(operation));
  if (documented.length === 0) throw new Error('no operation of the operator API was called');
  if (missing.length > 0) throw new Error(`documented, and never answered with success:\n${missing.join('\n')}`);
}
