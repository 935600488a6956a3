/*
 * Sound a test can tell apart by ear and by arithmetic: sine tones as files and as samples.
 */

const RATE = 8000;
/** −12 dBFS. */
const AMPLITUDE = 8192;

/** A sine tone of 16-bit samples at 8 kHz. */
export function toneSamples(hertz: number, ms: number): Int16Array {
  return Int16Array.from({ length: (ms * RATE) / 1000 }, (_, i) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * hertz * i) / RATE)),
  );
}

/** The same as a WAV file (16-bit PCM, mono, 8 kHz). */
export function toneWav(hertz: number, ms: number): Uint8Array {
  const samples = toneSamples(hertz, ms);
  const data = Buffer.from(samples.buffer);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}
