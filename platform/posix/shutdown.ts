/** Never less notice than asked for; a message that begins like an option would be read as one. */
export function shutdownArguments(noticeMs: number, message: string): string[] {
  const minutes = Math.max(1, Math.ceil(noticeMs / 60_000));
  return ['-r', `+${minutes}`, message.replaceAll(/\p{Cc}/gu, ' ').replace(/^[-\s]+/, '')];
}
