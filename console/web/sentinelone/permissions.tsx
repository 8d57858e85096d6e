import { IconChevronRight } from '@tabler/icons-react';
import type { Connection } from '#console/api/connections.ts';
import { plain } from '#console/web/device-text.ts';
import { counted } from '#console/web/format.ts';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import type { Tone } from '#console/web/words.ts';

type Permission = Connection['permissions'][number];

function signOf({ granted, required, neededFor }: Permission): { tone: Tone; text: string } {
  if (granted === true) return { tone: 'good', text: 'granted' };
  if (granted === null) return { tone: 'quiet', text: 'could not tell' };
  if (required) return { tone: 'bad', text: 'missing' };
  return neededFor === null
    ? { tone: 'quiet', text: 'missing, not used here' }
    : { tone: 'attention', text: 'missing, optional' };
}

export function Permissions({ permissions }: { permissions: readonly Permission[] }) {
  if (permissions.length === 0) return null;
  const missing = permissions.filter((one) => one.granted === false && one.neededFor !== null).length;
  return (
    <details open={missing > 0}>
      <summary>
        <IconChevronRight size={16} className="turn" aria-hidden />
        Permissions of the API token ({missing > 0 ? `${missing} missing` : counted(permissions.length, 'permission')})
      </summary>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Permission</th>
            <th scope="col">Needed for</th>
            <th scope="col">State</th>
            <th scope="col">How that is known</th>
          </tr>
        </thead>
        <tbody>
          {permissions.map((one) => (
            <tr key={one.permission}>
              <td>{plain(one.permission)}</td>
              <td data-label="Needed for">{one.neededFor === null ? 'not used here' : plain(one.neededFor)}</td>
              <td data-label="State">
                <ToneLabel tone={signOf(one).tone}>{signOf(one).text}</ToneLabel>
              </td>
              <td data-label="How that is known" className="device-text">
                {plain(one.how)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
