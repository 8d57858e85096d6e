// Stands at the head of the binary's entry. `--version` never gets further than the entry; everything else asks for the
// program, which lies beside it in the binary with its code cache and is compiled only then.
require = ((builtin) => {
  let program;
  return (name) => {
    if (name !== 'garrison:program') return builtin(name);
    if (program !== undefined) return program;
    const { getRawAsset } = builtin('node:sea');
    const { Script } = builtin('node:vm');
    const cachedData = Buffer.from(getRawAsset('program-cache'));
    const options = { filename: 'garrison-agent', ...(cachedData.length === 0 ? {} : { cachedData }) };
    const script = new Script(Buffer.from(getRawAsset('program')).latin1Slice(), options);
    if (script.cachedDataRejected) process.stderr.write('garrison-agent: its code cache is not for this runtime\n');
    const module = { exports: {} };
    script.runInThisContext()(module.exports, builtin, module);
    program = module.exports;
    return program;
  };
})(require);
