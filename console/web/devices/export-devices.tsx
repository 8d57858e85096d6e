import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { deviceExportRoutes, exportedDevicesMax } from '#console/api/device-export.ts';
import { number } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { saveFile } from '#console/web/parts/save-file.ts';
import { call } from '#console/web/server/client.ts';
import type { BulkFilters } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

/** The devices that are shown, all of them. */
export function ExportDevices({ filters }: { filters: BulkFilters }) {
  const refusal = useRightRefusal('operator');
  const exported = useMutation({
    mutationFn: () => call(deviceExportRoutes.devices, { body: filters }),
    onSuccess: ({ fileName, csv, isCut }) => {
      saveFile(fileName, csv);
      if (isCut) notifications.show({ message: `The file holds the first ${number(exportedDevicesMax)} devices.` });
    },
  });
  return (
    <>
      <ActionButton variant="default" refusal={refusal} loading={exported.isPending} onClick={() => exported.mutate()}>
        Export as CSV
      </ActionButton>
      {exported.isError && <ProblemNotice error={exported.error} />}
    </>
  );
}
