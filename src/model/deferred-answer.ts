/** An answer that came to a resume URL. */
export interface DeferredAnswer {
  /** 200 unless the service named another. */
  readonly status: number;
  /** Empty when there was none. */
  readonly contentType: string;
  readonly body: Buffer;
}
