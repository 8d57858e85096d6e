/** Words of failure codes for the page. They come from the one table of codes; a few are said otherwise here. */
import { codes, isFaultCode, type FaultCode } from '#protocol/codes.ts';

export interface FaultWords {
  readonly title: string;
  readonly remedy: string;
  /** A defect of ours: asks to be reported. */
  readonly ours: boolean;
}

/** Where the table's words are made for the device's console user and the page has its own. */
const otherwise: Partial<Record<FaultCode, { readonly title?: string; readonly remedy?: string }>> = {
  'assignment.untrusted': { title: 'Instructions with a wrong signature were refused' },
  'assignment.foreign': { title: 'Instructions made for another device or console were refused' },
  'assignment.expired': { title: 'The instructions of the console have expired' },
  'assignment.older': { title: 'Older instructions were refused' },
  'assignment.implausible': { title: 'Instructions numbered far in the future were refused' },
  'assignment.unsupported': { title: 'The console asks for something this Garrison agent cannot do' },
};

/** An unknown code, from a newer device, is shown as it is. */
export function faultWords(fault: { readonly code: string }): FaultWords {
  if (!isFaultCode(fault.code)) {
    return {
      title: `Unknown problem (${fault.code.replace(/[^a-z0-9.-]/gi, '')})`,
      remedy: 'Update the console.',
      ours: false,
    };
  }
  const row = codes[fault.code];
  return { title: row.title, remedy: row.remedy, ...otherwise[fault.code], ours: row.class === 'defect' };
}
