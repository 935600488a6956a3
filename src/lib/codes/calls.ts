/** Codes of calls; part of `CODES`. */
export const CALLS_CODES = {
  CALL_FAILED: {
    meaning: 'A call was ended by a fault of ours. Other calls go on.',
    advice: 'It is a bug: report it with the log line, which has the stack.',
  },
  CALL_ENDED: {
    meaning: 'Something was asked of a call that is over.',
    advice: 'Nothing is wrong: the caller or the flow hung up first. Audio is not possible in the anchors after the end.',
  },
  CALL_NOT_ANSWERED: {
    meaning: 'Something was to be said to a caller whose call is not answered yet.',
    advice: 'Wait until the call is answered (`state` is `in_progress`), then ask again; only the flow answers a call.',
  },
  ANNOUNCEMENTS_FULL: {
    meaning: 'A call has as many announcements waiting as it takes.',
    advice: 'Wait until some have been heard, then ask again.',
  },
  CALL_GAVE_WAY: {
    meaning: 'The caller never acknowledged our answer, or was never heard, and its place was needed for another call.',
    advice:
      'Somebody takes places without being there: list your trunks under `sip.allowFrom`. If it is a trunk of yours, see why its ACKs or its RTP do not arrive.',
  },
  MEDIA_START_FAILED: {
    meaning: 'The media engine could not bind RTP sockets.',
    advice:
      'Check `media.address`, `media.address6` and `media.ports`: the addresses must belong to this machine and the ports must be free.',
  },
  KEY_MISSED: {
    meaning: 'A caller pressed a key that cannot be taken. Told once for each call; `offhook_keys_missed_total` counts all.',
    advice:
      'Look at what the phone or trunk sends: an event that is no key (hook flash), a SIP INFO that cannot be read, or telephone-event on a number its description does not name.',
  },
  RECORDING_FAILED: {
    meaning: 'A recording could not be started or finished.',
    advice:
      'Check that the recordings folder exists, that this user may write there and that the disk is not full; the log has the cause.',
  },
  RECORDING_SOUND_LATE: {
    meaning:
      'Sound of a caller came more than two seconds late, so a recording has silence in its place. Told once for each call.',
    advice: 'Look at the network between the caller and this machine: it held packets back for seconds.',
  },
  RECORDING_NOT_FOUND: {
    meaning: 'A recording was to be stopped that was never started on this call.',
    advice: 'Start it first, or correct its name in the flow.',
  },
} as const;
