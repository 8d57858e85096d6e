import { Box, Center, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { Brand } from '#console/web/app/brand.tsx';

export function EntryCard({ children }: { children: ReactNode }) {
  return (
    <Center component="main" mih="100vh" p="sm">
      <Stack w="100%" maw={400} gap="lg">
        <Brand size={34} />
        <Box className="panel" p="lg">
          {children}
        </Box>
      </Stack>
    </Center>
  );
}
