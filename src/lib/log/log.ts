import { write, writeSync } from 'node:fs';
import { pino, type Logger as PinoLogger } from 'pino';
import { systemClock } from '../clock.js';
import { LogOutput } from './log-output.js';
import { MASK } from '../mask.js';

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

/** Fields that never reach a log line whatever object they sit in (docs/decisions/0014-secrets-by-name.md). */
const REDACTED = ['authorization', 'password', 'secret', 'key', 'token', 'digits', 'dtmf'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

const STDERR = 2;
const WARN = 40;

/** A pino logger writing JSON lines to stderr, so that stdout stays the user's. What is wrong with stderr disturbs nobody. */
export function createLogger(level: LogLevel): Logger {
  const root = pino(
    { level, redact: { paths: REDACTED, censor: MASK }, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    stderr(),
  );
  return new LazyLogger(root, () => root);
}

/** Standard error. pino's own destination ends the process when it cannot be written, and at an exit tries for ever. */
function stderr(): LogOutput {
  const output = new LogOutput(
    (bytes, done) => {
      write(STDERR, bytes, 0, bytes.length, null, done);
    },
    systemClock,
    (lost) => `${JSON.stringify({ level: WARN, time: new Date(systemClock.now()), lost, msg: 'lines of this log were lost' })}\n`,
  );
  process.once('exit', () => {
    writeNow(output.takeRest());
  });
  return output;
}

/** How long the last lines may take when the process ends, ms. */
const LAST_MS = 1000;

/** Writes to standard error before anything else goes on; gives up when it cannot be written. */
function writeNow(bytes: Buffer): void {
  const until = systemClock.monotonic() + LAST_MS;
  for (let rest = bytes; rest.length > 0 && systemClock.monotonic() < until;) {
    try {
      rest = rest.subarray(writeSync(STDERR, rest));
    } catch (error) {
      // A full pipe is emptied by its reader; of anything else there is nobody left to tell.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
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
