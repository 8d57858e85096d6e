/**
 * Makes a release key: `npm run release:key -- FILE`. The file is for you alone and belongs on a machine that is not connected;
 * what is printed goes into `protocol/release/trust.release.ts`. Make two, and keep the spare elsewhere.
 */
import { writeFileSync } from 'node:fs';
import { generateSigningKey } from '#protocol/crypto.ts';
import { writeReleaseKey } from './build/release-key.ts';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: npm run release:key -- FILE');
const pair = generateSigningKey();
writeFileSync(file, writeReleaseKey(pair), { flag: 'wx', mode: 0o600 });
process.stdout.write(`${pair.publicKey}\n`);
