import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { operatorManagementRoutes, type ManagedOperator } from '#console/api/operators.ts';
import { plain } from '#console/web/device-text.ts';
import { LinkShown } from '#console/web/operators/create-operator.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { operatorsQuery } from '#console/web/server/operator-queries.ts';

export type OperatorAct = 'link' | 'reset-second-factor' | 'disable' | 'allow' | 'remove';

interface ActWords {
  readonly title: (name: string) => string;
  readonly says: string;
  readonly button: string;
  readonly harsh?: true;
}

const words: Record<OperatorAct, ActWords> = {
  link: {
    title: (name) => `New set-up link for ${name}`,
    says: 'After a forgotten password. The old password fits until the link is used; an earlier link is dead at once.',
    button: 'Make a set-up link',
  },
  'reset-second-factor': {
    title: (name) => `Reset the second factor of ${name}`,
    says: 'After a lost telephone. The password alone lets in until a new authenticator is set up; recovery codes go too. Make sure that it is really this person who asks.',
    button: 'Reset the second factor',
    harsh: true,
  },
  disable: {
    title: (name) => `Disable ${name}`,
    says: 'Signed out everywhere at once; all API keys of this operator are revoked for good.',
    button: 'Disable',
    harsh: true,
  },
  allow: {
    title: (name) => `Allow ${name} again`,
    says: 'The password and the role are the same as before. Revoked API keys stay revoked.',
    button: 'Allow again',
  },
  remove: {
    title: (name) => `Remove ${name}`,
    says: 'Signed out everywhere at once; API keys are revoked for good. What was done stays in the record.',
    button: 'Remove',
    harsh: true,
  },
};

async function perform(act: OperatorAct, operatorId: string) {
  const params = { operatorId };
  if (act === 'link') return call(operatorManagementRoutes.renewSetUpLink, { params });
  if (act === 'reset-second-factor') await call(operatorManagementRoutes.resetSecondFactor, { params });
  else if (act === 'remove') await call(operatorManagementRoutes.remove, { params });
  else await call(operatorManagementRoutes.setDisabled, { params, body: { disabled: act === 'disable' } });
  return null;
}

interface ConfirmOperatorChangeProps {
  readonly operator: ManagedOperator;
  readonly act: OperatorAct;
  readonly onClose: () => void;
}

export function ConfirmOperatorChange({ operator, act, onClose }: ConfirmOperatorChangeProps) {
  const client = useQueryClient();
  const { title, says, button, harsh } = words[act];
  const name = plain(operator.name);
  const change = useMutation({
    mutationFn: () => perform(act, operator.operatorId),
    onSuccess: async (link) => {
      if (link === null) onClose();
      await client.invalidateQueries({ queryKey: operatorsQuery.queryKey });
    },
  });
  if (change.data) return <LinkShown title={title(name)} link={change.data} onClose={onClose} />;
  return (
    <Dialog onClose={onClose} title={title(name)}>
      <Stack>
        {change.isError && <ProblemNotice error={change.error} />}
        <Text size="sm">{says}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button {...(harsh === true && { color: 'red' })} loading={change.isPending} onClick={() => change.mutate()}>
            {button}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
