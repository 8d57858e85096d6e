/** A filter as the page names it, as the store understands it. Pure. */
import type { AskedFilter } from '#console/api/devices.ts';
import type { DeviceFilter } from '#console/store/devices/device-filter.ts';

export function deviceFilterOf({ silentHours, ...asked }: AskedFilter, nowMs: number): DeviceFilter {
  return silentHours === undefined ? asked : { ...asked, silentBeforeMs: nowMs - silentHours * 3_600_000 };
}
