/**
 * What the agent never uses of its packages, left out of the bundle: each row replaces one module by the little that is
 * still asked of it. Measured together: a third of the program's text and several MB at rest.
 */
import type { Plugin } from 'esbuild';

interface Stub {
  /** As it is written in the import. */
  readonly module: RegExp;
  /** Whose imports are meant. */
  readonly importer: RegExp;
  readonly code: string;
  readonly why: string;
}

const axios = /node_modules\/axios\//;

const stubs: readonly Stub[] = [
  {
    module: /^\.\/(xhr|fetch)\.js$/,
    importer: /node_modules\/axios\/lib\/adapters\/adapters\.js$/,
    code: 'export default false; export const getFetch = () => false;',
    why: 'the http adapter is asked for by name; trying out fetch alone loads all of undici',
  },
  {
    module: /^http2$/,
    importer: axios,
    code: 'export default { constants: {}, connect() { throw new Error("HTTP/2 is not in this program"); } };',
    why: 'HTTP/1.1 only',
  },
  {
    module: /^form-data$/,
    importer: axios,
    code: 'export default class FormData {}',
    why: 'no forms are sent; it brings the whole table of media types',
  },
  {
    module: /^debug$/,
    importer: /node_modules\/(https-proxy-agent|follow-redirects)\//,
    code: 'module.exports = () => () => {};',
    why: 'prints requests when the environment says so',
  },
  {
    module: /^assert$/,
    importer: /node_modules\/(https-proxy-agent|follow-redirects)\//,
    code: `module.exports = (holds, message) => { if (!holds) throw new Error(message || 'assertion failed'); };
      module.exports.equal = (a, b, message) => module.exports(a === b, message);`,
    why: 'for four checks, all of its comparing and colouring',
  },
  {
    module: /^readable-stream$/,
    importer: /node_modules\/winston\//,
    code: "module.exports = require('node:stream');",
    why: 'Node has the same streams; the package itself offers to step back for them',
  },
  {
    module: /^readable-stream\/lib\/_stream_writable\.js$/,
    importer: /node_modules\/winston-transport\//,
    code: "module.exports = require('node:stream').Writable;",
    why: 'as above',
  },
  {
    module: /^@dabh\/diagnostics$/,
    importer: /node_modules\/winston\//,
    code: 'module.exports = () => () => {};',
    why: 'prints from inside the logger when the environment says so',
  },
  {
    module: /^\.\/(file|http|stream)$/,
    importer: /node_modules\/winston\/lib\/winston\/transports\/index\.js$/,
    code: 'module.exports = {};',
    why: 'the log goes to the console of the process only',
  },
];

export const lean: Plugin = {
  name: 'lean',
  setup(builder) {
    for (const [index, stub] of stubs.entries()) {
      builder.onResolve({ filter: stub.module }, ({ importer }) =>
        stub.importer.test(importer) ? { path: String(index), namespace: 'stub' } : null,
      );
    }
    builder.onLoad({ filter: /./, namespace: 'stub' }, ({ path }) => ({
      contents: stubs[Number(path)]?.code ?? '',
      loader: 'js',
    }));
  },
};
