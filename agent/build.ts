/** What is known about the binary this code runs in; baked in by the bundler. */
export interface Build {
  /** Semantic version; `+test-trust` at its end says that the build believes stand-in publishers. */
  readonly version: string;
  /** Commit it was made from, with `-dirty` when the tree differed; `unknown` outside a repository. */
  readonly commit: string;
  /** SHA-256 over everything that went in: sources, packages, runtime, flavour. */
  readonly inputs: string;
  /** System and architecture it was made for: "linux-x64". */
  readonly target: string;
  /** Version of the runtime inside, without a leading v. */
  readonly runtime: string;
}

declare const __GARRISON_BUILD__: Build | undefined;

const fromSources: Build = {
  version: '0.0.0-sources',
  commit: 'unknown',
  inputs: 'unknown',
  target: 'sources',
  runtime: process.versions.node,
};

/** Which build this is, for whoever holds two of the same version. */
export function buildText(of: Build): string {
  return `garrison-agent ${of.version} (${of.target}, commit ${of.commit.slice(0, 12)}, inputs ${of.inputs.slice(0, 12)})`;
}

export const build: Build = typeof __GARRISON_BUILD__ === 'undefined' ? fromSources : __GARRISON_BUILD__;
