import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Delivery, NotificationTarget } from '#console/api/notifications.ts';
import { plain } from '#console/web/device-text.ts';
import { counted } from '#console/web/format.ts';
import { Age } from '#console/web/parts/age.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Quiet } from '#console/web/parts/panel.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { deliveriesQuery } from '#console/web/server/notification-queries.ts';
import type { Tone } from '#console/web/words.ts';

const results: Record<NonNullable<Delivery['result']>, { readonly name: string; readonly tone: Tone }> = {
  delivered: { name: 'Arrived', tone: 'good' },
  failed: { name: 'Did not arrive', tone: 'bad' },
  'gave-up': { name: 'Given up', tone: 'bad' },
  dropped: { name: 'Dropped', tone: 'quiet' },
};
const whats: Record<Delivery['what'], string> = { opened: '', again: 'Again: ', closed: 'Ended: ', test: '' };

export function Deliveries({ target, onClose }: { target: NotificationTarget; onClose: () => void }) {
  const deliveries = useQuery(deliveriesQuery(target.targetId));
  return (
    <Dialog onClose={onClose} size="xl" title={`Last deliveries to ${plain(target.name)}`}>
      <Loaded of={deliveries} rows={4}>
        {({ items }) =>
          items.length === 0 ? (
            <Quiet>Nothing was sent yet.</Quiet>
          ) : (
            <table className="rows">
              <thead>
                <tr>
                  <th scope="col">About</th>
                  <th scope="col">Result</th>
                  <th scope="col">Made</th>
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <DeliveryRow key={one.eventId} delivery={one} />
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Dialog>
  );
}

function DeliveryRow({ delivery: { what, about, result, answer, tries, createdAt } }: { delivery: Delivery }) {
  const words = result === null ? { name: 'Waiting', tone: 'busy' as const } : results[result];
  return (
    <tr>
      <td className="device-text">
        {whats[what]}
        {plain(about)}
      </td>
      <td data-label="Result">
        <span>
          <ToneLabel tone={words.tone}>{words.name}</ToneLabel>
          <Text size="sm" c="dimmed">
            {plain(answer)}
            {tries > 1 ? `, ${counted(tries, 'try', 'tries')}` : ''}
          </Text>
        </span>
      </td>
      <td data-label="Made">
        <Age at={createdAt} />
      </td>
    </tr>
  );
}
