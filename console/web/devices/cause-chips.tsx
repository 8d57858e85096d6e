import { useState } from 'react';
import type { DeviceFacets } from '#console/api/devices.ts';
import { number } from '#console/web/format.ts';
import { causeName } from '#console/web/state-words.ts';

interface CauseChipsProps {
  readonly causes: DeviceFacets['causes'] | undefined;
  readonly chosen: string | undefined;
  readonly choose: (cause: string | undefined) => void;
}

/** More than fit in two lines are shown on demand. */
const shownMax = 8;

/** Why devices need attention, most frequent first; one is pressed to see, retry, move or export those. */
export function CauseChips({ causes, chosen, choose }: CauseChipsProps) {
  const [whole, setWhole] = useState(false);
  const found = causes ?? [];
  const isThere = chosen === undefined || found.some(({ cause }) => cause === chosen);
  const all = isThere ? found : [{ cause: chosen, devices: 0 }, ...found];
  if (all.length === 0) return null;
  const shown = whole ? all : all.filter(({ cause }, index) => index < shownMax || cause === chosen);
  const rest = all.length - shown.length;
  return (
    <div className="chips" role="group" aria-label="Cause">
      <span className="chips-name" aria-hidden>
        Cause
      </span>
      {shown.map(({ cause, devices }) => (
        <button
          key={cause}
          type="button"
          className="chip"
          aria-pressed={chosen === cause}
          onClick={() => choose(chosen === cause ? undefined : cause)}
        >
          {causeName(cause)} <b>{number(devices)}</b>
        </button>
      ))}
      {rest > 0 && (
        <button type="button" className="chip" onClick={() => setWhole(true)}>
          {rest} more
        </button>
      )}
    </div>
  );
}
