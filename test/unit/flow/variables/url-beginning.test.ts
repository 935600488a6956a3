import { expect, it } from 'vitest';
import { mayBeginUrl } from '../../../../src/flow/variables/url-beginning.js';
import { parseName } from '../../../../src/flow/variables/scanner.js';
import type { Json } from '../../../../src/lib/json/json.js';

const flow = {
  document: { variables: { base: 'https://shop.example', BASE: 'https://b.example', 'my base': 'https://c.example' } },
};

/** Whether that variable may be the beginning of a URL when it holds that. */
function may(name: string, value: Json, listed: readonly string[] = []): boolean {
  const variable = parseName(name);
  if (variable === null) throw new Error(`${name} is no variable`);
  return mayBeginUrl(variable, value, { flow, isListed: (one) => listed.includes(one) });
}

it('what the flow itself says may, and nothing else under that name', () => {
  expect(may('$flow.key.base', 'https://shop.example')).toBe(true);
  expect(may('$flow.key.base', 'https://evil.example')).toBe(false);
  expect(may('$flow.key.base', '')).toBe(false);
  expect(may('$BASE', 'https://b.example')).toBe(true);
  expect(may('$flow.key.{my base}', 'https://c.example')).toBe(true);
  expect(may('$user.key.base', 'https://shop.example')).toBe(false);
  expect(may('$call.sipheader.X-Url', 'https://shop.example')).toBe(false);
});

it('what the site lists may, whatever it holds, by any of its names', () => {
  expect(may('$call.sipheader.X-Url', 'https://a.example', ['$call.sipheader.X-Url'])).toBe(true);
  expect(may('$flow.key.base', 'https://evil.example', ['$flow.key.base'])).toBe(true);
  expect(may('$CALLER_PHONE_NUMBER', 'x', ['$call.cli'])).toBe(true);
  expect(may('$CALLER_PHONE_NUMBER', 'x', ['$flow.key.base'])).toBe(false);
});

it('the link to a recording may: we made it', () => {
  expect(may('$call.recordingurl', 'https://ivr.example/r')).toBe(true);
  expect(may('$RECORDING_LINK', 'https://ivr.example/r')).toBe(true);
});
