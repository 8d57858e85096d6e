/** What can be done with SentinelOne's record of a device from here. Nothing here removes, stops or disables an agent. */
import * as z from 'zod';
import { route } from '#console/api/route.ts';
import { faultRecordSchema } from '#protocol/fault-record.ts';
import { counter, idText, isoTime, shortText } from '#protocol/words.ts';

const params = z.object({ deviceId: idText });
const ofOrganisation = z.object({ organisationId: idText });

const threatSchema = z.object({
  threatId: shortText,
  name: shortText,
  classification: shortText.nullable(),
  confidence: shortText.nullable(),
  mitigation: shortText.nullable(),
  status: shortText.nullable(),
  filePath: shortText.nullable(),
  foundAt: isoTime.nullable(),
  /** Its page in the SentinelOne console. */
  url: z.string().max(400),
});
export type Threat = z.infer<typeof threatSchema>;

/** Why a device that is in another site cannot be moved from here. */
const moveRefusals = [
  /** SentinelOne's record carries another name: it may be somebody else's. */
  'name-differs',
  /** Its site is that of another organisation here. */
  'site-of-another-organisation',
  /** More than one device says it has this agent. */
  'claimed-twice',
] as const;

const elsewhereSchema = z.object({
  deviceId: idText,
  hostname: shortText,
  vendorAgentId: shortText,
  /** As SentinelOne has it. */
  computerName: shortText,
  siteName: shortText.nullable(),
  refusal: z.enum(moveRefusals).nullable(),
});
export type Elsewhere = z.infer<typeof elsewhereSchema>;

export const vendorActionRoutes = {
  /**
   * 409 `request.conflict`: a scan runs already, or none to abort. `sentinelone.permission`: the API token lacks the right.
   * `sentinelone.not-found`: SentinelOne accepted it and reached no agent.
   */
  scan: route({
    method: 'POST',
    path: '/api/devices/:deviceId/vendor-scan',
    access: 'operator',
    params,
    body: z.object({ action: z.enum(['start', 'abort']) }),
    response: null,
  }),

  /** Asked of SentinelOne now: what nobody has resolved there, newest first. */
  threats: route({
    method: 'GET',
    path: '/api/devices/:deviceId/threats',
    access: 'viewer',
    params,
    response: z.object({ items: z.array(threatSchema).max(100), total: counter }),
  }),

  /** SentinelOne has removed the agent; it may be installed again. */
  putBack: route({
    method: 'POST',
    path: '/api/devices/:deviceId/put-back',
    access: 'operator',
    params,
    response: null,
  }),

  /** Devices of the organisation that SentinelOne has in another site than the one chosen. Asked now. */
  elsewhere: route({
    method: 'GET',
    path: '/api/organisations/:organisationId/elsewhere',
    access: 'admin',
    params: ofOrganisation,
    response: z.object({ siteName: shortText.nullable(), items: z.array(elsewhereSchema).max(5000) }),
  }),

  /** Moves exactly these into the site of their organisation; each has its own result. */
  move: route({
    method: 'POST',
    path: '/api/organisations/:organisationId/elsewhere',
    access: 'admin',
    fresh: true,
    params: ofOrganisation,
    body: z.object({ deviceIds: z.array(idText).min(1).max(200) }),
    response: z.object({
      items: z.array(z.object({ deviceId: idText, moved: z.boolean(), fault: faultRecordSchema.nullable() })).max(200),
    }),
  }),
};
