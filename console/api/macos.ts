/** What a Mac needs besides the package: rights that only its owner or an MDM server can give. */
import * as z from 'zod';
import { route } from '#console/api/route.ts';
import { longText, shortText } from '#protocol/words.ts';

/** The profile itself, as an attachment. Served beside the API, since it is no JSON. */
export const macosProfilePath = '/api/macos-profile';

const stepSchema = z.object({ title: shortText, where: longText, what: longText });

export const macosRoutes = {
  /** For a Mac that no MDM server manages. */
  steps: route({
    method: 'GET',
    path: '/api/macos-steps',
    access: 'viewer',
    response: z.object({ items: z.array(stepSchema).max(20) }),
  }),
};
