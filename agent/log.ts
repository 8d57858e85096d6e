/** Logs: static messages, data as fields, secrets redacted by field name and by value. JSON lines, or readable in a terminal. */
import { createLogger, format, transports } from 'winston';
import { redactFields, type Redactor } from '#agent/redact.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** The last lines, whatever the level that is shown, oldest first. */
  recent?(): readonly unknown[];
}

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `readable` for a person in a terminal, `json` for the service's journal. */
  readonly style: 'readable' | 'json';
  readonly redactor: Redactor;
}

/** For whoever looks for what went wrong; a line is a few hundred bytes. */
const recentMax = 500;

/** One line, whatever it tells of: what a terminal would obey must not reach it. */
export function readableLine({ timestamp, level, message, ...fields }: Fields & { readonly level: string }): string {
  const rest = Object.entries(fields)
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('');
  const line = `${String(timestamp)} ${level.padEnd(5)} ${String(message)}${rest}`;
  return line.replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, ' ');
}

const readable = format.printf(readableLine);

export function createLog(options: LogOptions): Log {
  const logger = createLogger({
    level: options.level,
    format: format.combine(format.timestamp(), options.style === 'readable' ? readable : format.json()),
    transports: [new transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] })],
  });
  const lines: { readonly timestamp: string; readonly level: string; readonly message: string }[] = [];
  const write =
    (level: LogOptions['level']) =>
    (message: string, fields: Fields = {}): void => {
      const clean = redactFields(fields, options.redactor);
      logger.log({ level, message, ...clean });
      lines.push({ timestamp: new Date().toISOString(), level, message, ...clean });
      if (lines.length > recentMax) lines.shift();
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    recent: () => lines,
  };
}
