import { z } from 'zod';
import { ok } from '../../lib/result.js';
import { defineOperation, failure, operand } from './operator.js';

/* Operations on text. Positions and lengths count characters (code points), from 0. */

/** Longest result, characters: the largest value a variable takes. */
const MAX_OUTPUT_CHARS = 1_048_576;

const position = z.number().int().min(-10_000).max(10_000);
const extractLength = z.number().int().min(0).max(10_000).optional().describe('How many characters; to the end when absent.');
const side = z.enum(['start', 'end', 'both']).default('both').describe('Where blanks are removed.');

export const textOperations = [
  defineOperation({
    name: 'length',
    summary: 'Number of characters of a text.',
    fields: { value: operand },
    apply({ value }, inputs) {
      const text = inputs.text(value);
      return text.ok ? ok(Array.from(text.value).length) : text;
    },
  }),
  defineOperation({
    name: 'concat',
    summary: 'Several values joined to one text.',
    fields: {
      values: z.array(operand).min(1).max(50).describe('What is joined, in order.'),
      separator: z.string().max(100).default('').describe('Put between them.'),
    },
    apply({ values, separator }, inputs) {
      const texts = inputs.texts(...values);
      return texts.ok ? ok(texts.value.join(separator)) : texts;
    },
  }),
  defineOperation({
    name: 'lower',
    summary: 'A text in small letters.',
    fields: { value: operand },
    apply({ value }, inputs) {
      const text = inputs.text(value);
      return text.ok ? ok(text.value.toLowerCase()) : text;
    },
  }),
  defineOperation({
    name: 'upper',
    summary: 'A text in capitals.',
    fields: { value: operand },
    apply({ value }, inputs) {
      const text = inputs.text(value);
      return text.ok ? ok(text.value.toUpperCase()) : text;
    },
  }),
  defineOperation({
    name: 'extract',
    summary: 'A part of a text.',
    fields: {
      value: operand,
      start: position.default(0).describe('First character, from 0; negative counts from the end.'),
      length: extractLength,
    },
    apply({ value, start, length }, inputs) {
      const text = inputs.text(value);
      if (!text.ok) return text;
      const chars = Array.from(text.value);
      const from = start < 0 ? Math.max(0, chars.length + start) : start;
      return ok(chars.slice(from, length === undefined ? undefined : from + length).join(''));
    },
  }),
  defineOperation({
    name: 'replace',
    summary: 'A text with a part replaced everywhere.',
    fields: {
      value: operand,
      find: z.string().min(1).max(1000).describe('Text to look for, exactly; variables allowed.'),
      with: z.string().max(1000).default('').describe('What stands there instead; variables allowed.'),
    },
    apply({ value, find, with: by }, inputs) {
      const texts = inputs.texts(value, find, by);
      if (!texts.ok) return texts;
      const [text = '', wanted = '', replacement = ''] = texts.value;
      if (wanted === '') return ok(text);
      const pieces = text.split(wanted);
      const length = text.length + (pieces.length - 1) * (replacement.length - wanted.length);
      if (length > MAX_OUTPUT_CHARS) return failure('VALUE_TOO_LONG', `The result would have ${length} characters.`);
      return ok(pieces.join(replacement));
    },
  }),
  defineOperation({
    name: 'split',
    summary: 'A text cut at a separator: the list of its parts, or one of them.',
    fields: {
      value: operand,
      separator: z.string().min(1).max(100).describe('Where the text is cut.'),
      index: position.optional().describe('Which part, from 0; negative counts from the end. All parts when absent.'),
    },
    apply({ value, separator, index }, inputs) {
      const text = inputs.text(value);
      if (!text.ok) return text;
      const parts = text.value.split(separator);
      if (index === undefined) return ok(parts);
      const part = parts.at(index);
      return part === undefined ? failure('VALUE_NOT_FOUND', `The text has ${parts.length} parts, none at ${index}.`) : ok(part);
    },
  }),
  defineOperation({
    name: 'trim',
    summary: 'A text without blanks at its ends.',
    fields: { value: operand, side },
    apply({ value, side: where }, inputs) {
      const text = inputs.text(value);
      if (!text.ok) return text;
      if (where === 'both') return ok(text.value.trim());
      return ok(where === 'start' ? text.value.trimStart() : text.value.trimEnd());
    },
  }),
  defineOperation({
    name: 'pad',
    summary: 'A text filled up to a length.',
    fields: {
      value: operand,
      length: z.number().int().min(1).max(1000).describe('Length to reach; a longer text stays as it is.'),
      with: z.string().min(1).max(10).default('0').describe('What it is filled with.'),
      side: z.enum(['start', 'end']).default('start').describe('Where it is filled.'),
    },
    apply({ value, length, with: filler, side: where }, inputs) {
      const text = inputs.text(value);
      if (!text.ok) return text;
      return ok(where === 'start' ? text.value.padStart(length, filler) : text.value.padEnd(length, filler));
    },
  }),
] as const;
