/** A finished recording of a call. */
export interface StoredRecording {
  readonly id: string;
  readonly callId: string;
  readonly name: string;
  /** As the journal named it, below the recordings folder. */
  readonly file: string;
  readonly ms: number;
  readonly bytes: number;
  readonly format: 'wav';
  /** Wall-clock ms when it was finished. */
  readonly at: number;
}
