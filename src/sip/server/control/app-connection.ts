import type { Socket } from 'node:net';
import { newId } from '../message/ids.js';
import type { Hop } from '../message/hop.js';
import { frame } from './framing.js';

/** Unsent bytes beyond which an application gets no new calls. */
const BUSY_BYTES = 4 * 1024 * 1024;
/** Unsent bytes beyond which it is taken for dead. */
const DEAD_BYTES = 64 * 1024 * 1024;

/** What is said of a SIP message on the control port. */
export interface SipNotice {
  readonly hop: Hop;
  readonly sip: Buffer;
  readonly transactionId: string;
  readonly dialogId: string;
  /** Where a new request came in; only those carry it. */
  readonly receivedOn?: { readonly address: string; readonly port: number };
}

/** One application on the control port. Writes keep their order; those of one turn of the event loop leave together. */
export class AppConnection {
  /** Lower-case methods it wants new requests of. */
  readonly routes = new Set<string>();
  #authenticated = false;
  #open = true;
  #corked = false;

  constructor(
    private readonly socket: Socket,
    private readonly wallClock: () => number,
  ) {}

  get authenticated(): boolean {
    return this.#authenticated;
  }

  get open(): boolean {
    return this.#open;
  }

  /** It does not keep up: no new calls for now. */
  get busy(): boolean {
    return this.socket.writableLength > BUSY_BYTES;
  }

  authenticate(): void {
    this.#authenticated = true;
  }

  closed(): void {
    this.#open = false;
  }

  /** Answers a command without a SIP message. */
  reply(commandId: string, text: string): void {
    this.#write(frame(`${newId()}|response|${commandId}|${text}`));
  }

  /** Answers a command: this request of yours was sent. */
  requestSent(commandId: string, notice: Omit<SipNotice, 'dialogId'>): void {
    const text = `${newId()}|response|${commandId}|OK|application|${this.#origin(notice)}|${notice.transactionId}|Msg sent:|\r\n`;
    this.#write(frame(text, notice.sip));
  }

  /** Answers a command: this response of yours was sent. */
  responseSent(commandId: string, notice: SipNotice): void {
    const { transactionId, dialogId } = notice;
    const origin = this.#origin(notice);
    const text = `${newId()}|response|${commandId}|OK|application|${origin}|${transactionId}|${dialogId}||Msg sent:|\r\n`;
    this.#write(frame(text, notice.sip));
  }

  /** Hands on a message from the network. */
  received(notice: SipNotice): void {
    const { transactionId, dialogId, receivedOn } = notice;
    const local = receivedOn === undefined ? '' : `${receivedOn.address}|${receivedOn.port}|`;
    const text = `${newId()}|sip|network|${this.#origin(notice)}|${transactionId}|${dialogId}|${local}\r\n`;
    this.#write(frame(text, notice.sip));
  }

  /** Tells of a request that the server made by itself in a dialog of this application. */
  unsolicited(notice: Omit<SipNotice, 'transactionId'>): void {
    const text = `${newId()}|sip|application|${this.#origin(notice)}|unsolicited|${notice.dialogId}|\r\n`;
    this.#write(frame(text, notice.sip));
  }

  end(): void {
    this.socket.end();
  }

  #origin({ hop, sip }: { hop: Hop; sip: Buffer }): string {
    const time = `${new Date(this.wallClock()).toISOString().slice(11, 23)}000`;
    return `${sip.length}|${hop.transport}|${hop.address}|${hop.port}|${time}`;
  }

  #write(bytes: Buffer): void {
    if (!this.#open) return;
    if (this.socket.writableLength > DEAD_BYTES) {
      this.socket.destroy();
      return;
    }
    if (!this.#corked) {
      this.#corked = true;
      this.socket.cork();
      setImmediate(() => {
        this.#corked = false;
        this.socket.uncork();
      });
    }
    this.socket.write(bytes);
  }
}
