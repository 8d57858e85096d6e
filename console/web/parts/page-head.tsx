import { Anchor, Box, Breadcrumbs, Group, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';

interface PageHeadProps {
  readonly title: string;
  readonly trail?: readonly { readonly label: string; readonly to: string }[];
  readonly below?: ReactNode;
  readonly aside?: ReactNode;
}

export function PageHead({ title, trail = [], below, aside }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · Garrison`;
  }, [title]);
  return (
    <Box component="header">
      {trail.length > 0 && (
        <Breadcrumbs component="nav" aria-label="Where you are" mb={6} separatorMargin={6} fz="sm">
          {trail.map((step) => (
            <Anchor key={step.to} component={Link} to={step.to} size="sm">
              {step.label}
            </Anchor>
          ))}
          <Text size="sm" c="dimmed" className="device-text" aria-current="page">
            {title}
          </Text>
        </Breadcrumbs>
      )}
      <Group justify="space-between" align="flex-start" gap="sm">
        <Box miw={0}>
          <Title order={1} className="device-text">
            {title}
          </Title>
          {below}
        </Box>
        {aside}
      </Group>
    </Box>
  );
}
