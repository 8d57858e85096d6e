import type { RecordedAnswers } from '#platform/windows/powershell.ts';

/** A shipped binary asks the machine itself, always. */
export const recorded: RecordedAnswers = { answer: () => null, makesDirectories: false };
