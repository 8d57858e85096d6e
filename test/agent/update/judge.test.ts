/** Of one release for every system, each device takes its own program. */
import { expect, it } from 'vitest';
import { judgeUpdate } from '#agent/update/judge.ts';
import type { UpdateOrder } from '#agent/update/order.ts';
import { artifactKinds, releaseTargets } from '#protocol/release.ts';
import { artifact, release } from '#test/worlds/release/release.ts';

const whole = release({
  version: '2.0.0',
  artifacts: releaseTargets.flatMap((target) =>
    artifactKinds.map((kind) => artifact(target, kind, `${target}.${kind}`, Buffer.from(`${target} ${kind}`))),
  ),
});
const order: UpdateOrder = {
  version: '2.0.0',
  manifest: 'f'.repeat(64),
  commandId: 'c',
  downgrade: false,
  expiresAtMs: 1,
  from: '1.0.0',
  phase: 'wanted',
  sha256: null,
  tries: 0,
};

it.each(releaseTargets)('G15: %s takes the program that is made for it, and no package', (target) => {
  const own = { version: '1.0.0', target };
  const given = { order, own, floor: null, failures: [], bootId: 'boot-1' };
  expect(judgeUpdate({ ...given, release: whole })).toMatchObject({ target, kind: 'binary', file: `${target}.binary` });
  const without = whole.artifacts.filter((one) => one.target !== target || one.kind !== 'binary');
  const judge = () => judgeUpdate({ ...given, release: { ...whole, artifacts: without } });
  expect(judge).toThrowError(expect.objectContaining({ code: 'update.no-program' }));
});
