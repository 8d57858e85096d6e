import { scripts } from '#test/worlds/host/installer.ts';
import { survives } from '#test/agent/kill.ts';

survives({ name: 'an install whose children do the work', scripts: [scripts.children], starts: 1, losses: ['part'] });
