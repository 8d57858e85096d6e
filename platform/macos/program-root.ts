/** Where the versions of the agent stand on a Mac; root's alone, outside the sealed system volume. */
export const macosProgramRoot = '/Library/Garrison';
