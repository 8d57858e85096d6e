/** Logs: static messages, data as fields, secrets redacted by field name and by value. JSON lines, or readable in a terminal. */
import { createLogger, format, transports } from 'winston';
import { redactFields, type Redactor } from '#agent/redact.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `readable` for a person in a terminal, `json` for the service's journal. */
  readonly style: 'readable' | 'json';
  readonly redactor: Redactor;
}

const readable = format.printf(({ timestamp, level, message, ...fields }) => {
  const rest = Object.entries(fields)
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('');
  return `${String(timestamp)} ${level.padEnd(5)} ${String(message)}${rest}`;
});

export function createLog(options: LogOptions): Log {
  const logger = createLogger({
    level: options.level,
    format: format.combine(format.timestamp(), options.style === 'readable' ? readable : format.json()),
    transports: [new transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] })],
  });
  const write =
    (level: LogOptions['level']) =>
    (message: string, fields: Fields = {}): void => {
      logger.log({ level, message, ...redactFields(fields, options.redactor) });
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
