import { connect, createServer, type Server, type Socket } from 'node:net';

/** Frames of the control wire in the order they passed, both ways. */
export interface Recorded {
  readonly from: 'application' | 'server';
  readonly frame: string;
}

/** A loopback relay in front of the control port that writes down every frame. */
export class ControlRecorder {
  readonly frames: Recorded[] = [];
  readonly #sockets: Socket[] = [];

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static open(target: number): Promise<ControlRecorder> {
    const server = createServer();
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const bound = server.address();
        const recorder = new ControlRecorder(server, bound !== null && typeof bound === 'object' ? bound.port : 0);
        server.on('connection', (socket) => recorder.#relay(socket, connect({ host: '127.0.0.1', port: target })));
        resolve(recorder);
      });
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
  }

  #relay(application: Socket, server: Socket): void {
    this.#sockets.push(application, server);
    this.#copy('application', application, server);
    this.#copy('server', server, application);
  }

  #copy(from: Recorded['from'], source: Socket, target: Socket): void {
    let held = Buffer.alloc(0);
    source.on('error', () => target.destroy());
    source.on('close', () => target.destroy());
    source.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      for (let hash = held.indexOf('#'); hash > 0; hash = held.indexOf('#')) {
        const end = hash + 1 + Number(held.toString('latin1', 0, hash));
        if (held.length < end) break;
        this.frames.push({ from, frame: held.toString('utf8', hash + 1, end) });
        held = held.subarray(end);
      }
      target.write(chunk);
    });
  }
}

/**
 * A transcript in which everything that differs from run to run has a name: ids, tags, branches, ports, numbers drawn at random, times
 * and byte counts. The same value has the same name throughout.
 */
export function transcript(frames: readonly Recorded[], ports: Readonly<Record<string, number>>): string {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  const name = (kind: string, value: string): string => {
    const known = names.get(`${kind}${value}`);
    if (known !== undefined) return known;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    names.set(`${kind}${value}`, `<${kind}-${count}>`);
    return `<${kind}-${count}>`;
  };
  const lines = frames.map(({ from, frame }) => {
    let text = frame
      .replaceAll('\r\n', '\n')
      .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b/g, (id) => name('id', id))
      .replaceAll(/z9hG4bK[0-9a-f]{20}/g, (branch) => name('branch', branch))
      .replaceAll(/z9hG4bKtest\w+/g, (branch) => name('their-branch', branch))
      .replaceAll(/tag=([0-9a-f]{16})\b/g, (_all, tag: string) => `tag=${name('tag', tag)}`)
      .replaceAll(/\b\d\d:\d\d:\d\d\.\d{6}\b/g, '<time>')
      .replaceAll(/\|(network|application)\|\d+\|/g, '|$1|<bytes>|')
      .replaceAll(
        /^(CSeq|RSeq): (\d+)/gim,
        (_all, header: string, seq: string) => `${header}: ${Number(seq) < 1000 ? seq : '<seq>'}`,
      );
    for (const [label, port] of Object.entries(ports))
      text = text.replaceAll(new RegExp(`([:|=])${port}\\b`, 'g'), `$1<${label}>`);
    return `${from === 'server' ? 'server ──▶ application' : 'application ──▶ server'}\n${text.trimEnd()}\n`;
  });
  return lines.join('\n');
}
