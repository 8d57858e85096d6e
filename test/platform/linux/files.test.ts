import { linuxWorld } from '#test/platform/linux/world.ts';
import { posixFilesContract } from '#test/platform/posix/files.contract.ts';

posixFilesContract('the Linux platform', { swapped: 'reached' }, async () => {
  const world = await linuxWorld();
  return { files: world.platform.files, root: world.root, cleanup: () => world.cleanup() };
});
