import type { DeviceCounts } from '#console/api/devices.ts';
import type { ShownState } from '#console/api/shown-state.ts';
import { number } from '#console/web/format.ts';
import { byWeight } from '#console/web/parts/health-bar.tsx';
import { states } from '#console/web/words.ts';

interface StateChipsProps {
  readonly counts: DeviceCounts | undefined;
  readonly chosen: ShownState | undefined;
  readonly choose: (state: ShownState | undefined) => void;
}

/** One filter for each state that devices are in, with how many under the other filters. */
export function StateChips({ counts, chosen, choose }: StateChipsProps) {
  const rows = byWeight(counts?.counts ?? []);
  const isShown = chosen === undefined || rows.some((row) => row.state === chosen);
  const all = isShown ? rows : [{ state: chosen, devices: 0 }, ...rows];
  return (
    <div className="chips" role="group" aria-label="State">
      <button type="button" className="chip" aria-pressed={chosen === undefined} onClick={() => choose(undefined)}>
        All {counts && number(counts.devices)}
      </button>
      {all.map((row) => (
        <button
          key={row.state}
          type="button"
          className="chip"
          aria-pressed={chosen === row.state}
          onClick={() => choose(chosen === row.state ? undefined : row.state)}
        >
          <span className="dot" data-tone={states[row.state].tone} aria-hidden />
          {states[row.state].name} <b>{number(row.devices)}</b>
        </button>
      ))}
    </div>
  );
}
