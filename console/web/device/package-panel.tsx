import { Stack, Text } from '@mantine/core';
import { plain } from '#console/web/device-text.ts';
import { bytes } from '#console/web/format.ts';
import { Panel, Quiet } from '#console/web/parts/panel.tsx';
import { targets } from '#console/web/words.ts';
import { packageSources, unsignedFormat } from '#console/web/sentinelone-words.ts';
import type { DeviceReport, SelectionReport } from '#protocol/report.ts';

/** Which package was chosen for this device, and why every other one was not. */
export function PackagePanel({ selection }: { selection: DeviceReport['selection'] }) {
  return (
    <Panel title="Package for this device" at={selection?.observedAt ?? null}>
      {selection === null ? <Quiet>Nothing was chosen yet.</Quiet> : <Choice choice={selection.value} />}
    </Panel>
  );
}

function Choice({ choice }: { choice: SelectionReport }) {
  const { chosen, rejected, help } = choice;
  return (
    <Stack gap="sm">
      {chosen === null ? (
        <Text size="sm" fw={600}>
          No package fits this device.
        </Text>
      ) : (
        <Text size="sm" className="device-text">
          <b>{chosen.version}</b> for {targets[chosen.target]}, {packageSources[chosen.source]},{' '}
          {bytes(chosen.sizeBytes)}: {chosen.fileName}
          {chosen.format === 'deb' && `. ${unsignedFormat}`}
        </Text>
      )}
      {help !== null && plain(help) !== '' && (
        <Text size="sm" className="device-text">
          <b>What would help:</b> {plain(help)}
        </Text>
      )}
      {rejected.length > 0 && (
        <table className="rows" aria-label="Packages that were not chosen">
          <thead>
            <tr>
              <th scope="col">Not chosen</th>
              <th scope="col">Version</th>
              <th scope="col">Made for</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {rejected.map((one) => (
              <tr key={`${one.fileName} ${one.target}`}>
                <td className="device-text">{plain(one.fileName)}</td>
                <td data-label="Version">{plain(one.version)}</td>
                <td data-label="Made for">{targets[one.target]}</td>
                <td data-label="Why" className="device-text">
                  {plain(one.reason)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Stack>
  );
}
