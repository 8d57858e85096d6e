import { Text } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import type { PackageRow } from '#console/api/packages.ts';
import { plain } from '#console/web/device-text.ts';
import { publisherWords } from '#console/web/sentinelone-words.ts';

/** Who must have signed it, and what the file is known by; whole, so that it can be compared. */
export function PackageProofs({ row }: { row: PackageRow }) {
  const { who, how } = publisherWords(row.publisher);
  const digests = [
    ['SHA-256', row.sha256],
    ['SHA-1', row.sha1],
  ].filter((one): one is [string, string] => one[1] !== null);
  return (
    <>
      {who !== null && (
        <Text size="xs" c="dimmed" className="device-text">
          {`Publisher: ${who}`}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {how}
      </Text>
      {digests.length > 0 && (
        <details className="output-fold">
          <summary>
            <IconChevronRight size={14} className="turn" aria-hidden />
            {`Checksums of ${row.fileName === '' ? row.version : plain(row.fileName)}`}
          </summary>
          {digests.map(([name, value]) => (
            <Text key={name} size="xs" className="device-text monospace">{`${name} ${value}`}</Text>
          ))}
        </details>
      )}
    </>
  );
}
