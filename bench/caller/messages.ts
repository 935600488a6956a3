/*
 * The SIP messages of a caller that knows one server well: UDP on loopback, no proxy between, no authentication (RFC 3261).
 */

/** What a call needs to write its messages. */
export interface Dialog {
  readonly number: string;
  readonly caller: string;
  readonly serverPort: number;
  readonly ownPort: number;
  readonly rtpPort: number;
  readonly callId: string;
  /** The far end's Contact and To, once it has answered. */
  contact: string;
  to: string;
}

const HOST = '127.0.0.1';
/** Payload type of telephone-event in every offer. */
export const EVENT_TYPE = 101;

const uri = (dialog: Dialog): string => `sip:${dialog.number}@${HOST}:${dialog.serverPort}`;

function request(
  dialog: Dialog,
  method: string,
  options: { target: string; branch: string; cseq: string; body?: string },
): string {
  const { caller, ownPort, callId } = dialog;
  const body = options.body ?? '';
  return [
    `${method} ${options.target} SIP/2.0`,
    `Via: SIP/2.0/UDP ${HOST}:${ownPort};branch=z9hG4bK${callId}${options.branch};rport`,
    'Max-Forwards: 70',
    `From: <sip:${caller}@${HOST}>;tag=${caller}`,
    `To: ${dialog.to === '' ? `<${uri(dialog)}>` : dialog.to}`,
    `Call-ID: ${callId}`,
    `CSeq: ${options.cseq}`,
    `Contact: <sip:${caller}@${HOST}:${ownPort}>`,
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

export function invite(dialog: Dialog): string {
  const body = [
    'v=0',
    `o=- ${dialog.caller} 1 IN IP4 ${HOST}`,
    's=-',
    `c=IN IP4 ${HOST}`,
    't=0 0',
    `m=audio ${dialog.rtpPort} RTP/AVP 0 ${EVENT_TYPE}`,
    'a=rtpmap:0 PCMU/8000',
    `a=rtpmap:${EVENT_TYPE} telephone-event/8000`,
    'a=ptime:20',
    '',
  ].join('\r\n');
  return request(dialog, 'INVITE', { target: uri(dialog), branch: 'i', cseq: '1 INVITE', body });
}

/** To a 2xx a transaction of its own (RFC 3261 §13.2.2.4), to anything else part of the INVITE's (§17.1.1.3). */
export function ack(dialog: Dialog, status: number): string {
  const accepted = status < 300;
  return request(dialog, 'ACK', { target: accepted ? dialog.contact : uri(dialog), branch: accepted ? 'a' : 'i', cseq: '1 ACK' });
}

export function bye(dialog: Dialog): string {
  return request(dialog, 'BYE', { target: dialog.contact, branch: 'b', cseq: '2 BYE' });
}

const COPIED = /^(?:via|from|to|call-id|cseq)[ \t]*:.*\r\n/gim;

/** 200 to any request. */
export function okTo(message: string): string {
  return `SIP/2.0 200 OK\r\n${(message.match(COPIED) ?? []).join('')}Content-Length: 0\r\n\r\n`;
}

/** A message as far as a caller must understand it. */
export interface Read {
  /** 0 for a request. */
  readonly status: number;
  /** Of the request, or of the request answered. */
  readonly method: string;
  readonly callId: string;
}

export function read(message: string): Read | null {
  const callId = /^Call-ID:\s*(\S+)/im.exec(message)?.[1];
  const method = /^CSeq:\s*\d+\s+(\w+)/im.exec(message)?.[1];
  if (callId === undefined || method === undefined) return null;
  return { status: message.startsWith('SIP/2.0 ') ? Number(message.slice(8, 11)) : 0, method, callId };
}

/** What a 2xx to an INVITE says about the far end. */
export function readAnswer(message: string): { readonly contact: string; readonly to: string; readonly rtpPort: number } {
  return {
    contact: /^Contact:.*?<([^>]+)>/im.exec(message)?.[1] ?? '',
    to: /^To:\s*(.*?)\r/im.exec(message)?.[1] ?? '',
    rtpPort: Number(/^m=audio (\d+)/m.exec(message)?.[1] ?? 0),
  };
}
