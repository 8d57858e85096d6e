/** Asks the real Linux platform one question in a process of its own and prints the answer: `ask.ts METHOD JSON-ARGS`. */
import { fileURLToPath } from 'node:url';
import { linuxPlatform } from '#platform/linux/index.ts';

const [method = '', args = '[]', scratch = '/run/garrison-test'] = process.argv.slice(2);
const platform = linuxPlatform({
  selfCommand: { program: process.execPath, args: [fileURLToPath(new URL('./shim-stand-in.ts', import.meta.url))] },
  scratchDirectory: scratch,
  expectedUid: 0,
  trustedRoot: scratch.slice(0, scratch.lastIndexOf('/')),
});
const target: unknown = Reflect.get(platform, method);
if (typeof target !== 'function') throw new Error(`no method ${method}`);
const answer: unknown = await Reflect.apply(target, platform, JSON.parse(args) as unknown[]);
process.stdout.write(JSON.stringify(answer ?? null));
