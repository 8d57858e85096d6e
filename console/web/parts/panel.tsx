import { Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Age } from '#console/web/parts/age.tsx';

interface PanelProps {
  readonly title: string;
  /** When what it shows was measured. */
  readonly at?: string | null;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  /** Rows reach the edges. */
  readonly flush?: boolean;
}

/** One section of a page. */
export function Panel({ title, at, aside, children, flush = false }: PanelProps) {
  return (
    <section className="panel" aria-label={title}>
      <Group className="panel-head" justify="space-between" gap="xs">
        <Title order={2}>{title}</Title>
        <Group gap="sm">
          {typeof at === 'string' && <Age at={at} before="measured " size="xs" />}
          {aside}
        </Group>
      </Group>
      <div className={flush ? 'panel-flush' : 'panel-body'} style={flush ? { paddingTop: 8 } : undefined}>
        {children}
      </div>
    </section>
  );
}

export function Quiet({ children }: { children: ReactNode }) {
  return (
    <Text c="dimmed" size="sm">
      {children}
    </Text>
  );
}
