// Stands at the head of the binary's entry. `--version` never gets further than the entry; everything else asks for the
// program, whose parts lie in the binary, each with its code cache, and are compiled only when a command needs them.
// The other clients for the web that Node offers go first: the agent has one, and merely asking for these loads it all.
for (const name of [
  'fetch',
  'FormData',
  'Headers',
  'Request',
  'Response',
  'WebSocket',
  'EventSource',
  'MessageEvent',
  'CloseEvent',
])
  delete globalThis[name];
require = ((builtin) => {
  const loaded = new Map();
  const load = (name) => {
    if (!name.startsWith('./') && name !== 'garrison:program') return builtin(name);
    const part = name.startsWith('./') ? name.slice(2) : 'program.js';
    const known = loaded.get(part);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    loaded.set(part, module);
    const { getRawAsset } = builtin('node:sea');
    const { Script } = builtin('node:vm');
    const cachedData = Buffer.from(getRawAsset(`${part}.cache`));
    const options = { filename: part, ...(cachedData.length === 0 ? {} : { cachedData }) };
    const script = new Script(Buffer.from(getRawAsset(part)).latin1Slice(), options);
    if (script.cachedDataRejected) process.stderr.write('garrison-agent: its code cache is not for this runtime\n');
    script.runInThisContext()(module.exports, load, module);
    return module.exports;
  };
  return load;
})(require);
