import { isHeaderName } from '../lib/header-value.js';

/*
 * Which headers a flow may set. Everything about framing and the connection belongs to the client (RFC 9110 §7.6.1).
 */

/** Made by the client itself: hop-by-hop fields, framing, and the host the guard has checked. */
const RESERVED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** RFC 9110 §5.5: visible characters, blank and tab; bytes above 0x7F as Latin-1. */
const VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/u;

/** What is wrong with a header, as a sentence part without its value, or null. */
export function headerProblem(name: string, value: string): string | null {
  if (!isHeaderName(name)) return 'a header has a name that HTTP does not allow';
  if (RESERVED.has(name.toLowerCase())) return `the header ${name} is set by Offhook itself; remove it`;
  if (!VALUE.test(value)) return `the header ${name} holds a line break, a control character or a character outside Latin-1`;
  return null;
}
