import { DataList } from '@mantine/core';
import { plain } from '#console/web/device-text.ts';

/** Names and values; values are device text. Null: not known, left out. */
export function Pairs({ of }: { of: readonly (readonly [string, string | null])[] }) {
  return (
    <DataList labelWidth={130} gap={6}>
      {of
        .filter((pair): pair is readonly [string, string] => pair[1] !== null && pair[1] !== '')
        .map(([label, value]) => (
          <DataList.Item key={label}>
            <DataList.ItemLabel>{label}</DataList.ItemLabel>
            <DataList.ItemValue className="device-text">{plain(value)}</DataList.ItemValue>
          </DataList.Item>
        ))}
    </DataList>
  );
}
