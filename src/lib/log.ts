import { pino, type Logger as PinoLogger } from 'pino';
import { MASK } from './mask.js';

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
  const root = pino(
    { level, redact: { paths: REDACTED, censor: MASK }, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: false }),
  );
  return new LazyLogger(root, () => root);
}

/**
 * A logger that is made when it first has something to say. Every call, step and delivery gets one of its own, few of them ever
 * speak, and making one costs pino more than a line does.
 */
class LazyLogger implements Logger {
  #made: PinoLogger | null = null;

  constructor(
    private readonly root: PinoLogger,
    private readonly make: () => PinoLogger,
  ) {}

  debug(fields: object, message: string): void {
    this.#say('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#say('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#say('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#say('error', fields, message);
  }

  child(bindings: Record<string, string | number>): Logger {
    return new LazyLogger(this.root, () => this.#own().child(bindings));
  }

  #say(level: Exclude<LogLevel, 'silent'>, fields: object, message: string): void {
    if (this.root.isLevelEnabled(level)) this.#own()[level](fields, message);
  }

  #own(): PinoLogger {
    return (this.#made ??= this.make());
  }
}

/** A logger that says nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
