import { Fault } from '#protocol/codes.ts';

/** Names that would change what a child loads or where it looks; a recipe that asks for one is a mistake of ours. */
const reserved = /^(?:PATH|HOME|LANG|LC_.*|LD_.*|NODE_.*|IFS|ENV|BASH_ENV|PERL.*|PYTHON.*|RUBY.*|OPENSSL_.*)$/;

export interface EnvironmentParts {
  readonly home: string;
  /** From the local configuration only, never from our own environment. */
  readonly proxy: string | null;
  readonly added?: Readonly<Record<string, string>>;
}

/**
 * A child's environment, built from nothing: what `sudo -E` or a crafted session brings along never reaches it (a
 * foreign HOME makes rpm and dpkg run commands as root).
 */
export function posixEnvironment(parts: EnvironmentParts): Record<string, string> {
  const environment: Record<string, string> = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C',
    LC_ALL: 'C',
    HOME: parts.home,
  };
  if (parts.proxy !== null) {
    for (const name of ['http_proxy', 'https_proxy', 'HTTPS_PROXY']) environment[name] = parts.proxy;
  }
  for (const [name, value] of Object.entries(parts.added ?? {})) {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name) || reserved.test(name) || value.includes('\0')) {
      throw new Fault('agent.defect', `a child's environment must not hold ${JSON.stringify(name)}`);
    }
    environment[name] = value;
  }
  return environment;
}
