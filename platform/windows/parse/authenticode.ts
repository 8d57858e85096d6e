/** What Get-AuthenticodeSignature says, held against the pinned publishers. */
import type { SignatureVerdict } from '#platform/platform.ts';
import { organisationOf } from '#platform/windows/parse/distinguished-name.ts';
import { isObject, wordOf } from '#platform/windows/parse/powershell.ts';

/**
 * Valid, inside the file itself (a catalogue of the system speaks for other files), and by exactly a pinned organisation.
 * `Status` is a constant of .NET.
 */
export function judgeAuthenticode(value: unknown, organisations: readonly string[]): SignatureVerdict {
  if (!isObject(value)) return { status: 'failed', detail: 'the signature was not described as expected' };
  const status = wordOf(value['status']);
  const type = wordOf(value['type']);
  const subject = typeof value['subject'] === 'string' ? value['subject'] : '';
  switch (status) {
    case 'Valid':
      break;
    case 'NotSigned':
    case 'NotSupportedFileFormat':
      return { status: 'unsigned', detail: 'the file carries no signature' };
    case 'HashMismatch':
      return { status: 'altered', detail: `the file is not what ${subject.slice(0, 200)} signed` };
    case 'NotTrusted':
    case 'UnknownError':
    case 'Incompatible':
      return { status: 'untrusted', detail: `the signature does not hold on this machine (${status})` };
    default:
      return { status: 'failed', detail: `the signature was judged as ${JSON.stringify(status)}` };
  }
  if (type !== '' && type !== 'Authenticode')
    return { status: 'untrusted', detail: `the file itself is not signed (${type})` };
  const organisation = organisationOf(subject);
  if (organisation === null)
    return { status: 'untrusted', detail: `the signer names no organisation: ${subject.slice(0, 200)}` };
  if (organisations.includes(organisation)) return { status: 'trusted', publisher: organisation };
  return { status: 'untrusted', detail: `signed by ${JSON.stringify(organisation)}, which this build does not trust` };
}
