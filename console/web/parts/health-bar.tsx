import type { ShownState } from '#console/api/shown-state.ts';
import { counted } from '#console/web/format.ts';
import { states, statesByWeight, type Tone } from '#console/web/words.ts';

export interface StateCount {
  readonly state: ShownState;
  readonly devices: number;
}

const tones: readonly Tone[] = ['good', 'busy', 'attention', 'bad', 'quiet'];

/** Counts in the order of weight, empty ones left out. */
export function byWeight(counts: readonly StateCount[]): StateCount[] {
  return statesByWeight.flatMap((state) => counts.filter((row) => row.state === state && row.devices > 0));
}

/** Shares of a number of devices; the numbers themselves stand beside it or in its label. */
export function HealthBar({ counts }: { counts: readonly StateCount[] }) {
  const label = byWeight(counts)
    .map((row) => `${states[row.state].name}: ${row.devices}`)
    .join(', ');
  const total = counts.reduce((sum, row) => sum + row.devices, 0);
  if (total === 0) return null;
  return (
    <div className="health-bar" role="img" aria-label={`${counted(total, 'device')}. ${label}`} title={label}>
      {tones.map((tone) => {
        const devices = counts.reduce((sum, row) => sum + (states[row.state].tone === tone ? row.devices : 0), 0);
        return devices > 0 && <div key={tone} className="bar" data-tone={tone} style={{ flexGrow: devices }} />;
      })}
    </div>
  );
}
