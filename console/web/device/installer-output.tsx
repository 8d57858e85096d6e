import { counted } from '#console/web/format.ts';
import { lines } from '#console/web/device-text.ts';
import { IconChevronRight } from '@tabler/icons-react';

/** What the installer printed, as plain text. */
export function InstallerOutput({ output }: { output: string }) {
  const text = lines(output).trimEnd();
  if (text === '') return null;
  return (
    <details className="output-fold">
      <summary>
        <IconChevronRight size={15} className="turn" aria-hidden />
        Output of the installer ({counted(text.split('\n').length, 'line')})
      </summary>
      <pre className="output" tabIndex={0} aria-label="Output of the installer">
        {text}
      </pre>
    </details>
  );
}
