/*
 * The clock of all sound in this process: 8,000 samples a second, 20 ms a packet. Prompts are made, music is played and recordings
 * are kept at it; a codec says for itself how many bytes such a packet has (`codecs.ts`).
 */

/** Samples per second. */
export const SAMPLE_RATE = 8000;
/** Samples of one ms. */
export const SAMPLES_PER_MS = SAMPLE_RATE / 1000;
/** Play time of one packet, ms. */
export const FRAME_MS = 20;
/** Samples of one packet. */
export const FRAME_SAMPLES = FRAME_MS * SAMPLES_PER_MS;
