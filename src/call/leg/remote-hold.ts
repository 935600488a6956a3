import { parse, type SessionDescription } from 'sdp-transform';

/**
 * Whether the far end said it sends no audio, or asked for none: hold in every form (RFC 3264 §8.4: `sendonly`, `inactive`, the old
 * address 0.0.0.0; §8.2: audio with port 0). False for SDP without audio, or that does not parse: that is not ours to judge.
 */
export function isHold(sdp: string): boolean {
  try {
    const session = parse(sdp);
    const audio = session.media.filter(({ type }) => type === 'audio');
    const used = audio.find(({ port, protocol }) => port !== 0 && /^RTP\/AVPF?$/.test(protocol));
    return used === undefined ? audio.length > 0 && audio.every(({ port }) => port === 0) : isHeld(session, used);
  } catch {
    return false;
  }
}

function isHeld(session: SessionDescription, audio: SessionDescription['media'][number]): boolean {
  const address = (audio.connection ?? session.connection)?.ip;
  return (audio.direction ?? session.direction ?? 'sendrecv') !== 'sendrecv' || address === '0.0.0.0' || address === '::';
}
