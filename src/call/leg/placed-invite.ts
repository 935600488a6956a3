import type { Result } from '../../lib/result.js';
import type { OutgoingInviteOptions, Signaling, SignalingError, SipDialog } from '../../sip/types.js';
import type { DialogSetup, SetupProgress } from './setup.js';

/** Whom we call, and as whom. */
export type PlacedInviteOptions = Omit<OutgoingInviteOptions, 'sdp' | 'onProvisional'>;

/** A leg that begins with an INVITE of ours (RFC 3261 §13.2). The first offer is ours. */
export class PlacedInvite implements DialogSetup {
  readonly offer = null;
  readonly #cancel = new AbortController();

  constructor(
    private readonly signaling: Pick<Signaling, 'invite'>,
    private readonly options: PlacedInviteOptions,
  ) {}

  /** Nothing: before their 200 the far end answers our offer, and makes none. */
  onOffer(): void {}

  /** Nothing: {@link connect} says why the far end did not answer. */
  onGone(): void {}

  /** Nothing: the far end rings. */
  ring(): void {}

  /** Sends the INVITE; resolves when the far end has answered it or never will. */
  async connect(sdp: string, progress: SetupProgress): Promise<Result<SipDialog, SignalingError>> {
    const onProvisional = (status: number): void => {
      if (status === 180) progress.ringing();
    };
    const placed = await this.signaling.invite({ ...this.options, sdp, onProvisional }, this.#cancel.signal);
    if (placed.ok) progress.answering();
    return placed;
  }

  /** Sends CANCEL. A 200 that crosses it is answered by a BYE. */
  giveUp(): void {
    this.#cancel.abort();
  }
}
