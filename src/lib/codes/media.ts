/** Codes of media; part of `CODES`. */
export const MEDIA_CODES = {
  MEDIA_WORKER_LOST: {
    meaning: 'A media thread ended by itself; its calls were ended and reported, and another thread takes its place.',
    advice: 'It is a bug: report it with the log line, which has the stack.',
  },
  MEDIA_SESSION_FAILED: {
    meaning: 'The media of one call failed by a fault of ours; that call was ended and reported, the others go on.',
    advice: 'It is a bug: report it with the log line, which has the stack.',
  },
  NO_PORTS: {
    meaning: 'Every RTP port of the configured range is in use; the call was refused.',
    advice: 'Widen the range of RTP ports: each call takes two, the even one and the one after it.',
  },
  OVERLOADED: {
    meaning: 'The media workers are at their limit; the call was refused so that the calls there are keep their quality.',
    advice: 'Give the machine more cores, raise the number of media workers, or send fewer calls to this node.',
  },
  SOCKET: {
    meaning: 'The system refused an RTP socket.',
    advice:
      'Check that the media address exists on this machine and that the process may open enough files; the log has the cause.',
  },
  SDP_INVALID: {
    meaning: 'The session description of the far end is malformed, or names an address that cannot be sent to.',
    advice: 'Check the offer in the call trace against RFC 4566; the message says which line is at fault.',
  },
  SDP_NO_AUDIO: {
    meaning: 'The far end offers no audio over RTP/AVP.',
    advice: 'Offer plain RTP audio on the trunk; SRTP and ICE are not supported on this leg.',
  },
  SDP_NO_COMMON_CODEC: {
    meaning: 'The far end offers none of the codecs of `media.codecs`.',
    advice: 'Allow one of them on the trunk, or add to `media.codecs` one that the trunk has.',
  },
} as const;
