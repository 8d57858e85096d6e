/** `tasklist /fo csv /nh`: name, process id, session name, session number, memory, each in quotes. */

export interface Task {
  readonly name: string;
  readonly pid: number;
  /** Services and what they start have one of their own (0); users' programs have others. null where the column is missing. */
  readonly session: number | null;
}

/** Some versions write UTF-16: the zeros between the letters are left out, names are plain letters. */
export function parseTasks(output: string): readonly Task[] {
  return output
    .replaceAll('\0', '')
    .split(/\r?\n/)
    .flatMap((line) => {
      const [name, pid, , session] = (line.match(/"(?:[^"]|"")*"/g) ?? []).map((field) =>
        field.slice(1, -1).replaceAll('""', '"'),
      );
      if (name === undefined || !/^\d{1,10}$/.test(pid ?? '')) return [];
      return { name, pid: Number(pid), session: /^\d{1,10}$/.test(session ?? '') ? Number(session) : null };
    });
}

/** The session of the service manager, 0 on every Windows since Vista; users' programs cannot enter it. */
export function servicesSession(tasks: readonly Task[]): number {
  const sessions = tasks.filter((task) => task.name.toLowerCase() === 'services.exe').map((task) => task.session ?? 0);
  return sessions.length === 0 ? 0 : Math.min(...sessions);
}
