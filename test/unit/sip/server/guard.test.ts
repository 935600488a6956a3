import { describe, expect, it } from 'vitest';
import { SourceGuard, type Shares } from '../../../../src/sip/server/guard.js';
import { LIMITS, parseMessage, type SipRequest } from '../../../../src/sip/server/message/message.js';
import { requestText } from '../../../support/sip-peer.js';

const text = (method: string, more: object = {}): string => requestText({ method, port: 5060, callId: 'g', ...more });
function read(message: string): SipRequest {
  const parsed = parseMessage(Buffer.from(message));
  if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('no request');
  return parsed.value;
}

/** OPTIONS inside a dialog whose To stands behind headers of so many bytes. */
function behind(bytes: number): string {
  const lines = Array.from({ length: Math.ceil(bytes / 5_000) }, (_, at) => 'x'.repeat(Math.min(5_000, bytes - at * 5_000) - 5));
  return text('OPTIONS', { toTag: 'ours' }).replace('To:', `${lines.map((line) => `X: ${line}\r\n`).join('')}To:`);
}

interface Source {
  readonly guard: SourceGuard;
  readonly judge: (method: string, source?: string, inDialog?: boolean) => string;
  readonly flood: (message: string, source?: string) => boolean;
  readonly second: () => void;
}
function guarded(shares: Shares): Source {
  let now = 0;
  const guard = new SourceGuard([], shares, () => now);
  return {
    guard,
    judge: (method, source = '192.0.2.1', inDialog = false) => guard.judge(read(text(method)), source, inDialog),
    flood: (message, source = '192.0.2.1') => guard.isFlood(Buffer.from(message), source),
    second: () => (now += 1_000),
  };
}
const times = (count: number, what: () => string): string[] => Array.from({ length: count }, what);

describe('the share of a source', () => {
  it('counts all methods but INVITE together: the last of the share passes, the next does not', () => {
    const { judge } = guarded({ others: 3 });
    expect(['OPTIONS', 'REGISTER', 'MESSAGE', 'OPTIONS'].map((method) => judge(method))).toEqual([
      'pass',
      'pass',
      'pass',
      'too-fast',
    ]);
    expect(judge('INVITE')).toBe('pass');
    expect(judge('OPTIONS', '192.0.2.2')).toBe('pass');
  });

  it('counts INVITEs by themselves', () => {
    const { judge } = guarded({ invites: 2, others: 1 });
    expect(times(3, () => judge('INVITE'))).toEqual(['pass', 'pass', 'too-fast']);
    expect(times(2, () => judge('OPTIONS'))).toEqual(['pass', 'too-fast']);
  });

  it('never counts ACK, CANCEL and what belongs to a dialog', () => {
    const { judge } = guarded({ invites: 0, others: 0 });
    expect([judge('ACK'), judge('CANCEL'), judge('INFO', '192.0.2.1', true), judge('OPTIONS', '192.0.2.1', true)]).toEqual(
      times(4, () => 'pass'),
    );
  });

  it('begins anew every second', () => {
    const { judge, second } = guarded({ others: 1 });
    expect([judge('OPTIONS'), judge('OPTIONS')]).toEqual(['pass', 'too-fast']);
    second();
    expect(judge('OPTIONS')).toBe('pass');
  });

  it('counts bytes that are no message', () => {
    const { guard } = guarded({ others: 2 });
    expect([guard.countOther('a'), guard.countOther('a'), guard.countOther('a')]).toEqual([true, true, false]);
  });
});

describe('what is dropped unread', () => {
  it('begins at twice the share', () => {
    const { judge, flood } = guarded({ others: 2 });
    times(3, () => judge('OPTIONS'));
    expect(flood(text('OPTIONS'))).toBe(false);
    judge('OPTIONS');
    expect(flood(text('OPTIONS'))).toBe(true);
    expect(flood(text('OPTIONS'), '192.0.2.2')).toBe(false);
  });

  it.each([
    ['an INVITE', text('INVITE')],
    ['an ACK', text('ACK')],
    ['a CANCEL', text('CANCEL')],
    ['a BYE', text('BYE')],
    ['an answer', 'SIP/2.0 200 OK\r\n\r\n'],
    ['OPTIONS inside a dialog', text('OPTIONS', { toTag: 'ours' })],
    ['INFO inside a dialog in compact form', text('INFO', { toTag: 'ours' }).replace('To:', 't :')],
    ['an INVITE behind empty lines', `\r\n\r\n${text('INVITE')}`],
    ['an answer in small letters', 'sip/2.0 200 OK\r\n\r\n'],
    ['INFO inside a dialog, folded', text('INFO', { toTag: 'ours' }).replace(/To: (.*);tag/, 'To:\r\n $1\r\n\t; \r\n tag ')],
    ['OPTIONS inside a dialog behind long headers', behind(25_000)],
    ['OPTIONS inside a dialog with a head as long as any that is read', behind(LIMITS.head - text('OPTIONS').length - 20)],
  ])('is never %s', (_name, message) => {
    const { judge, flood } = guarded({ others: 1 });
    times(5, () => judge('OPTIONS'));
    expect(flood(message)).toBe(false);
  });

  it.each([
    ['REGISTER', text('REGISTER')],
    ['a From tag alone', text('MESSAGE', { fromTag: 'x' })],
    ['noise', 'hello'],
    ['a To tag in the body', text('MESSAGE', { body: 'a\r\nTo: <sip:x@y>;tag=z\r\n' })],
    ['a To tag behind what is ever read of a head', behind(LIMITS.head)],
    ['empty lines', '\r\n'.repeat(20_000)],
  ])('is %s', (_name, message) => {
    const { judge, flood } = guarded({ others: 1 });
    times(2, () => judge('OPTIONS'));
    expect(flood(message)).toBe(true);
  });

  it('is nothing without a share', () => {
    const { judge, flood } = guarded({});
    times(50, () => judge('OPTIONS'));
    expect(flood(text('OPTIONS'))).toBe(false);
  });
});
