import { formatNameAddr, parseNameAddr, splitList, type NameAddr } from '../message/headers.js';
import type { SipHeader } from '../message/message.js';
import type { Hop } from '../message/hop.js';
import type { Core } from './core.js';

const LOCALHOST = /^(sips?:(?:[^@]*@)?)localhost(?::\d+)?/i;

/** Contact of our side: the application's, when it gave one that can be read, else the address a peer reaches us under. */
export function ownContact(core: Core, hop: Hop, headers: readonly SipHeader[]): SipHeader {
  const given = headers.find(({ name }) => name === 'Contact')?.value;
  const address = given === undefined ? null : parseNameAddr(splitList(given)[0] ?? '');
  return {
    name: 'Contact',
    value: address === null ? core.transports.contact(hop) : formatNameAddr(withOwnHost(core, hop, address)),
  };
}

/** Applications write `localhost` where they mean the address that the peer knows us by. */
export function withOwnHost(core: Core, hop: Hop, address: NameAddr): NameAddr {
  if (!LOCALHOST.test(address.uri)) return address;
  const transport = hop.transport === 'tcp' && !address.uri.includes(';') ? ';transport=tcp' : '';
  return { ...address, uri: address.uri.replace(LOCALHOST, `$1${core.transports.hostPort(hop)}`) + transport };
}
