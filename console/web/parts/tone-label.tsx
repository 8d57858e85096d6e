import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconProgress,
  type Icon,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Tone } from '#console/web/words.ts';

/** A shape for each tone, so that nothing rests on colour alone. */
const icons: Record<Tone, Icon> = {
  good: IconCircleCheck,
  attention: IconAlertTriangle,
  bad: IconCircleX,
  busy: IconProgress,
  quiet: IconCircleDashed,
};

export function ToneIcon({ tone, size = 16 }: { tone: Tone; size?: number }) {
  const Shape = icons[tone];
  return <Shape size={size} stroke={2} aria-hidden />;
}

export function ToneLabel({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className="tone" data-tone={tone}>
      <ToneIcon tone={tone} />
      <span>{children}</span>
    </span>
  );
}
