import { readFileSync } from 'node:fs';
import { nullOnError } from '#platform/windows/quiet.ts';
import type { RecordedAnswers } from '#platform/windows/powershell.ts';

const directory = 'C:\\garrison-answers';
/** Stands in every test build and in no release. */
const marker = 'garrison-test-trust:recorded-answers';

/**
 * Recorded answers for what Wine cannot tell (PowerShell, WMI, signatures, rights), for test builds only: the file
 * `SECTION.json` of one directory of the machine, with `{path}` standing for the path that was asked about. A section
 * without a file is asked of the machine itself. Chosen when the binary is made; a release has nothing of it.
 */
export const recorded: RecordedAnswers = {
  answer: (section, path) => {
    const text = nullOnError(() => readFileSync(`${directory}\\${section}.json`, 'utf8'));
    if (text === null || !marker.startsWith('garrison-test-trust:')) return null;
    const quoted = JSON.stringify(path ?? '').slice(1, -1);
    return JSON.parse(text.replaceAll('{path}', () => quoted)) as unknown;
  },
  makesDirectories: true,
};
