import { parse } from 'sdp-transform';

/**
 * Whether the far end said it sends no audio, or asked for none: hold in either form (RFC 3264 §8.4: `sendonly`, `inactive`, and
 * the old address 0.0.0.0). False for SDP that does not parse: that is not ours to judge.
 */
export function isHold(sdp: string): boolean {
  try {
    const session = parse(sdp);
    const audio = session.media.find((media) => media.type === 'audio');
    const direction = audio?.direction ?? session.direction ?? 'sendrecv';
    return direction !== 'sendrecv' || (audio?.connection ?? session.connection)?.ip === '0.0.0.0';
  } catch {
    return false;
  }
}
