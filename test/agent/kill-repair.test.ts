import { scripts } from '#test/worlds/host/installer.ts';
import { survives } from '#test/agent/kill.ts';

survives({
  name: 'an install that needs the repair',
  scripts: [scripts.half, scripts.works],
  starts: 2,
  losses: ['part'],
});
