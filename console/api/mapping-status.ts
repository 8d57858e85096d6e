import * as z from 'zod';

export const mappingStatuses = ['mapped', 'unmapped', 'needs-confirmation'] as const;
export const mappingStatusSchema = z.enum(mappingStatuses);
export type MappingStatus = z.infer<typeof mappingStatusSchema>;
