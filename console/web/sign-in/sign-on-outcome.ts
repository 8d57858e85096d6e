/** How a way through the single sign-on provider ended: said in the address, and to the window that waits for it. */
import { signOnPlaces } from '#console/api/sign-on.ts';
import { ProblemError } from '#console/web/server/client.ts';
import { isFaultCode } from '#protocol/codes.ts';

/** Code of what went wrong, taken out of the address at once; '' for none. Only a code of ours is said. */
export function takeSignOnProblem(): string {
  const { pathname, search, hash } = window.location;
  const params = new URLSearchParams(search);
  const code = params.get(signOnPlaces.problem);
  if (code === null) return '';
  params.delete(signOnPlaces.problem);
  const rest = params.size === 0 ? '' : `?${params.toString()}`;
  window.history.replaceState(window.history.state, '', `${pathname}${rest}${hash}`);
  return isFaultCode(code) ? code : '';
}

/** As if the console had answered it; its words come from the table of codes. */
export function signOnError(code: string): ProblemError {
  return new ProblemError({ type: `urn:garrison:${code}`, title: '', status: 0, code });
}

const channelName = 'garrison-confirmed';

/** Code of what went wrong; '' when it is confirmed. */
export function tellConfirmed(code: string): void {
  const channel = new BroadcastChannel(channelName);
  channel.postMessage(code);
  channel.close();
}

/** Answers how to stop listening. */
export function whenConfirmed(handle: (code: string) => void): () => void {
  const channel = new BroadcastChannel(channelName);
  channel.addEventListener('message', ({ data }) => handle(typeof data === 'string' ? data : ''));
  return () => channel.close();
}
