/** Failed scripts of packages in the words of dpkg (old and new), rpm, dnf, yum and dnf5. Pure. */

export interface ScriptFailure {
  /** Whether it is the vendor's package; another package's failure is the system's trouble. */
  readonly own: boolean;
  readonly packageName: string | null;
  readonly status: number | null;
  readonly signal: string | null;
}

const ownNames = ['sentinelagent', 'SentinelAgent'];

/** All failures named in the output, in order. A script nobody is named for counts as the vendor's: it is what we ran. */
export function scriptFailures(output: string): readonly ScriptFailure[] {
  return [...dpkgFailures(output), ...rpmFailures(output)];
}

/**
 * dpkg ≥ 1.19: "new sentinelagent package pre-installation script subprocess returned error exit status 102";
 * older: "subprocess new pre-installation script returned error exit status 102" below the line that names the package.
 */
function dpkgFailures(output: string): ScriptFailure[] {
  const failures: ScriptFailure[] = [];
  let processed: string | null = null;
  for (const line of output.split(/\r?\n/)) {
    processed = /error processing package ([a-z0-9][a-z0-9+.-]*)(?::\w+)? /.exec(line)?.[1] ?? processed;
    if (/error processing archive /.test(line)) processed = null;
    const ending = /(?:returned error exit status (\d{1,3})|was killed by signal \(([^)]{1,40})\))/.exec(line);
    if (ending === null || !/\b(?:pre|post)-installation script\b/.test(line)) continue;
    const named = /(?:new|installed) (\S+) package (?:pre|post)-installation script/.exec(line)?.[1] ?? processed;
    failures.push(failureOf(named?.replace(/:\w+$/, '') ?? null, ending[1], ending[2]));
  }
  return failures;
}

/**
 * rpm: "error: %prein(SentinelAgent-24.2.2.20-1.x86_64) scriptlet failed, exit status 102" (a warning for %post), in older
 * ones %pre; dnf and yum repeat it as "Error in PREIN scriptlet in rpm package SentinelAgent", without a number.
 */
function rpmFailures(output: string): ScriptFailure[] {
  const numbered = output.matchAll(
    /%(?:pre|prein|post|postin|posttrans|pretrans)\(([^)\s]{1,200})\) scriptlet failed, (?:exit status (\d{1,3})|signal (\d{1,3}))/g,
  );
  const failures = [...numbered].map((match) => failureOf(match[1] ?? null, match[2], match[3]));
  if (failures.length > 0) return failures;
  const bare = output.matchAll(
    /(?:Error|Non-fatal \w+ scriptlet failure) in (?:PREIN |POSTIN )?(?:scriptlet in )?rpm package (\S{1,200})/g,
  );
  return [...bare].map((match) => failureOf(match[1] ?? null, undefined, undefined));
}

function failureOf(packageName: string | null, status: string | undefined, signal: string | undefined): ScriptFailure {
  return {
    own: packageName === null || ownNames.some((name) => packageName === name || packageName.startsWith(`${name}-`)),
    packageName,
    status: status === undefined ? null : Number(status),
    signal: signal ?? null,
  };
}
