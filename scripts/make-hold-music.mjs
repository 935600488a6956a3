/*
 * Makes config/prompts/hold-music.wav, the default hold music of Offhook. Nothing in it is recorded, sampled or borrowed: this
 * script is the composition and the instrument, and running it again gives the same bytes.
 *
 *   node scripts/make-hold-music.mjs
 *
 * What it plays: a calm four-bar turn in D major (Dmaj7 – Bm7 – Gmaj7 – Asus4/A), twice, at 60 beats a minute, 32 s in all: soft
 * electric-piano arpeggios over a warm pad and a quiet bass, and a few melody notes in the second half. Every sound is a sum of
 * decaying sine partials (additive synthesis), and partials above 3.2 kHz are left out, so nothing is lost or aliased on a
 * telephone. The loop has no seam: sounds that outlast the end are wrapped round to the beginning, where they would still be
 * heard had it played before. Level: about −20 dBFS RMS, peaks well below full scale; 8 kHz µ-law, one byte a sample.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import alawmulaw from 'alawmulaw';

const RATE = 8000;
const BEAT_S = 1;
const BEATS = 32;
const LENGTH = RATE * BEAT_S * BEATS;
/** Telephones pass 300–3400 Hz; partials stay below. */
const HIGHEST_HZ = 3200;
const TARGET_RMS_DBFS = -20;

const mix = new Float64Array(LENGTH);

/** Frequency of a MIDI note number, A4 = 69 = 440 Hz. */
const hertz = (note) => 440 * 2 ** ((note - 69) / 12);

/**
 * Adds a sound to the mix. `partials` are [multiple of the fundamental, level, decay per second]; `attack` and `seconds` shape it.
 */
function add({ note, beat, seconds, level, attack, release, partials }) {
  const start = Math.round(beat * BEAT_S * RATE);
  const samples = Math.round((seconds + release) * RATE);
  for (const [multiple, share, decay] of partials) {
    const frequency = hertz(note) * multiple;
    if (frequency > HIGHEST_HZ) continue;
    const step = (2 * Math.PI * frequency) / RATE;
    for (let i = 0; i < samples; i++) {
      const t = i / RATE;
      const rise = t < attack ? Math.sin((Math.PI / 2) * (t / attack)) ** 2 : 1;
      const fall = t > seconds ? Math.cos((Math.PI / 2) * ((t - seconds) / release)) ** 2 : 1;
      mix[(start + i) % LENGTH] += level * share * rise * fall * Math.exp(-decay * t) * Math.sin(step * i);
    }
  }
}

/** A soft electric piano: a bell-like fourth partial that dies quickly over a round tone. */
const piano = (note, beat, level = 1) =>
  add({
    note,
    beat,
    level,
    seconds: 2.2,
    attack: 0.008,
    release: 0.6,
    partials: [
      [1, 1, 1.1],
      [2, 0.35, 1.8],
      [3, 0.12, 2.6],
      [4, 0.16, 5],
      [6.01, 0.04, 9],
    ],
  });

/** A pad: two voices a shade apart, slow to come and go. */
const pad = (note, beat, seconds) => {
  for (const detune of [0.9985, 1.0015]) {
    add({
      note,
      beat,
      seconds,
      level: 0.16,
      attack: 1.2,
      release: 1.6,
      partials: [
        [detune, 1, 0],
        [2 * detune, 0.4, 0],
        [3 * detune, 0.2, 0],
      ],
    });
  }
};

/** A bass whose overtones carry it where the telephone drops its fundamental. */
const bass = (note, beat) =>
  add({
    note,
    beat,
    level: 0.4,
    seconds: 2.8,
    attack: 0.03,
    release: 0.8,
    partials: [
      [1, 1, 0.6],
      [2, 0.8, 0.8],
      [3, 0.45, 1.2],
      [4, 0.15, 2],
    ],
  });

// Notes by MIDI number: D4 = 62, A3 = 57, B3 = 59, G3 = 55.
const BARS = [
  { root: 50, chord: [62, 66, 69, 73], pattern: [0, 2, 1, 3, 2, 1, 3, 2] },
  { root: 47, chord: [59, 62, 66, 69], pattern: [0, 2, 1, 3, 2, 1, 3, 2] },
  { root: 43, chord: [59, 62, 66, 67], pattern: [3, 0, 2, 1, 3, 2, 1, 2] },
  { root: 45, chord: [57, 62, 64, 69], pattern: [0, 2, 1, 3, 2, 1, 2, 0] },
];
/** Melody of the second half: [beat, note]. */
const MELODY = [
  [16, 78],
  [17.5, 76],
  [18, 74],
  [20, 78],
  [21.5, 81],
  [22, 78],
  [24, 79],
  [25.5, 78],
  [26, 74],
  [28, 76],
  [29.5, 74],
  [30, 73],
];

for (let bar = 0; bar < BEATS / 4; bar++) {
  const { root, chord, pattern } = BARS[bar % BARS.length];
  const beat = bar * 4;
  bass(root, beat);
  bass(root + 7, beat + 2.5);
  for (const note of chord) pad(note, beat, 3.2);
  pattern.forEach((step, index) => piano(chord[step] + (index % 4 === 3 ? 12 : 0), beat + index * 0.5, index === 0 ? 0.75 : 0.5));
}
for (const [beat, note] of MELODY) piano(note, beat, 0.85);

const rms = Math.sqrt(mix.reduce((sum, value) => sum + value * value, 0) / LENGTH);
const gain = (10 ** (TARGET_RMS_DBFS / 20) * 32768) / rms;
const samples = Int16Array.from(mix, (value) => Math.round(value * gain));
const encoded = alawmulaw.mulaw.encode(samples);

// RIFF/WAVE with WAVE_FORMAT_MULAW (7): `fmt ` of 18 bytes, `fact`, `data`.
const header = Buffer.alloc(58);
header.write('RIFF', 0);
header.writeUInt32LE(header.length - 8 + encoded.length, 4);
header.write('WAVEfmt ', 8);
header.writeUInt32LE(18, 16);
header.writeUInt16LE(7, 20);
header.writeUInt16LE(1, 22);
header.writeUInt32LE(RATE, 24);
header.writeUInt32LE(RATE, 28);
header.writeUInt16LE(1, 32);
header.writeUInt16LE(8, 34);
header.write('fact', 38);
header.writeUInt32LE(4, 42);
header.writeUInt32LE(encoded.length, 46);
header.write('data', 50);
header.writeUInt32LE(encoded.length, 54);

const file = join(dirname(fileURLToPath(import.meta.url)), '..', 'config', 'prompts', 'hold-music.wav');
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, Buffer.concat([header, encoded]));
const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
console.log(`${file}: ${LENGTH / RATE} s, RMS ${TARGET_RMS_DBFS} dBFS, peak ${(20 * Math.log10(peak / 32768)).toFixed(1)} dBFS`);
