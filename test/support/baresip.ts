import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './free-ports.js';
import { installed } from './installed.js';
import { eventually } from './site.js';
import { toneWav } from './tones.js';

/*
 * baresip, a real softphone, without sound card: it speaks from a file, and what it hears is recorded by its own `sndfile` module.
 * Commands go through its control socket, keys through its console.
 */

const MODULES = ['g711', 'aufile', 'aubridge', 'sndfile', 'ctrl_tcp', 'cons'];
/** What the caller says all the time. */
export const VOICE_HZ = 200;
const VOICE_MS = 60_000;
const RATE = 8000;

export interface BaresipOptions {
  /** Its number. */
  readonly number: string;
  /** The one codec it offers; both when absent. */
  readonly codec?: 'PCMU' | 'PCMA';
}

interface BaresipEvent {
  readonly type: string;
  readonly param: string;
}

/** A running softphone with one account. */
export class Baresip {
  readonly events: BaresipEvent[] = [];
  #output = '';
  #received = '';

  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    private readonly control: Socket,
    private readonly console: Socket,
  ) {
    child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    control.on('data', (chunk: Buffer) => this.#take(chunk.toString()));
    for (const socket of [control, console]) socket.on('error', () => undefined);
    console.resume();
  }

  /** Starts it and waits until it takes commands. Rejects with advice when it is not installed. */
  static async start({ number, codec }: BaresipOptions): Promise<Baresip> {
    await installed('baresip', 'baresip-core');
    const folder = mkdtempSync(join(tmpdir(), 'offhook-baresip-'));
    // Of a range that the system gives nobody by itself; the first of a block may be taken.
    const { to: control } = await freePorts(4);
    const console = control - 1;
    mkdirSync(join(folder, 'heard'));
    writeFileSync(join(folder, 'voice.wav'), toneWav(VOICE_HZ, VOICE_MS));
    const codecs = codec === undefined ? '' : `;audio_codecs=${codec}/8000/1`;
    writeFileSync(join(folder, 'accounts'), `<sip:${number}@127.0.0.1>;regint=0${codecs}\n`);
    writeFileSync(join(folder, 'contacts'), '');
    writeFileSync(join(folder, 'config'), configuration(folder, control, console));
    const child = spawn('baresip', ['-4', '-f', folder], { stdio: ['ignore', 'pipe', 'ignore'] });
    return new Baresip(folder, child, await dial(control), await dial(console));
  }

  call(uri: string): void {
    this.#command('dial', uri);
  }

  hangup(): void {
    this.#command('hangup');
  }

  /** Types on its console: keys of a call, or a command of a single letter (`x` hold, `X` resume). */
  type(keys: string): void {
    this.console.write(keys);
  }

  /** Waits for an event of a type. */
  until(type: string, timeoutMs?: number): Promise<BaresipEvent> {
    return eventually(`${type} of baresip\n${this.#output}`, () => this.events.find((event) => event.type === type), timeoutMs);
  }

  /** What it has heard so far, since it last changed its streams: 8 kHz samples. */
  heard(): Int16Array {
    const folder = join(this.folder, 'heard');
    const name = readdirSync(folder)
      .filter((file) => file.endsWith('-dec.wav'))
      .sort()
      .at(-1);
    if (name === undefined) return new Int16Array(0);
    const bytes = readFileSync(join(folder, name)).subarray(44);
    return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)));
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    if (this.child.exitCode === null) {
      this.child.kill();
      await gone;
    }
    this.control.destroy();
    this.console.destroy();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #command(command: string, params?: string): void {
    const text = JSON.stringify({ command, params, token: command });
    this.control.write(`${Buffer.byteLength(text)}:${text},`);
  }

  /** Netstrings of JSON: events, and responses to commands. */
  #take(text: string): void {
    this.#received += text;
    for (;;) {
      const match = /^(\d+):/.exec(this.#received);
      if (match === null) return;
      const start = match[0].length;
      const end = start + Number(match[1]);
      if (this.#received.length <= end) return;
      const message = JSON.parse(this.#received.slice(start, end)) as Partial<BaresipEvent>;
      this.#received = this.#received.slice(end + 1);
      if (message.type !== undefined) this.events.push({ type: message.type, param: message.param ?? '' });
    }
  }
}

function configuration(folder: string, control: number, console: number): string {
  return [
    'sip_listen 127.0.0.1:0',
    'net_interface 127.0.0.1',
    'audio_player aubridge,ear',
    `audio_source aufile,${join(folder, 'voice.wav')}`,
    'audio_alert aubridge,alert',
    `ausrc_srate ${RATE}`,
    `auplay_srate ${RATE}`,
    'ausrc_channels 1',
    'auplay_channels 1',
    'rtp_ports 20000-40000',
    'module_path /usr/lib/baresip/modules',
    ...MODULES.map((name) => `module ${name}.so`),
    'module_app account.so',
    'module_app menu.so',
    `snd_path ${join(folder, 'heard')}`,
    `cons_listen 127.0.0.1:${console}`,
    `ctrl_tcp_listen 127.0.0.1:${control}`,
    '',
  ].join('\n');
}

/** Connects to a socket of baresip as soon as it listens. */
function dial(port: number): Promise<Socket> {
  return eventually(
    'baresip to listen',
    () =>
      new Promise<Socket | null>((resolve) => {
        const socket = connect(port, '127.0.0.1');
        socket.once('connect', () => resolve(socket));
        socket.once('error', () => resolve(null));
      }),
  );
}
