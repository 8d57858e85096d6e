/** The devices of a shown filter as a table. */
import * as z from 'zod';
import { deviceFilters } from '#console/api/devices.ts';
import { route } from '#console/api/route.ts';
import { shownStateSchema } from '#console/api/shown-state.ts';
import { counter, shortText } from '#protocol/words.ts';

export const exportedDevicesMax = 100_000;

export const deviceExportRoutes = {
  /** In the order of their names, at most `exportedDevicesMax`, in cells that no spreadsheet takes for formulas. */
  devices: route({
    method: 'POST',
    path: '/api/device-export',
    access: 'operator',
    body: z.object({ ...deviceFilters, state: shownStateSchema.optional() }),
    response: z.object({
      rows: counter,
      /** Whether devices were left out. */
      isCut: z.boolean(),
      fileName: shortText,
      csv: z.string().max(100_000_000),
    }),
  }),
};
