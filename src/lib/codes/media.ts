/** Codes of media; part of `CODES`. */
export const MEDIA_CODES = {
  MEDIA_WORKER_LOST: {
    meaning: 'A media worker ended unexpectedly. Its calls were ended and reported, and another worker takes its place.',
    advice: 'This is a bug. Report it with the log line, which has the stack.',
  },
  MEDIA_SESSION_FAILED: {
    meaning: 'An error inside Offhook stopped the media of one call. That call was ended and reported. Other calls go on.',
    advice: 'This is a bug. Report it with the log line, which has the stack.',
  },
  NO_PORTS: {
    meaning: 'Every RTP port of the configured range is in use. The call was refused.',
    advice: 'Widen the range of RTP ports. Each call takes two: an even port and the one after it.',
  },
  OVERLOADED: {
    meaning: 'The media workers are at their limit. The call was refused so that the other calls keep their quality.',
    advice: 'Give the machine more cores, raise the number of media workers, or send fewer calls to this node.',
  },
  SOCKET: {
    meaning: 'The operating system refused an RTP socket.',
    advice:
      'Check that the media address exists on this machine and that the process may open enough files. The log has the cause.',
  },
  SDP_INVALID: {
    meaning: 'The session description of the far end is malformed, or names an address that Offhook cannot send to.',
    advice: 'Compare the offer in the call trace with RFC 4566. The message names the wrong line.',
  },
  SDP_NO_AUDIO: {
    meaning: 'The far end offers no audio over RTP/AVP.',
    advice: 'Offer plain RTP audio on the trunk. SRTP and ICE are not supported on this leg.',
  },
  SDP_NO_COMMON_CODEC: {
    meaning: 'The far end offers none of the codecs of `media.codecs`.',
    advice: 'Allow one of them on the trunk, or add a codec of the trunk to `media.codecs`.',
  },
} as const;
