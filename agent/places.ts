/** Where the agent keeps its state and listens; apart from all else, so that a short command loads nothing more. */
export interface Places {
  readonly stateDirectory: string;
  readonly runtimeDirectory: string;
}

export const defaultPlaces: Places = { stateDirectory: '/var/lib/garrison', runtimeDirectory: '/run/garrison' };

/** The local control, in the runtime directory. */
export const socketName = 'control.sock';
