import type { Result } from '../../lib/result.js';
import type { OfferAnswer, SignalingError, SipDialog } from '../../sip/types.js';
import type { EndReason, LegEnd } from '../termination.js';

/** What the setup of a dialog reports on its way. */
export interface SetupProgress {
  /** The far end rings (180). */
  ringing(): void;
  /** The 200 is sent or has come. */
  answering(): void;
}

/** How the dialog of a leg comes to be: we answer an INVITE ({@link AnsweredInvite}), or send one ({@link PlacedInvite}). */
export interface DialogSetup {
  /** The offer in the far end's INVITE; null when the first offer is ours (RFC 3264 §4). */
  readonly offer: string | null;
  /** Answers an offer that comes before the dialog stands (RFC 3262 §5). */
  onOffer(handler: (offer: string) => OfferAnswer): void;
  /** Called when the far end or the network ends the INVITE before it is answered. Never from within this call. */
  onGone(handler: (ending: EndReason) => void): void;
  /** Says that we ring; nothing when it is the far end that rings. */
  ring(progress: SetupProgress): void;
  /** Sends our description; resolves with the dialog, or why there is none. */
  connect(localSdp: string, progress: SetupProgress): Promise<Result<SipDialog, SignalingError>>;
  /** Gives up what is not answered yet. */
  giveUp(end: LegEnd): void;
}
