import { run } from '../build/run.ts';
import { root } from '../build/runtime.ts';

/** Time of what goes into packages, in seconds since 1970: that of the newest commit; outside a checkout (a source archive) a fixed day. */
export function commitSeconds(): number {
  try {
    return Number(run('git', ['log', '-1', '--format=%ct'], { cwd: root }).trim());
  } catch {
    return 1_767_225_600;
  }
}
