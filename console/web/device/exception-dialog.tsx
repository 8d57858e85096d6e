import { Button, Group, Modal, NumberInput, Radio, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import type { DeviceDetail } from '#console/api/devices.ts';
import { exceptionDaysMax, exceptionRoutes, type Exception } from '#console/api/exceptions.ts';
import { plain } from '#console/web/device-text.ts';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';

interface ExceptionDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly device: DeviceDetail;
  readonly subject: Exception['subject'];
  readonly name: string;
}

const kinds = {
  product: {
    title: (name: string) => `Exception for ${name}`,
    what: 'SentinelOne is then installed beside it. Two products can slow each other down or clash; nothing is removed or changed by the exception.',
    button: 'Add exception',
  },
  probe: {
    title: (name: string) => `Waive the look at ${name}`,
    what: 'SentinelOne is then installed although this look failed: another antivirus that only this look would find stays unseen. The other looks go on, and what they find still counts.',
    button: 'Waive it',
  },
} as const;

export function ExceptionDialog({ opened, onClose, device, subject, name }: ExceptionDialogProps) {
  const client = useQueryClient();
  const [days, setDays] = useState<number | string>(7);
  const [reason, setReason] = useState('');
  const [where, setWhere] = useState<Exception['scope']['kind']>('device');
  const scope: Exception['scope'] =
    where === 'device'
      ? { kind: 'device', deviceId: device.deviceId }
      : { kind: 'organisation', organisationId: device.organisationId };
  const add = useMutation({
    mutationFn: () => call(exceptionRoutes.add, { body: { scope, subject, days: Number(days), reason } }),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ['device'] });
    },
  });
  const words = kinds[subject.kind];
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={words.title(name)}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{words.what}</Text>
          {add.isError && <ProblemNotice error={add.error} />}
          <Radio.Group label="Where" value={where} onChange={(value) => setWhere(value as Exception['scope']['kind'])}>
            <Stack gap={6} mt={4}>
              <Radio value="device" label="On this device" />
              <Radio value="organisation" label={`On all devices of ${plain(device.organisationName)}`} />
            </Stack>
          </Radio.Group>
          <NumberInput
            label="Days"
            description={`At most ${exceptionDaysMax}; it ends by itself`}
            min={1}
            max={exceptionDaysMax}
            value={days}
            onChange={setDays}
            required
            withAsterisk={false}
          />
          <Textarea
            label="Reason"
            description="Kept for the record"
            required
            withAsterisk={false}
            maxLength={500}
            autosize
            minRows={2}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={add.isPending}>
              {words.button}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
