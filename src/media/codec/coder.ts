/** Turns linear samples into the bytes of a codec and back. */
export interface Coder {
  /** Encodes 16-bit samples at 8 kHz. */
  readonly encode: (samples: Int16Array) => Uint8Array;
  /** Decodes to 16-bit samples at 8 kHz. Takes any bytes. */
  readonly decode: (bytes: Uint8Array) => Int16Array;
}

/** Every value of one byte, in order: what tables of 256 are made from. */
export const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);
