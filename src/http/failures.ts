import { errors } from 'undici';
import { AddressRefused } from './connect.js';
import { responseProblem, failureText } from './failure-texts.js';
import { MalformedResponse } from './connection-limit.js';

/* Which failure an error on the way to a server stands for, and the text for it. */

/**
 * Why no usable response came. `authentication`: there is nothing to prove with who asks. `tls`: the far end is there and cannot be
 * trusted. `circuit-open`: not asked, because it kept failing.
 */
export type RequestFailure =
  'timeout' | 'connection' | 'tls' | 'refused' | 'bad-request' | 'bad-response' | 'authentication' | 'circuit-open';

/** Which failure an error of undici, the socket or the guard stands for. */
export function failureOf(error: Error): RequestFailure {
  if (error instanceof AddressRefused) return 'refused';
  if (error instanceof MalformedResponse) return 'bad-response';
  if (error instanceof errors.ConnectTimeoutError) return 'timeout';
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) return 'bad-response';
  if (error instanceof errors.ResponseContentLengthMismatchError) return 'bad-response';
  if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError) return 'bad-request';
  if (error instanceof errors.SocketError && error.message === 'bad response') return 'bad-response';
  return isTlsError(error) ? 'tls' : 'connection';
}

/** Codes of OpenSSL's certificate checks (X509_V_ERR_*) and of Node's and OpenSSL's TLS layers. */
const TLS_CODES =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_|UNABLE_TO_|HOSTNAME_MISMATCH$|INVALID_(?:CA|PURPOSE)$|PATH_LENGTH_EXCEEDED$)/u;

function isTlsError(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && TLS_CODES.test(code);
}

/** The messages of undici, which are written for programmers, in words for operators. By the message, else by the code. */
const PLAIN: ReadonlyMap<string, string> = new Map([
  ['other side closed', 'the server closed the connection before its answer was whole'],
  ['closed', 'the connection was closed before the answer was whole'],
  ['bad response', 'the server sent what is no answer to the request'],
  [
    'UND_ERR_HEADERS_OVERFLOW',
    'the answer has too many or too long headers (webhooks.maxHeaderBytes), trailers, or chunks of too few bytes',
  ],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'the body of the answer is not as long as its Content-Length says'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection in time'],
  ['UND_ERR_DESTROYED', 'the connections are closed: Offhook stops'],
  ['UND_ERR_CLOSED', 'the connections are closed: Offhook stops'],
]);

/** Codes of libraries, which nobody who reads a detail can look up. */
const INTERNAL_CODE = /^(?:UND_|HPE_)/u;

const PROXY_REFUSAL = /^Proxy response \((\d+)\)/u;

/** A sentence part without addresses of our own machine: what the innermost error means, and its code where one can be looked up. */
export function detailOf(error: Error): string {
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const { message } = inner;
  const code = (inner as NodeJS.ErrnoException).code ?? '';
  const proxyStatus = PROXY_REFUSAL.exec(message)?.[1];
  if (proxyStatus !== undefined) return `the proxy answered ${proxyStatus} when asked for a connection`;
  if (inner instanceof MalformedResponse) return `the answer is no sound HTTP: ${message}`;
  if (inner instanceof errors.HTTPParserError) return `the answer is no sound HTTP: ${responseProblem(inner)}`;
  const words = failureText(inner);
  if (words !== null) return words;
  const plain = INTERNAL_CODE.test(code) ? (PLAIN.get(message) ?? PLAIN.get(code) ?? message) : null;
  return plain ?? (message.includes(code) ? message : `${message} (${code})`);
}
