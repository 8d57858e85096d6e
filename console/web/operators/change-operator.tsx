import { Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { operatorManagementRoutes, type ManagedOperator } from '#console/api/operators.ts';
import { plain } from '#console/web/device-text.ts';
import { GrantFields, type Grant } from '#console/web/operators/grant-fields.tsx';
import { ButtonRow } from '#console/web/parts/button-row.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { operatorsQuery } from '#console/web/server/operator-queries.ts';

export function ChangeOperator({ operator, onClose }: { operator: ManagedOperator; onClose: () => void }) {
  const client = useQueryClient();
  const { operatorId, name } = operator;
  const [grant, setGrant] = useState<Grant>({
    role: operator.role ?? 'viewer',
    // Who has no role yet gets nothing by a default.
    organisationIds: operator.role === null ? [] : operator.organisationIds,
  });
  const change = useMutation({
    mutationFn: () => call(operatorManagementRoutes.change, { params: { operatorId }, body: grant }),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: operatorsQuery.queryKey });
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Dialog onClose={onClose} title={`What ${plain(name)} may do`}>
      <form onSubmit={submit}>
        <Stack>
          {change.isError && <ProblemNotice error={change.error} />}
          <GrantFields grant={grant} onChange={setGrant} />
          <Text size="sm" c="dimmed">
            {plain(name)} is signed out everywhere and signs in again with the new rights. API keys lose what is taken
            away.
          </Text>
          <ButtonRow onCancel={onClose} submit="Change" busy={change.isPending} />
        </Stack>
      </form>
    </Dialog>
  );
}
