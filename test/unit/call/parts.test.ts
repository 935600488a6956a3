import { describe, expect, it } from 'vitest';
import { isHold } from '../../../src/call/direction.js';
import { dtmfOfInfo } from '../../../src/call/dtmf-info.js';
import { LegState } from '../../../src/call/state.js';
import { endingOfError } from '../../../src/call/termination.js';
import { OFFER } from '../../support/fake-signaling.js';

describe('the state table of a leg', () => {
  it('takes the way of an answered call', () => {
    const state = new LegState();
    for (const to of ['ringing', 'answering', 'answered', 'ending', 'ended'] as const) state.move(to);
    expect(state.over).toBe(true);
  });

  it.each([
    [['answered']],
    [['ringing', 'ringing']],
    [['ending', 'answering']],
    [['ending', 'ending']],
    [['ending', 'ended', 'new']],
  ] as const)('throws for %j', (moves) => {
    const state = new LegState();
    expect(() => {
      for (const to of moves) state.move(to);
    }).toThrow(/cannot move/);
  });
});

describe('DTMF by INFO', () => {
  it.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n', '5'],
    ['Application/DTMF-Relay; charset=x', 'Duration=250\nSignal= *\n', '*'],
    ['application/dtmf-relay', 'signal=11', '#'],
    ['application/dtmf-relay', 'Signal=a', 'A'],
    ['application/dtmf', '7', '7'],
    ['application/dtmf', '16', null],
    ['application/dtmf', '', null],
    ['application/dtmf-relay', 'Signal=hello', null],
    ['text/plain', '5', null],
  ])('%s %j is %j', (type, body, key) => {
    expect(dtmfOfInfo(type, body)).toBe(key);
  });
});

describe('hold', () => {
  it.each([
    ['sendrecv', OFFER, false],
    ['sendonly', OFFER.replace('sendrecv', 'sendonly'), true],
    ['inactive', OFFER.replace('sendrecv', 'inactive'), true],
    ['no direction', OFFER.replace('a=sendrecv\r\n', ''), false],
    ['the address 0.0.0.0', OFFER.replace('c=IN IP4 127.0.0.1', 'c=IN IP4 0.0.0.0'), true],
    ['the address ::', OFFER.replace('c=IN IP4 127.0.0.1', 'c=IN IP6 ::'), true],
    ['audio with port 0', OFFER.replace('m=audio 40000', 'm=audio 0'), true],
    ['audio with port 0, and audio that goes on', OFFER.replace('m=audio', 'm=audio 0 RTP/AVP 0\r\nm=audio'), false],
    [
      'encrypted audio on hold, and plain audio that goes on',
      OFFER.replace('m=audio', 'm=audio 5 RTP/SAVP 0\r\na=inactive\r\nm=audio'),
      false,
    ],
    ['no audio', OFFER.replace('m=audio', 'm=video'), false],
    ['no SDP at all', 'hello', false],
  ])('%s', (_name, sdp, held) => {
    expect(isHold(sdp)).toBe(held);
  });
});

describe('errors of an answer', () => {
  it.each([
    ['GONE', null, { reason: 'rejected', cause: 41 }],
    ['REJECTED', 486, { reason: 'rejected', cause: 17 }],
    ['TIMEOUT', null, { reason: 'rejected' }],
    ['LOST', null, { reason: 'signaling-lost' }],
  ] as const)('%s', (code, status, expected) => {
    expect(endingOfError({ code, status, message: '' })).toMatchObject(expected);
  });
});
