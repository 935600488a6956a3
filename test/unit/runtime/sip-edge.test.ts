import { expect, it } from 'vitest';
import { ackTimeoutMs } from '../../../src/runtime/sip-edge.js';

const external = { host: 'edge', port: 9022, secret: 's' };

it.each([
  ['the built-in server', null, 500, 35_000],
  ['a raised T1', null, 2000, 131_000],
  ['the highest T1', null, 5000, 323_000],
  ['an external server, which has its own T1', external, 2000, 35_000],
])('an ACK is waited for longer than the server does: %s', (_what, server, t1Ms, ms) => {
  expect(ackTimeoutMs({ server, t1Ms })).toBe(ms);
});
