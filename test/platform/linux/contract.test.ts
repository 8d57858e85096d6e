import { platformContract } from '#test/platform/platform.contract.ts';
import { linuxWorld } from '#test/platform/linux/world.ts';

platformContract('the Linux platform', linuxWorld);
