/** Methods of the SIP family of RFCs; anything else is answered 501. */
export const KNOWN_METHODS: ReadonlySet<string> = new Set(
  'INVITE ACK CANCEL BYE OPTIONS INFO UPDATE PRACK REFER NOTIFY SUBSCRIBE MESSAGE PUBLISH REGISTER'.split(' '),
);

/** Methods that exist only inside a dialog. */
export const DIALOG_METHODS: ReadonlySet<string> = new Set(['BYE', 'INFO', 'UPDATE', 'PRACK']);

/** Allow header (RFC 3261 §20.5), the same in everything we send: what is taken inside and outside dialogs. */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK';

/** Option tags we understand in Require (RFC 3261 §8.2.2.3); also our Supported header. */
export const SUPPORTED: ReadonlySet<string> = new Set(['100rel', 'timer']);
