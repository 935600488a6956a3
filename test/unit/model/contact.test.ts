import { describe, expect, it } from 'vitest';
import { contactOf } from '../../../src/model/contact.js';

describe('whose stored variables a call has', () => {
  it.each(['', 'anonymous', 'Anonymous', 'restricted', 'unavailable', 'unknown'])('nobody’s for “%s”', (cli) => {
    expect(contactOf(cli)).toBeNull();
  });

  it.each(['+4915112345', '15550001', 'anna', 'anonymous2'])('those of %s', (cli) => {
    expect(contactOf(cli)).toBe(cli);
  });
});
