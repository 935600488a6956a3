import { describe, expect, it } from 'vitest';
import { isHold } from '../../../src/call/leg/remote-hold.js';
import { dtmfOfInfo, isDtmfInfo } from '../../../src/call/leg/dtmf-info.js';
import { LegState } from '../../../src/call/leg/state.js';
import { endReasonOfError } from '../../../src/call/termination.js';
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
    ['Signal=5\r\nDuration=160\r\n', '5'],
    ['Duration=250\nSignal= *\n', '*'],
    ['Duration=250\rSignal=3\r', '3'],
    ['signal=11', '#'],
    ['Signal=a', 'A'],
    ['Signal:5', '5'],
    ['d=7', '7'],
    ['Digit = 8', '8'],
    ['p=Digit-Collection\r\ny=Digits\r\nd=9\r\n', '9'],
    ['Signal="6"', '6'],
    ['Signal=4;Duration=100', '4'],
    ['Signal=star', '*'],
    ['Signal=pound', '#'],
    ['7', '7'],
    ['  # \r\n', '#'],
    ['16', null],
    ['Signal=16', null],
    ['', null],
    ['Signal=hello', null],
    ['Signal=', null],
    ['Duration=5', null],
    ['55', null],
  ])('%j is %j', (body, key) => {
    expect(dtmfOfInfo(body)).toBe(key);
  });

  it.each([
    ['application/dtmf-relay', true],
    ['Application/DTMF; charset=x', true],
    ['application/dtmf-relayed', false],
    ['text/plain', false],
    ['', false],
  ])('a body of %j carries a key: %s', (type, carries) => {
    expect(isDtmfInfo(type)).toBe(carries);
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
    expect(endReasonOfError({ code, status, message: '' })).toMatchObject(expected);
  });
});
