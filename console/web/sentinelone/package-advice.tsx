import { Alert, Text } from '@mantine/core';
import type { PackageList } from '#console/api/packages.ts';
import { packageAdvice } from '#console/web/sentinelone-words.ts';
import { targets } from '#console/web/words.ts';

/** What somebody should do about a target, in words. */
export function PackageAdvice({ row }: { row: PackageList['targets'][number] }) {
  if (row.advice === null) return null;
  const { title, remedy } = packageAdvice[row.advice];
  const newest =
    row.newestGa === null ? 'SentinelOne lists no GA version' : `The newest GA version listed is ${row.newestGa}`;
  return (
    <Alert variant="outline" color="yellow" c="inherit" title={title} mx="md" mb="sm" aria-label={targets[row.target]}>
      <Text size="sm">{remedy}</Text>
      {row.advice !== 'fetch' && row.advice !== 'nothing-known' && <Text size="sm">{newest}.</Text>}
    </Alert>
  );
}
