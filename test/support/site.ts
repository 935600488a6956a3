import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * A whole Offhook as a user runs it: its own configuration folder, its own process. For end-to-end tests.
 */

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** How long a condition is waited for, ms: what a machine several times slower than usual needs, for it costs nothing where it holds. */
const PATIENCE_MS = 40_000;

/** Waits until `probe` gives a value; rejects after `timeoutMs`, saying what it waited for. */
export async function eventually<T>(
  what: string,
  probe: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() > until) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** One request an endpoint got. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** ms of `performance.now()`. */
  readonly at: number;
}

/** What an endpoint answers; JSON unless it says otherwise. */
export interface EndpointAnswer {
  readonly status: number;
  readonly body?: string | Uint8Array;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

/** An HTTP endpoint of the test: records requests and answers as told. */
export class Endpoint {
  readonly received: Received[] = [];
  #server: Server;
  /** Replace to change the answer. */
  answer: (request: Received) => Promise<EndpointAnswer> | EndpointAnswer = () => ({ status: 200, body: '{}' });

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(port = 0): Promise<Endpoint> {
    const server = createServer();
    const endpoint = new Endpoint(server);
    server.on('request', (request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const received: Received = {
          method: request.method ?? '',
          url: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks).toString('utf8'),
          at: performance.now(),
        };
        endpoint.received.push(received);
        void Promise.resolve(endpoint.answer(received)).then(({ status, body, type, headers }) => {
          response.writeHead(status, { 'content-type': type ?? 'application/json', ...headers });
          response.end(body ?? '');
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return endpoint;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The bodies received so far, as JSON. */
  get reports(): readonly Record<string, unknown>[] {
    return this.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** What a site is made of; the rest is sensible for loopback tests. */
export interface SiteOptions {
  readonly flows: readonly (Record<string, unknown> & { readonly id: string })[];
  /** Number → flow id; every flow's id is a number by default. */
  readonly numbers?: Readonly<Record<string, string>>;
  /** URL of the default webhook. */
  readonly report?: string;
  readonly webhook?: Readonly<Record<string, unknown>>;
  /** Merged over the sections of offhook.json. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Files of the `prompts/` folder. */
  readonly prompts?: Readonly<Record<string, Uint8Array>>;
}

/** A running Offhook. */
export class Site {
  #process: ChildProcess | null = null;
  /** Everything it printed. */
  output = '';
  log = '';
  exitCode: number | null = null;

  private constructor(
    readonly dir: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** Writes the configuration folder without starting anything. */
  static create(options: SiteOptions): Site {
    const dir = mkdtempSync(join(tmpdir(), 'offhook-site-'));
    mkdirSync(join(dir, 'flows'));
    for (const flow of options.flows) writeFileSync(join(dir, 'flows', `${flow.id}.json`), JSON.stringify(flow));
    mkdirSync(join(dir, 'prompts'));
    for (const [name, bytes] of Object.entries(options.prompts ?? {})) writeFileSync(join(dir, 'prompts', name), bytes);
    const numbers = options.numbers ?? Object.fromEntries(options.flows.map(({ id }) => [id, id]));
    const sections: Record<string, unknown> = {
      sip: { listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0'] },
      media: { address: '127.0.0.1', ports: { from: 20_000 + Math.floor(Math.random() * 15_000) * 2, to: 65_000 } },
      routing: { numbers: Object.entries(numbers).map(([number, flow]) => ({ number, flow })) },
      webhooks: { allowHttp: true, allowNetworks: ['127.0.0.0/8'] },
      api: { port: 0 },
      log: { level: 'debug' },
      data: { dir: join(dir, 'data') },
    };
    for (const [name, value] of Object.entries(options.config ?? {})) {
      const before = sections[name];
      sections[name] = isObject(before) && isObject(value) ? { ...before, ...value } : value;
    }
    writeFileSync(join(dir, 'offhook.json'), JSON.stringify(sections, null, 2));
    if (options.report !== undefined) {
      const webhook = { name: 'report', url: options.report, default: true, ...options.webhook };
      writeFileSync(join(dir, 'webhooks.json'), JSON.stringify([webhook], null, 2));
    }
    return new Site(dir, options.env ?? {});
  }

  /** Writes the folder and starts the process; resolves when it takes calls. */
  static async start(options: SiteOptions): Promise<Site> {
    const site = Site.create(options);
    await site.start();
    return site;
  }

  /** Starts (again). */
  async start(): Promise<void> {
    this.output = '';
    this.exitCode = null;
    const child = spawn(process.execPath, ['--enable-source-maps', cli, 'run', '--config', this.dir], {
      env: { ...process.env, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.stdout.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
    // Not at `exit`: what it said last is read after that.
    child.on('close', (code) => (this.exitCode = code ?? -1));
    await eventually('the start screen', () => {
      if (this.exitCode !== null) throw new Error(`offhook ended with ${this.exitCode}\n${this.output}\n${this.log}`);
      return this.output.includes('Ready for calls');
    });
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Where the phone calls: `sip:NUMBER@127.0.0.1:PORT`. */
  target(number: string): string {
    return `sip:${number}@127.0.0.1:${this.port('udp')}`;
  }

  port(transport: 'udp' | 'tcp'): number {
    return Number(new RegExp(`${transport}/127\\.0\\.0\\.1:(\\d+)`).exec(this.output)?.[1]);
  }

  get api(): string {
    return /API\s+(http:\/\/127\.0\.0\.1:\d+)/.exec(this.output)?.[1] ?? '';
  }

  /** JSON of an API resource. */
  async get(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(`${this.api}${path}`);
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
  }

  /** Sends a signal and waits for the exit; the exit code. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.signal(signal);
    return this.exited();
  }

  signal(signal: NodeJS.Signals): void {
    if (this.exitCode === null) this.#process?.kill(signal);
  }

  /** Waits for the exit; the exit code. */
  async exited(): Promise<number> {
    await eventually('the exit', () => this.exitCode !== null);
    return this.exitCode ?? -1;
  }

  /** The lines of the log so far that are whole, `from` that place on. */
  logLines(from = 0): readonly string[] {
    return this.log.slice(from).split('\n').slice(0, -1);
  }

  /** A metric without labels, or with whatever labels it has. */
  async metric(name: string): Promise<number> {
    const { body } = await this.get('/metrics');
    return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'mu').exec(String(body))?.[1]);
  }

  /** Ends the process if it runs and removes the folder. */
  async dispose(): Promise<void> {
    if (this.exitCode === null && this.#process !== null) await this.stop('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Text of a file below the site's folder. */
  read(path: string): string {
    return readFileSync(join(this.dir, path), 'utf8');
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
