import { DataList } from '@mantine/core';
import { plain } from '#console/web/device-text.ts';

/** Names and values; values are device text. Null: not known, left out. `wide`: two columns where there is room. */
export function Pairs({ of, wide = false }: { of: readonly (readonly [string, string | null])[]; wide?: boolean }) {
  return (
    <DataList labelWidth={wide ? 110 : 130} gap={6} {...(wide && { className: 'pairs-wide' })}>
      {of
        .filter((pair): pair is readonly [string, string] => pair[1] !== null && plain(pair[1]) !== '')
        .map(([label, value]) => (
          <DataList.Item key={label}>
            <DataList.ItemLabel>{label}</DataList.ItemLabel>
            <DataList.ItemValue className="device-text">{plain(value)}</DataList.ItemValue>
          </DataList.Item>
        ))}
    </DataList>
  );
}
