import { wellFormed } from './percent-encode.js';

/*
 * Text of unknown making in the places of a request that take few characters. It is fitted, never refused: what a caller says or a
 * service answers does not decide whether a request can be made.
 */

/** Longest value of one header, characters: common servers take 8 KiB for a line. */
export const MAX_HEADER_VALUE = 8000;

/** A token (RFC 9110 §5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/u;

/** Whether a header can have this name (RFC 9110 §5.1). */
export function isHeaderName(name: string): boolean {
  return TOKEN.test(name);
}

/** A text that fits its place, and what was done to it; `done` is empty when nothing was. */
export interface Fitted {
  readonly text: string;
  /** Parts of a sentence: `cut at 8000 characters`. */
  readonly done: readonly string[];
}

/** Which ends of a text are ends of the whole value: only there is something trimmed. */
export interface Ends {
  readonly start: boolean;
  readonly end: boolean;
}

const WHOLE: Ends = { start: true, end: true };

const BLANK = 0x20;
const DEL = 0x7f;

/** Without blanks and control characters at its ends; linear, unlike a regular expression. */
function trimmed(text: string, { start, end }: Ends, isTrimmed: (code: number) => boolean): string {
  let from = 0;
  let to = text.length;
  while (start && from < to && isTrimmed(text.charCodeAt(from))) from += 1;
  while (end && to > from && isTrimmed(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

const isBlank = (code: number): boolean => code <= BLANK || code === DEL;
const isControl = (code: number): boolean => code < BLANK || code === DEL;

const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f]+/gu;
const ALL_CONTROLS = /[\u0000-\u001f\u007f]+/gu;
const BEYOND_LATIN_1 = /[^\u0000-\u00ff]/u;
const BEYOND_ASCII = /[^\u0000-\u007f]/u;

/** Percent-encodes what is not ASCII, and `%` itself, as UTF-8: any decoder of URLs gives the text back. */
function encoded(text: string): string {
  return wellFormed(text).replace(/[^\u0000-\u0024\u0026-\u007f]+/gu, encodeURIComponent);
}

/**
 * A value of a header (RFC 9110 §5.5): blanks and line breaks at its ends go, control characters inside become a blank. Latin-1 goes as it
 * is; a value with other characters is percent-encoded as UTF-8. What is longer than {@link MAX_HEADER_VALUE} is cut.
 */
export function fitHeader(value: string, ends: Ends = WHOLE): Fitted {
  const done: string[] = [];
  const note = (before: string, after: string, what: string): string => {
    if (before !== after) done.push(what);
    return after;
  };
  const bare = note(value, trimmed(value, ends, isBlank), 'blanks and line breaks at its ends left out');
  const line = note(bare, bare.replace(CONTROLS, ' '), 'control characters replaced by a blank');
  const coded = note(line, BEYOND_LATIN_1.test(line) ? encoded(line) : line, 'percent-encoded as UTF-8');
  const text = note(coded, cut(coded), `cut at ${MAX_HEADER_VALUE} characters`);
  return { text, done };
}

/** Never inside a percent-encoded byte. */
function cut(text: string): string {
  return text.length <= MAX_HEADER_VALUE ? text : text.slice(0, MAX_HEADER_VALUE).replace(/%[0-9A-F]?$/u, '');
}

/** A token (RFC 6750 §2.1): blanks and line breaks at its ends go, control characters inside too; blanks and what is not ASCII are percent-encoded. */
export function fitToken(value: string, ends: Ends = WHOLE): Fitted {
  const bare = trimmed(value, ends, isBlank).replace(ALL_CONTROLS, '');
  const text = (BEYOND_ASCII.test(bare) ? encoded(bare) : bare).replaceAll(' ', '%20');
  return { text, done: text === value ? [] : ['trimmed and coded for a token'] };
}

/** A password of Basic authentication (RFC 7617 §2): without control characters; blanks belong to it. */
export function fitPassword(value: string, ends: Ends = WHOLE): Fitted {
  const text = trimmed(value, ends, isControl).replace(ALL_CONTROLS, '');
  return { text, done: text === value ? [] : ['control characters left out'] };
}

/** A user name of Basic authentication: the same, and `:`, which would end it, as `%3A`. */
export function fitUserName(value: string, ends: Ends = WHOLE): Fitted {
  const { text, done } = fitPassword(value, ends);
  return text.includes(':') ? { text: text.replaceAll(':', '%3A'), done: [...done, '“:” written as %3A'] } : { text, done };
}
