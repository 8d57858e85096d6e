import { expect, test } from 'vitest';
import { bundle, testMarker, type Flavour } from '../../scripts/build/bundle.ts';

/** Everything that would go into the binary, as text. */
async function textOf(trust: Flavour): Promise<string> {
  const { code, parts } = await bundle({ target: 'windows-x64', trust, testKeys: null });
  return [code, ...Object.values(parts)].join('\n');
}

test('G4: recorded answers of Windows stand in a test build, marked, and in no release', async () => {
  const [release, made] = [await textOf('release'), await textOf('test')];
  for (const part of ['garrison-answers', `${testMarker}recorded-answers`]) {
    expect(made).toContain(part);
    expect(release).not.toContain(part);
  }
  expect(release).toContain('Get-AuthenticodeSignature');
}, 60_000);
