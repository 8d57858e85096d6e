import { Group, Text } from '@mantine/core';

export function Brand({ size = 26 }: { size?: number }) {
  return (
    <Group gap={9} wrap="nowrap">
      <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
        <path fill="#2f62ad" d="M4 4h6v4h3V4h6v4h3V4h6v13c0 6-5 9.500-12 12C9 26.500 4 23 4 17z" />
        <path
          fill="none"
          stroke="#fff"
          strokeWidth="3"
          strokeLinecap="round"
          strokeLinejoin="round"
          d="m11 17 4 4 7-8"
        />
      </svg>
      <Text fw={680} fz={size > 26 ? 'xl' : 'lg'}>
        Garrison
      </Text>
    </Group>
  );
}
