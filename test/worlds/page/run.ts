/** Serves the built page over the mock until it is ended: `node test/worlds/page/run.ts [port]`. Sign in as ada. */
import { servePage } from './server.ts';
import { PageWorld } from './world.ts';

const world = new PageWorld();
const server = await servePage(world, 'dist/web', Number(process.argv[2] ?? 4180));
process.stdout.write(`${server.address}  name: ada  password: ${world.password}\n`);
