import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { plain } from '#console/web/device-text.ts';

/** Fewer are seen at a glance. */
const worthSearching = 10;

/** Narrows a list that is here whole to the names that hold what is typed. */
export function useFindByName<T>(items: readonly T[], nameOf: (one: T) => string): readonly [ReactNode, readonly T[]] {
  const [typed, setTyped] = useState('');
  const wanted = typed.trim().toLowerCase();
  if (items.length < worthSearching) return [null, items];
  const field = (
    <TextInput
      aria-label="Search by name"
      placeholder="Search by name"
      type="search"
      w={{ base: '100%', xs: 230 }}
      maxLength={100}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  );
  return [field, items.filter((one) => plain(nameOf(one)).toLowerCase().includes(wanted))];
}
