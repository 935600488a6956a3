import { isIPv6 } from 'node:net';
import type { CodecName } from '../codec/codec.js';
import { isKnownTo } from './addresses.js';
import { choose, NETWORK_WARNING, readDescription, type LocalMedia } from './offer.js';

/** Where audio of one address family is taken. */
export interface MediaPlace {
  /** Local address of the RTP sockets; `0.0.0.0` or `::` for all of the family. */
  readonly bindAddress: string;
  /** The address far ends are told to send to: the external one behind NAT, else the local one. Never an unspecified one. */
  readonly advertisedAddress: string;
  /** Only for far ends whose own address is known in no more places than ours: nobody has said that others reach it. */
  readonly nearOnly: boolean;
  /** Where it cannot be had, one goes without it. */
  readonly optional: boolean;
}

/** Whether a far end with that address can be served from there. */
export function serves({ nearOnly, advertisedAddress }: MediaPlace, address: string): boolean {
  return !nearOnly || isKnownTo(address, advertisedAddress);
}

/** Whether its addresses are IPv6. */
export function isIpv6Place({ bindAddress }: Pick<MediaPlace, 'bindAddress'>): boolean {
  return isIPv6(bindAddress);
}

/** What is known of a leg before it has a port. */
export interface LegBeginning {
  /** The description that the far end offers; null when we are to offer. */
  readonly offer: string | null;
  /** Where its signalling comes from, as the system writes it. */
  readonly signalingAddress: string;
  readonly codecs: readonly CodecName[];
}

/**
 * The place for a leg, preferred ones first: that of an offer's address, because an answer keeps to the family of its offer (RFC 3264
 * §6). Our own offer is of the preferred family, or of that the signalling came by. For an offer that no place can answer, the one
 * whose answer says best why.
 */
export function placeFor(places: readonly [MediaPlace, ...MediaPlace[]], leg: LegBeginning): MediaPlace {
  const [first, ...further] = places;
  if (further.length === 0) return first;
  const { offer, signalingAddress, codecs } = leg;
  if (offer === null) return places.find((place) => isOfFamily(place, signalingAddress)) ?? first;
  const description = readDescription(offer);
  if (!description.ok) return first;
  const tried = places.map((place) => {
    return { place, chosen: choose(description.value, localMedia(place, { port: 0, codecs, signalingAddress })) };
  });
  const fits = tried.find(({ chosen }) => chosen.ok);
  const explains = tried.find(({ chosen }) => !chosen.ok && chosen.error.warning !== NETWORK_WARNING);
  return (fits ?? explains)?.place ?? first;
}

function isOfFamily(place: MediaPlace, signalingAddress: string): boolean {
  return isIpv6Place(place) === isIPv6(signalingAddress) && (!isIPv6(signalingAddress) || serves(place, signalingAddress));
}

/** What a leg there states of itself. */
export function localMedia(
  place: MediaPlace,
  leg: { readonly port: number; readonly codecs: readonly CodecName[]; readonly signalingAddress: string },
): LocalMedia {
  return { address: place.advertisedAddress, serves: (address) => serves(place, address), ...leg };
}
