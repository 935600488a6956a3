import { errors } from 'undici';
import { describe, expect, it } from 'vitest';
import { detailOf, failureOf } from '../../../src/http/failures.js';

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });

describe('the detail of a failure', () => {
  it.each<[string, Error, string, string]>([
    [
      'a server that closes',
      new errors.SocketError('other side closed'),
      'connection',
      'the server closed the connection before',
    ],
    ['an answer nobody asked for', new errors.SocketError('bad response'), 'bad-response', 'no answer to the request'],
    [
      'too much beside the body',
      new errors.HeadersOverflowError(),
      'bad-response',
      'headers (webhooks.maxHeaderBytes), trailers, or chunks',
    ],
    ['another length', new errors.ResponseContentLengthMismatchError(), 'bad-response', 'not as long as its Content-Length'],
    ['no connection', new errors.ConnectTimeoutError('Connect Timeout Error (10.0.0.1:443)'), 'timeout', 'no connection in time'],
    [
      'a proxy that refuses',
      new errors.RequestAbortedError('Proxy response (407) !== 200 when HTTP Tunneling'),
      'connection',
      'the proxy answered 407',
    ],
    [
      'what is not HTTP',
      new errors.HTTPParserError('Response does not match the HTTP/1.1 protocol (Expected HTTP/)'),
      'bad-response',
      'does not begin with HTTP/1.1 and a status',
    ],
    ['a client that is closed', new errors.ClientDestroyedError(), 'connection', 'Offhook stops'],
  ])('%s: in words, without the names of a library', (_what, error, failure, words) => {
    expect(failureOf(error)).toBe(failure);
    expect(detailOf(error)).toContain(words);
    expect(detailOf(error)).not.toMatch(/UND_|HPE_|Error|Tunneling|10\.0\.0\.1/u);
  });

  it.each<[Error, string]>([
    [coded('read ECONNRESET', 'ECONNRESET'), 'the server broke the connection off (ECONNRESET)'],
    [coded('certificate has expired', 'CERT_HAS_EXPIRED'), 'the certificate of the server has expired (CERT_HAS_EXPIRED)'],
    [
      new AggregateError([coded('connect ECONNREFUSED', 'ECONNREFUSED')]),
      'the connection was refused: nothing listens on that port (ECONNREFUSED)',
    ],
    [new Error('something else'), 'something else'],
  ])('of the system keeps the code that is looked up: %s', (error, words) => {
    expect(detailOf(error)).toBe(words);
  });
});
