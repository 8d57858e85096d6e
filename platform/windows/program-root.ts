import { programFiles } from '#platform/windows/system-root.ts';

/** Where service host and versions of the agent stand; only administrators write there, users read and execute. */
export function windowsProgramRoot(): string {
  return `${programFiles()}\\Garrison`;
}

export const agentFileName = 'garrison-agent.exe';
