/** Bounds of everything that travels, and the ceilings that a device keeps whatever its console says. */
export const limits = {
  eventsPerCheckInMax: 200,
  eventsBytesMax: 256 * 1024,
  stateBytesMax: 32 * 1024,
  outputExcerptBytesMax: 64 * 1024,
  candidatesMax: 16,
  assignmentBytesMax: 32 * 1024,
  commandsMax: 32,
  diagnosticsBytesMax: 10 * 1024 * 1024,
  packageBytesMax: 1024 * 1024 * 1024,
  commandWaitMs: 240_000,
  checkInEveryMs: 300_000,
  checkInFloorMs: 2_000,
  /** Later than this a device never checks in by itself, whatever it is told (G17). */
  checkInEveryMaxMs: 900_000,
  retryAfterMaxMs: 3_600_000,
  assignmentLifetimeMaxMs: 30 * 86_400_000,
  sessionLifetimeMs: 3_600_000,
  installerStartsPerDay: 6,
  /** With *Retry* pressed; more only by root on the device itself (G17). */
  installerStartsPerDayMax: 24,
  /** Assignment numbers further than this ahead of the console's own clock are refused. */
  numberJumpMaxMs: 366 * 86_400_000,
} as const;
