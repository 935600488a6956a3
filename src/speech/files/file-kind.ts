import { afterId3, isAdts, isFreeFormat, isMpeg, startsWith } from './mpeg.js';

/** What files begin with that are none of ours, and what to call them. In the order they are asked. */
const MAGIC: readonly (readonly [text: string, at: number, name: string])[] = [
  ['ftyp', 4, 'an MP4 file (M4A, AAC)'],
  ['moov', 4, 'an MP4 file (M4A, AAC)'],
  ['mdat', 4, 'an MP4 file (M4A, AAC)'],
  ['free', 4, 'an MP4 file (M4A, AAC)'],
  ['wide', 4, 'an MP4 file (M4A, AAC)'],
  ['AVI ', 8, 'an AVI video'],
  ['WEBP', 8, 'a picture (WebP)'],
  ['fLaC', 0, 'FLAC'],
  ['#!AMR', 0, 'AMR'],
  ['\x1aE\xdf\xa3', 0, 'WebM or Matroska'],
  ['ADIF', 0, 'AAC'],
  ['V\xe0', 0, 'AAC (LATM)'],
  ['V\xe1', 0, 'AAC (LATM)'],
  ['FORM', 0, 'AIFF'],
  ['.snd', 0, 'an AU file'],
  ['riff.\x91\xcf\x11', 0, 'a Wave64 file'],
  ['caff', 0, 'a CAF file'],
  ['wvpk', 0, 'WavPack'],
  ['MAC ', 0, 'Monkey’s Audio'],
  ['0&\xb2u', 0, 'Windows Media Audio'],
  ['MThd', 0, 'a MIDI file'],
  ['\x0bw', 0, 'AC-3'],
  ['\x1f\x8b', 0, 'compressed by gzip'],
  ['PK\x03\x04', 0, 'a ZIP archive'],
  ['BZh', 0, 'compressed by bzip2'],
  ['(\xb5/\xfd', 0, 'compressed by Zstandard'],
  ['\xfd7zXZ', 0, 'compressed by xz'],
  ['%PDF', 0, 'a PDF'],
  ['\x89PNG', 0, 'a picture (PNG)'],
  ['\xff\xd8\xff', 0, 'a picture (JPEG)'],
  ['GIF8', 0, 'a picture (GIF)'],
  ['version https://git-lfs', 0, 'a pointer of Git LFS, not the file itself'],
];

/** Characters looked at to tell text. */
const TEXT_BYTES = 512;

/** What a file is that is not played, in words that follow "the file is"; null when its first bytes say nothing. */
export function foreignKind(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return 'empty';
  const magic = MAGIC.find(([text, at]) => startsWith(bytes, text, at));
  if (magic !== undefined) return magic[2];
  const sound = afterId3(bytes);
  if (startsWith(bytes, 'fLaC', sound)) return 'FLAC';
  if (isAdts(bytes, sound)) return 'AAC (ADTS)';
  if (isFreeFormat(bytes, sound)) return 'MP3 of free format, without a bit rate';
  return textKind(bytes);
}

/** What the samples of a WAV file are, when they are another file that was given a header of WAV; null when they may be samples. */
export function kindInside(data: Uint8Array): string | null {
  if (startsWith(data, 'OggS')) return 'Ogg';
  if (startsWith(data, 'fLaC')) return 'FLAC';
  const sound = afterId3(data);
  if (isMpeg(data, sound)) return 'MP3';
  if (isAdts(data, sound)) return 'AAC (ADTS)';
  return /^(<!doctype html|<html)/i.test(String.fromCharCode(...data.subarray(0, 16))) ? 'an HTML page' : null;
}

/** Text, by being text throughout: what a server says instead of the file. */
function textKind(bytes: Uint8Array): string | null {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const head = new TextDecoder(utf16 ? (bytes[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8').decode(
    bytes.subarray(0, TEXT_BYTES),
  );
  const text = head.trimStart().toLowerCase();
  const strange = head.match(/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/g)?.length ?? 0;
  if (text === '' || strange > 1) return null;
  if (/^(<!doctype html|<html|<head|<body|<!--)/.test(text)) return 'an HTML page';
  if (text.startsWith('<')) return 'XML';
  if (/^[[{]/.test(text)) return 'JSON';
  return 'text';
}
