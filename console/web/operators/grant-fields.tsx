import { Checkbox, MultiSelect, NativeSelect, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Operator } from '#console/api/session.ts';
import { plain } from '#console/web/device-text.ts';
import { roleChoices } from '#console/web/operators/operator-words.ts';
import { organisationsQuery } from '#console/web/server/queries.ts';
import { useOperator } from '#console/web/server/session.ts';

export interface Grant {
  readonly role: Operator['role'];
  readonly organisationIds: string[] | null;
}

const order = roleChoices.map((one) => one.value);

/** Role and organisations: what the one who gives them has, at most. */
export function GrantFields({ grant, onChange }: { grant: Grant; onChange: (grant: Grant) => void }) {
  const giver = useOperator();
  const organisations = useQuery(organisationsQuery).data?.items ?? [];
  const most = order.indexOf(giver?.role ?? 'viewer');
  const mayAll = giver?.organisationIds === null;
  return (
    <Stack gap="sm">
      <NativeSelect
        label="Role"
        value={grant.role}
        onChange={(event) => {
          const role = order.find((one) => one === event.currentTarget.value);
          if (role !== undefined) onChange({ ...grant, role });
        }}
        data={roleChoices.slice(0, most + 1).map((one) => ({ ...one }))}
      />
      <Checkbox
        label="All organisations, also those that come later"
        checked={grant.organisationIds === null}
        disabled={!mayAll}
        onChange={(event) => onChange({ ...grant, organisationIds: event.currentTarget.checked ? null : [] })}
      />
      {grant.organisationIds !== null && (
        <MultiSelect
          label="Organisations"
          description="Only these are seen; everything else is as if it did not exist."
          searchable
          comboboxProps={{ withinPortal: true, zIndex: 500 }}
          value={grant.organisationIds}
          onChange={(organisationIds) => onChange({ ...grant, organisationIds })}
          data={organisations.map((one) => ({ value: one.organisationId, label: plain(one.name) }))}
        />
      )}
    </Stack>
  );
}
