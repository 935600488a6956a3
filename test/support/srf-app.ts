import RealSrf from 'drachtio-srf';

/* What the tests use of drachtio-srf, typed as it behaves: its own declarations lag behind. */

export interface SrfMessage {
  readonly method: string;
  readonly body: string;
  readonly headers: Record<string, string>;
  get(name: string): string;
  getParsedHeader(name: string): unknown;
}

export interface SrfRequest extends SrfMessage {
  readonly callingNumber: string;
  readonly calledNumber: string;
  on(event: 'cancel', handler: () => void): void;
  on(event: 'response', handler: (response: { readonly status: number }) => void): void;
  cancel(): void;
}

export interface SrfResponse {
  send(status: number, sent: () => void): void;
  send(status: number, options?: { headers?: Record<string, string>; body?: string }): void;
}

export interface SrfDialog {
  readonly connected: boolean;
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string };
  readonly remote: { readonly sdp: string };
  on(event: 'ack', handler: () => void): void;
  on(event: 'destroy', handler: (request: SrfRequest, reason: string) => void): void;
  on(event: 'info' | 'modify', handler: (request: SrfRequest, response: SrfResponse) => void): void;
  destroy(options?: { headers?: Record<string, string> }): Promise<unknown>;
  modify(sdp: string): Promise<string>;
  request(options: { method: string; headers?: Record<string, string>; body?: string }): Promise<unknown>;
}

type Handler = (request: SrfRequest, response: SrfResponse) => void;

export interface SrfApp {
  invite(handler: Handler): void;
  message(handler: Handler): void;
  prack(handler: Handler): void;
  register(handler: Handler): void;
  connect(options: { host: string; port: number; secret: string; reconnect?: { maxAttempts: number } }): unknown;
  disconnect(): void;
  on(event: 'connect', handler: (error: Error | null) => void): void;
  on(event: 'error', handler: (error: Error) => void): void;
  createUAS(request: SrfRequest, response: SrfResponse, options: { localSdp: string }): Promise<SrfDialog>;
  createUAC(
    uri: string,
    options: {
      localSdp: string;
      callingNumber?: string;
      proxy?: string;
      auth?: { username: string; password: string };
      headers?: Record<string, string>;
    },
    progress?: {
      cbRequest?: (error: Error | null, request: SrfRequest) => void;
      cbProvisional?: (response: { readonly status: number }) => void;
    },
  ): Promise<SrfDialog>;
  request(
    uri: string,
    options: { method: string; headers?: Record<string, string> },
    sent: (error: Error | null, request?: SrfRequest) => void,
  ): void;
}

/** Unmodified drachtio-srf. */
export const Srf = RealSrf as unknown as new () => SrfApp;
