import { writeFileSync } from 'node:fs';
import { isSea } from 'node:sea';
import { stopCoverage } from 'node:v8';
import { startOver } from '#platform/restart.ts';

/**
 * Variables through which whoever starts us could make the runtime, its TLS or the loader do something else: write
 * profiles, print requests, believe other certificates, skip verification, preload code. The flags baked into the binary
 * already close the debugger, NODE_OPTIONS and the OpenSSL configuration; these have no flag.
 */
/** In any case of letters: Windows does not tell upper from lower in names. */
const foreign =
  /^(NODE|OPENSSL|SSL|UV|V8|LD|DYLD|MALLOC|GLIBC|GCONV|GETCONF|LOCPATH|NLSPATH|RES|HOSTALIASES|RESOLV)(_|$)/i;
const proxies = /^(https?|all|no|npm_config_.*)_proxy$/i;

/** The environment without the variables that steer the runtime; null when there is none of them. */
export function withoutForeign(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv | null {
  const kept = Object.entries(environment).filter(([name]) => !foreign.test(name) && !proxies.test(name));
  return kept.length === Object.keys(environment).length ? null : Object.fromEntries(kept);
}

/**
 * Called first thing by the shipped binary: starts the same program over without such variables, in the same process
 * where that can be replaced. Where it cannot (Windows) a second process does the work and the first one waits: companies
 * set such variables for whole machines, and refusing would keep the agent from starting there at all. `handed-over`:
 * the caller has nothing left to do. `open` at once when there are none of them, and when the sources run unbundled (a
 * developer's environment is his own).
 */
export function closeRuntimeDoors(): 'open' | 'handed-over' {
  if (!isSea()) return 'open';
  leaveNothingInCoreDumps();
  const clean = withoutForeign(process.env);
  if (clean === null) return 'open';
  stopCoverage();
  const args = process.argv.slice(2);
  replaceProcess(args, clean);
  startOver(args, clean);
  return 'handed-over';
}

/** Returns only where the system cannot do it; the runtime has the call there too, and throws. */
function replaceProcess(args: readonly string[], environment: NodeJS.ProcessEnv): void {
  try {
    process.execve?.(process.execPath, [process.argv0, ...args], environment);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM'))
      throw error;
  }
}

/** Tokens must not reach the disk when the process crashes. Children inherit it; services the init system starts do not. */
function leaveNothingInCoreDumps(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // No such file: not Linux, or a kernel built without core dumps.
  }
}
