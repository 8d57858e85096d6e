import { Skeleton, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';

interface Reading<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

/** Each part of a page waits and fails alone. What was read before stays on the screen while a renewal fails. */
export function Loaded<T>({
  of,
  rows = 3,
  children,
}: {
  of: Reading<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  if (of.data !== undefined) return children(of.data);
  if (of.error !== null) return <ProblemNotice error={of.error} onRetry={() => void of.refetch()} />;
  return (
    <Stack gap="xs" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={22} width={`${92 - index * 9}%`} />
      ))}
    </Stack>
  );
}
