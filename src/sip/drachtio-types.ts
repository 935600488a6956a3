/*
 * The part of drachtio-srf 5.0.29 that Offhook uses, as its source has it: the package's own declarations miss or misstate much
 * of it (callback forms, `raw`, dialog ids, the agent). Only `drachtio-link.ts` turns the package into these.
 */
import type { Socket } from 'node:net';

export interface DrachtioRequest {
  readonly method: string;
  readonly uri: string;
  /** The whole message as received. */
  readonly raw: string;
  readonly body: string | undefined;
  /** `network`, or `application` for a request the signalling server made by itself. */
  readonly source: string;
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  /** The server's name of its transaction; the CANCEL of an INVITE carries it too. */
  readonly stackTxnId: string;
  on(event: 'cancel', listener: () => void): void;
  emit(event: 'cancel'): void;
  /** Only for requests sent by us. */
  cancel(callback: (error: unknown) => void): void;
}

export interface DrachtioSendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface DrachtioResponse {
  readonly status: number;
  readonly raw: string;
  readonly body: string | undefined;
  /** Throws for a status drachtio-srf does not know. */
  send(status: number, reason: string | undefined, options?: DrachtioSendOptions): void;
}

type RequestListener = (req: DrachtioRequest, res: DrachtioResponse) => void;

export interface DrachtioDialog {
  readonly sip: { readonly callId: string };
  /** The 200 that made it. */
  readonly res: DrachtioResponse;
  on(event: 'ack', listener: (req: DrachtioRequest) => void): void;
  on(event: 'destroy', listener: (req: DrachtioRequest, reason?: string) => void): void;
  on(
    event: 'modify' | 'info' | 'update' | 'options' | 'message' | 'notify' | 'refer' | 'publish' | 'subscribe',
    listener: RequestListener,
  ): void;
  destroy(options: { readonly headers: Readonly<Record<string, string>> }, callback: (error: unknown) => void): void;
}

export interface DrachtioUacOptions {
  readonly localSdp: string;
  readonly headers: Record<string, string>;
  readonly auth?: { readonly username: string; readonly password: string };
}

export interface DrachtioSrf {
  on(event: 'connect', listener: (error: Error | null, hostports?: string) => void): void;
  on(event: 'close', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  connect(options: {
    readonly host: string;
    readonly port: number;
    readonly secret: string;
    readonly reconnect: { readonly retryMaxDelay: number };
  }): void;
  /** Middleware for one method (also asks the server for it), or for whatever nothing else took. */
  use(method: string, handler: RequestListener): void;
  use(handler: RequestListener): void;
  createUAS(
    req: DrachtioRequest,
    res: DrachtioResponse,
    options: { readonly localSdp: string; readonly headers: Record<string, string> },
    callback: (error: unknown, dialog?: DrachtioDialog) => void,
  ): void;
  createUAC(
    uri: string,
    options: DrachtioUacOptions,
    progress: {
      readonly cbRequest: (error: unknown, req?: DrachtioRequest) => void;
      readonly cbProvisional: (res: DrachtioResponse) => void;
    },
    callback: (error: unknown, dialog?: DrachtioDialog) => void,
  ): void;
  removeDialog(dialog: DrachtioDialog): void;
  /** The middleware stack; its agent exists from `connect` on. */
  readonly app: { readonly client: DrachtioAgent };
}

/** drachtio-srf's keeper of what is under way. */
export interface DrachtioAgent {
  readonly wp: DrachtioWire;
  /** INVITEs without final answer, by Call-ID alone. */
  readonly mapServer: ReadonlyMap<Socket, { pendingNetworkInvites: Map<string, unknown> }>;
}

/** drachtio-srf's socket keeper. Reached into for two things it cannot be asked: surviving a bad frame, and giving up. */
export interface DrachtioWire {
  closing?: boolean;
  readonly reconnectVars: { readonly retryTimer: NodeJS.Timeout | null };
  on(event: 'connect', listener: (socket: Socket) => void): void;
  on(event: 'msg', listener: (socket: Socket, message: string) => void): void;
  listeners(event: 'msg'): ((socket: Socket, message: string) => void)[];
  removeAllListeners(event: 'msg'): void;
}
