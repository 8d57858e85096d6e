/** Replaced by the bundler in a release; the sources run as a development version. */
declare const __GARRISON_VERSION__: string | undefined;

export const consoleVersion = typeof __GARRISON_VERSION__ === 'string' ? __GARRISON_VERSION__ : '0.1.0-dev';
