import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installed } from './installed.js';

/* sipp, the neutral SIP client of the trade, run with the scenarios of `test/e2e/sipp`. */

const scenarios = fileURLToPath(new URL('../e2e/sipp/', import.meta.url));

export interface SippOptions {
  /** File name in `test/e2e/sipp`, without `.xml`; `sipp:uac` is sipp's own `uac`, which calls from the number `sipp`. */
  readonly scenario: string;
  /** Where to send, `host:port`. */
  readonly target: string;
  /** The number called: `[service]` of the scenario. */
  readonly number: string;
  /** The number that calls: `[cli]`. */
  readonly cli: string;
  readonly transport?: 'udp' | 'tcp';
  /** Seconds after which sipp gives up and fails. */
  readonly timeout?: number;
  /** Calls in all, and calls started per second; one call when absent. */
  readonly calls?: number;
  readonly rate?: number;
}

/** What sipp came to. */
export interface SippOutcome {
  /** 0: every call ended as its scenario says. */
  readonly exitCode: number;
  /** Of its last statistics line; 0 when it never got so far. */
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** The SIP messages of one call, sent and received; empty for several calls. */
  readonly messages: string;
  /** What it has to say about a failure. */
  readonly errors: string;
}

/** Tries at most, each with ports of its own: sipp wants to be told ports, and somebody may take one in between. */
const MOST_TRIES = 3;

/** Runs sipp to its end. Rejects with advice when it is not installed. */
export async function runSipp(options: SippOptions): Promise<SippOutcome> {
  await installed('sipp', 'sip-tester');
  for (let left = MOST_TRIES - 1; ; left--) {
    const outcome = await runOnce(options);
    if (left === 0 || !outcome.errors.includes('Unable to bind')) return outcome;
  }
}

async function runOnce(options: SippOptions): Promise<SippOutcome> {
  const { scenario, target, number, cli, transport = 'udp', timeout = 20, calls = 1, rate = 10 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'offhook-sipp-'));
  const file = (name: string): string => join(folder, name);
  const trace = calls === 1 ? ['-trace_msg', '-message_file', file('messages')] : [];
  const own = ['-i', '127.0.0.1', '-p', String(await freePort()), '-mi', '127.0.0.1', '-mp', String(await freePort())];
  const child = spawn(
    'sipp',
    [
      target,
      ...[
        ...(scenario.startsWith('sipp:') ? ['-sn', scenario.slice(5)] : ['-sf', join(scenarios, `${scenario}.xml`)]),
        '-s',
        number,
        '-key',
        'cli',
        cli,
        '-t',
        transport === 'udp' ? 'u1' : 't1',
        ...own,
      ],
      ...['-m', String(calls), '-r', String(rate), '-timeout', String(timeout), '-timeout_error', '-nostdin', ...trace],
      ...['-trace_err', '-error_file', file('errors'), '-trace_stat', '-stf', file('statistics')],
    ],
    { cwd: scenarios, stdio: 'ignore' },
  );
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => resolve(code ?? -1));
    });
    const statistics = lastLine(read(file('statistics')));
    return {
      exitCode,
      successful: statistics('SuccessfulCall(C)'),
      failed: statistics('FailedCall(C)'),
      retransmissions: statistics('Retransmissions(C)'),
      messages: read(file('messages')),
      errors: read(file('errors')),
    };
  } finally {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A UDP port that was free a moment ago; sipp wants to be told one. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', resolve);
  });
  const { port } = socket.address();
  await new Promise<void>((resolve) => {
    socket.close(() => resolve());
  });
  return port;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The columns of a statistics file's last line by their names. */
function lastLine(text: string): (column: string) => number {
  const lines = text.trim().split('\n');
  const names = lines[0]?.split(';') ?? [];
  const values = lines.at(-1)?.split(';') ?? [];
  return (column) => Number(values[names.indexOf(column)] ?? 0);
}
