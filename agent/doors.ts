import { writeFileSync } from 'node:fs';
import { isSea } from 'node:sea';
import { stopCoverage } from 'node:v8';

/**
 * Variables through which whoever starts us could make the runtime, its TLS or the loader do something else: write
 * profiles, print requests, believe other certificates, skip verification, preload code. The flags baked into the binary
 * already close the debugger, NODE_OPTIONS and the OpenSSL configuration; these have no flag.
 */
const foreign =
  /^(NODE|OPENSSL|SSL|UV|V8|LD|DYLD|MALLOC|GLIBC|GCONV|GETCONF|LOCPATH|NLSPATH|RES|HOSTALIASES|RESOLV)(_|$)/;
const proxies = /^(https?|all|no|npm_config_.*)_proxy$/i;

/** The environment without the variables that steer the runtime; null when there is none of them. */
export function withoutForeign(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv | null {
  const kept = Object.entries(environment).filter(([name]) => !foreign.test(name) && !proxies.test(name));
  return kept.length === Object.keys(environment).length ? null : Object.fromEntries(kept);
}

/**
 * Called first thing by the shipped binary: starts the same program over, in the same process, without such variables.
 * Returns at once when there are none, and when the sources run unbundled (a developer's environment is his own).
 * Where a process cannot be replaced (Windows) it refuses to run.
 */
export function closeRuntimeDoors(): void {
  if (!isSea()) return;
  leaveNothingInCoreDumps();
  const clean = withoutForeign(process.env);
  if (clean === null) return;
  stopCoverage();
  if (typeof process.execve !== 'function') {
    process.stderr.write(
      'garrison-agent: started with variables that steer its runtime (NODE_*, OPENSSL_*); unset them\n',
    );
    process.exit(78);
  }
  process.execve(process.execPath, [process.argv0, ...process.argv.slice(2)], clean);
}

/** Tokens must not reach the disk when the process crashes. Children inherit it; services the init system starts do not. */
function leaveNothingInCoreDumps(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // No such file: not Linux, or a kernel built without core dumps.
  }
}
