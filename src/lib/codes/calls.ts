/** Codes of calls; part of `CODES`. */
export const CALLS_CODES = {
  CALL_FAILED: {
    meaning: 'An error inside Offhook ended a call. Other calls go on.',
    advice: 'This is a bug. Report it with the log line, which has the stack.',
  },
  CALL_ENDED: {
    meaning: 'A request or a flow wanted something of a call that has ended.',
    advice:
      'Nothing is wrong: the caller or the flow hung up first. Flows cannot use audio in the anchors that run after the end.',
  },
  CALL_NOT_ANSWERED: {
    meaning: 'An announcement was sent to a call that is not answered yet.',
    advice: 'Wait until the call is answered (`state` is `in_progress`), then send it again. Only the flow answers a call.',
  },
  ANNOUNCEMENTS_FULL: {
    meaning: 'The call already has the maximum number of announcements waiting.',
    advice: 'Wait until the caller has heard some of them, then send yours again.',
  },
  CALL_GAVE_WAY: {
    meaning:
      'Offhook ended a call to make room for another one. The caller had never acknowledged the answer, or had never sent audio.',
    advice:
      'A sender may be occupying calls without using them: list your trunks under `sip.allowFrom`. If the call came from your own trunk, find out why its ACKs or its RTP do not arrive.',
  },
  MEDIA_START_FAILED: {
    meaning: 'The media engine cannot bind its RTP sockets.',
    advice:
      'Check `media.address`, `media.address6` and `media.ports`. The addresses must belong to this machine, and the ports must be free.',
  },
  KEY_MISSED: {
    meaning:
      'A caller pressed a key that Offhook cannot read. The log has one line for each call; `offhook_keys_missed_total` counts every key.',
    advice:
      'Check what the phone or trunk sends: an event that is not a key (hook flash), a SIP INFO that cannot be read, or telephone-event with a payload type that its SDP does not name.',
  },
  RECORDING_FAILED: {
    meaning: 'A recording could not start or finish.',
    advice:
      'Check that the recordings folder exists, that this user may write there, and that the disk is not full. The log has the cause.',
  },
  RECORDING_SOUND_LATE: {
    meaning:
      'Audio of a caller arrived more than two seconds late, so the recording has silence in its place. The log has one line for each call.',
    advice: 'Check the network between the caller and this machine: it held packets back for seconds.',
  },
  RECORDING_NOT_FOUND: {
    meaning: 'A flow stops a recording that was never started on this call.',
    advice: 'Start the recording first, or correct its name in the flow.',
  },
} as const;
