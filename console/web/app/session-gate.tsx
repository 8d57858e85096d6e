import { Box, Center, Loader } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect } from 'react';
import type { Session } from '#console/api/session.ts';
import { signOnPlaces } from '#console/api/sign-on.ts';
import { takeSignOnProblem } from '#console/web/sign-in/sign-on-outcome.ts';
import { Shell } from '#console/web/app/shell.tsx';
import { ConfirmIdentity } from '#console/web/sign-in/confirm-identity.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { sendCsrfToken, whenSessionIsLost } from '#console/web/server/client.ts';
import { followHints } from '#console/web/server/live.ts';
import { sessionQuery } from '#console/web/server/queries.ts';

const SignIn = lazy(async () => ({ default: (await import('#console/web/sign-in/sign-in.tsx')).SignIn }));
const FirstAdministrator = lazy(async () => ({
  default: (await import('#console/web/sign-in/first-administrator.tsx')).FirstAdministrator,
}));

const Confirmed = lazy(async () => ({
  default: (await import('#console/web/sign-in/confirmed.tsx')).Confirmed,
}));

const SetUp = lazy(async () => ({ default: (await import('#console/web/sign-in/set-up.tsx')).SetUp }));

const problem = window.location.pathname === signOnPlaces.signedIn ? takeSignOnProblem() : '';

const signedOut: Session = { kind: 'signed-out', signOn: null };

/** Shows the page only to who is signed in; the address is kept while signing in. */
export function SessionGate() {
  const { pathname } = useLocation();
  if (pathname === signOnPlaces.confirmed) return <ConfirmedPage />;
  return pathname === '/set-up' ? <SetUpPage /> : <GatedPage />;
}

/** Whoever is signed in: the link is for whom it was made. */
function SetUpPage() {
  return (
    <Suspense fallback={<Box mih="100vh" />}>
      <SetUp />
    </Suspense>
  );
}

/** A window of its own, which asks the console for nothing. */
function ConfirmedPage() {
  return (
    <Suspense fallback={<Box mih="100vh" />}>
      <Confirmed />
    </Suspense>
  );
}

function GatedPage() {
  const session = useQuery(sessionQuery);
  if (session.data === undefined) {
    return (
      <Center mih="100vh" p="md">
        {session.error === null ? (
          <Loader aria-label="Loading" />
        ) : (
          <ProblemNotice error={session.error} onRetry={() => void session.refetch()} />
        )}
      </Center>
    );
  }
  return <Admitted session={session.data} />;
}

function Admitted({ session }: { session: Session }) {
  const client = useQueryClient();
  const signedIn = session.kind === 'signed-in';
  const operatorId = signedIn ? session.operator.operatorId : null;
  sendCsrfToken(signedIn ? session.csrfToken : '');

  useEffect(() => {
    if (operatorId === null) return;
    whenSessionIsLost(() => {
      client.setQueryData(sessionQuery.queryKey, signedOut);
      // Other ways to sign in, which only the console knows.
      void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    });
    const stop = followHints(client);
    return () => {
      stop();
      whenSessionIsLost(() => undefined);
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
    };
  }, [client, operatorId]);

  if (signedIn) return <SignedInPage />;
  return (
    <Suspense fallback={<Box mih="100vh" />}>
      {session.kind === 'no-administrator' ? (
        <FirstAdministrator />
      ) : (
        <SignIn signOn={session.signOn} problem={problem} />
      )}
    </Suspense>
  );
}

function SignedInPage() {
  const { pathname } = useLocation();
  const navigate = useNavigate();
  useEffect(() => {
    if (pathname === '/first-administrator') void navigate({ to: '/', replace: true });
  }, [navigate, pathname]);
  return (
    <>
      <Shell>
        <Outlet />
      </Shell>
      <ConfirmIdentity />
    </>
  );
}
