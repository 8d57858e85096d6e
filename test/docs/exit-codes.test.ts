/** The guide's list of exit codes is the table in `agent/exit-codes.ts`, written out. `npx vitest run --project unit test/docs -u` writes it anew. */
import { expect, it } from 'vitest';
import { faultExits, onSystem, outcomeExits } from '#agent/exit-codes.ts';

function page(): string {
  const row = ([name, { code, meaning }]: [string, { readonly code: number; readonly meaning: string }]): string =>
    `| ${code} | ${onSystem(code, 'linux')} | \`${name}\` | ${meaning} |`;
  const head = ['| Windows | Linux, macOS | word in `--json` | what it means |', '|---|---|---|---|'];
  return [
    '# Exit codes of garrison-agent',
    '',
    'Made from `agent/exit-codes.ts`. Linux and macOS have eight bits for an exit code: 3010 and 1618 end there as 194 and 82.',
    '',
    '## `once` and `check`',
    '',
    ...head,
    ...Object.entries(outcomeExits).map(row),
    '',
    '## Every command',
    '',
    '0 is done; 1 is a fault that has no number of its own: its code and what to do stand on standard error.',
    '',
    ...head,
    ...Object.entries(faultExits).map(row),
    '',
  ].join('\n');
}

it('docs/exit-codes.md holds every exit code with its meaning', async () => {
  await expect(page()).toMatchFileSnapshot('../../docs/exit-codes.md');
});
