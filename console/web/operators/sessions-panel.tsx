import { Button, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { accountRoutes, type OperatorSession } from '#console/api/account.ts';
import { plain } from '#console/web/device-text.ts';
import { browserName } from '#console/web/operators/browser-name.ts';
import { Age } from '#console/web/parts/age.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { sessionsQuery } from '#console/web/server/operator-queries.ts';

/** Who is signed in where; own sessions, or those of everybody the administrator manages. */
export function SessionsPanel({ everybody }: { everybody: boolean }) {
  const client = useQueryClient();
  const sessions = useQuery(sessionsQuery(everybody));
  const end = useMutation({
    mutationFn: (sessionId: string) => call(accountRoutes.endSession, { params: { sessionId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['operators'] }),
  });
  return (
    <Panel title={everybody ? 'Signed in now' : 'Where you are signed in'} flush>
      {end.isError && <ProblemNotice error={end.error} />}
      <Loaded of={sessions} rows={2}>
        {({ items }) => (
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">{everybody ? 'Operator' : 'Browser'}</th>
                {everybody && <th scope="col">Browser</th>}
                <th scope="col">Address</th>
                <th scope="col">Signed in</th>
                <th scope="col">Last used</th>
                <th scope="col">
                  <span className="sr-only">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((session) => (
                <SessionRow
                  key={session.sessionId}
                  session={session}
                  everybody={everybody}
                  end={() => end.mutate(session.sessionId)}
                  ending={end.isPending && end.variables === session.sessionId}
                />
              ))}
            </tbody>
          </table>
        )}
      </Loaded>
    </Panel>
  );
}

interface SessionRowProps {
  readonly session: OperatorSession;
  readonly everybody: boolean;
  readonly end: () => void;
  readonly ending: boolean;
}

function SessionRow({ session, everybody, end, ending }: SessionRowProps) {
  const browser = browserName(session.browser);
  const name = plain(session.operatorName);
  return (
    <tr>
      <td>
        <Text size="sm" fw={600} className="device-text">
          {everybody ? name : browser}
        </Text>
      </td>
      {everybody && <td data-label="Browser">{browser}</td>}
      <td data-label="Address" className="device-text">
        {plain(session.address)}
      </td>
      <td data-label="Signed in">
        <span>
          <Age at={session.createdAt} />
          {session.via === 'sign-on' && (
            <Text size="sm" c="dimmed" span>
              {' '}
              by single sign-on
            </Text>
          )}
        </span>
      </td>
      <td data-label="Last used">
        <Age at={session.usedAt} />
      </td>
      <td>
        {session.current ? (
          <Text size="sm" c="dimmed">
            this one
          </Text>
        ) : (
          <Button
            size="xs"
            variant="default"
            onClick={end}
            loading={ending}
            aria-label={`Sign out ${name}, ${browser}`}
          >
            Sign out
          </Button>
        )}
      </td>
    </tr>
  );
}
