import { pino } from 'pino';

/** What the rooms need of a logger. `child` binds fixed ids (call, widget, delivery) to every later line. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(bindings: Record<string, string | number>): Logger;
}

/** Log levels, most talkative first. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Fields that never reach a log line whatever object they sit in (decision D9). */
const REDACTED = ['authorization', 'password', 'secret', 'key', 'token', 'digits', 'dtmf'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/** A pino logger writing JSON lines to stderr, so that stdout stays the user's. */
export function createLogger(level: LogLevel): Logger {
  return pino(
    { level, redact: { paths: REDACTED, censor: '***' }, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: false }),
  );
}

/** A logger that says nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
