import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { isHostEntry, isNetworkEntry } from '../../http/guard.js';

/* Kinds of fields that several sections of `config/offhook.json` have. */

/** A section whose keys all have defaults may be absent as a whole. */
export function section<T extends z.ZodRawShape>(meaning: string, shape: T) {
  return z
    .strictObject(shape)
    .prefault({} as never)
    .describe(meaning);
}

export const network = z.string().refine(isNetworkEntry, 'expected an IP address or a network such as 192.0.2.0/24');
export const host = z.string().refine(isHostEntry, 'expected `host` or `host:port`, IPv6 in brackets, without http:// and path');
export const ipAddress = z.string().refine((text) => ipaddr.isValid(text), 'expected an IP address');
/** An IPv6 address that is of one host and needs no link (RFC 4007 §6): no group's, no IPv4 inside IPv6. */
export const isIpv6 = (text: string): boolean =>
  ipaddr.IPv6.isValid(text) &&
  !text.includes('%') &&
  !['linkLocal', 'multicast', 'ipv4Mapped'].includes(ipaddr.parse(text).range());
const isPercentEncoded = (text: string): boolean => {
  try {
    return decodeURIComponent(text) !== '';
  } catch {
    return false;
  }
};

export const port = z.number().int().min(1).max(65_535);
export const portOrAny = z.number().int().min(0).max(65_535);
export const count = z.number().int().min(1);
export const httpUrl = z.url({ protocol: /^https?$/, error: 'expected an http or https URL' });
/** Name and password in it are percent-encoded UTF-8 (RFC 3986 §2.5). */
export const proxyUrl = httpUrl.refine(isPercentEncoded, 'a % that stands for itself is written %25');
export const listenAddress = z
  .string()
  .refine((text) => !/^(?:tls|sips|wss?):/i.test(text), {
    message:
      'SIP over TLS or WebSocket is not built in: put a proxy that speaks it in front, and listen for it on tcp:// or udp://',
    abort: true,
  })
  .regex(/^(udp|tcp):\/\/(\[[0-9a-f:]+\]|[0-9.]+):\d{1,5}$/i, 'expected udp://ADDRESS:PORT or tcp://ADDRESS:PORT')
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, 'the port is above 65535');
/** RFC 9110 §15.5, §15.6: only an error may be another one in a moment. */
export const retryStatus = z.number().int().min(400).max(599);
export const flowId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected a flow id: letters, digits, _ and -');
/** A text that may be `$secret.NAME`. */
export const secretText = z.string().min(1);

export const route = z
  .strictObject({
    number: z.string().min(1).max(64).optional().describe('The called number; an exact match. A leading + is ignored.'),
    prefix: z.string().min(1).max(64).optional().describe('The beginning of the called number; the longest match wins.'),
    flow: flowId.describe('Id of the flow that answers.'),
  })
  .refine((entry) => (entry.number === undefined) !== (entry.prefix === undefined), 'name either `number` or `prefix`');
