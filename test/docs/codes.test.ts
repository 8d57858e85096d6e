/** The guide's list of codes is the table in `protocol/codes`, written out. `npx vitest run --project unit test/docs -u` writes it anew. */
import { expect, it } from 'vitest';
import { codes, faultCodes } from '#protocol/codes.ts';

const classes = {
  transient: 'It is tried again by itself, later and later.',
  condition: 'It goes on by itself as soon as what it waits for is there.',
  permanent: 'Somebody has to act; afterwards it goes on by itself, or with *Retry install*.',
  defect: 'Our fault. Please report it, with the output of `garrison-agent plan --json`.',
} as const;

function page(): string {
  const parts = Object.entries(classes).map(([kind, meaning]) => {
    const rows = faultCodes
      .filter((code) => codes[code].class === kind)
      .toSorted()
      .map((code) => `| \`${code}\` | ${codes[code].title} | ${codes[code].remedy} |`);
    return [`## ${kind}`, '', meaning, '', '| code | what it means | what to do |', '|---|---|---|', ...rows, ''].join(
      '\n',
    );
  });
  const head =
    'Every code that agent and console name, on the page, in `--json` and in logs. Made from `protocol/codes/`.';
  return `# Codes\n\n${head}\n\n${parts.join('\n')}`;
}

it('docs/codes.md holds every code with its title and remedy', async () => {
  expect(faultCodes.length).toBeGreaterThan(100);
  await expect(page()).toMatchFileSnapshot('../../docs/codes.md');
});
