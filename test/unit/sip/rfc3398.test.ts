import { describe, expect, it } from 'vitest';
import { causeOfStatus, statusOfCause } from '../../../src/sip/rfc3398.js';

describe('SIP status to Q.850 cause', () => {
  it.each([
    [[200], 16],
    [[404, 485, 604], 1],
    [[486, 600], 17],
    [[480], 18],
    [[401, 403, 407, 603], 21],
    [[410], 22],
    [[484], 28],
    [[482, 483], 25],
    [[502], 38],
    [[500, 503, 400, 481], 41],
    [[405], 63],
    [[408, 504], 102],
    [[415, 501], 79],
    [[487, 488, 606, 699], 127],
  ])('%j → %i', (statuses, cause) => {
    for (const status of statuses) expect(causeOfStatus(status)).toBe(cause);
  });
});

describe('RFC 3398 §8.2.6.1: Q.850 cause to the SIP status that refuses a call', () => {
  it.each([
    [1, 404],
    [16, 480],
    [17, 486],
    [18, 408],
    [21, 603],
    [22, 410],
    [28, 484],
    [34, 503],
    [41, 503],
    [57, 403],
    [79, 501],
    [102, 504],
    [127, 500],
    [5, 500],
  ])('%i → %i', (cause, status) => {
    expect(statusOfCause(cause)).toBe(status);
  });
});
