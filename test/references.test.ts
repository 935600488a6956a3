import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inputSchema } from '../scripts/generate/json-schema.js';
import { CODES } from '../src/lib/codes.js';
import { anchorsOf, citationsIn, projectFiles, projectRoot, textOf } from './support/citations.js';

/*
 * A reference leads somewhere: to a heading of a page, to a decision, or to a section of a standard that is named. It is never the
 * number of a row or section in a document that a reader of this repository cannot see.
 */

const TEXT = /\.(?:ts|mjs|js|json|md|xml|ya?ml)$/u;
const SELF = 'test/references.test.ts';
/** The changelog tells of the past; the notice and the lock file are lists of packages. Journals are recordings of calls. */
const NOT_READ = /^(?:CHANGELOG\.md|NOTICE\.md|package-lock\.json|test\/journals\/)/u;

const files = projectFiles().filter((file) => TEXT.test(file) && !NOT_READ.test(file) && file !== SELF);
const code = files.filter((file) => /^(?:src|test|bench|scripts)\/|\.config\.m?[jt]s$/u.test(file));

/** Letters with a number that mean something without a document: exact names, and why they may stand. */
const NAMES: Readonly<Record<string, string>> = {
  T1: 'timer of RFC 3261 §17',
  T2: 'timer of RFC 3261 §17',
  T4: 'timer of RFC 3261 §17',
  E2: 'retransmission of timer E at T2',
  L16: 'codec of RFC 3551',
  G722: 'codec',
  G726: 'codec',
  G729: 'codec',
  H264: 'codec',
  C0: 'control characters of Unicode',
  C1: 'control characters of Unicode',
  V8: 'the JavaScript engine',
  A4: 'musical note',
  A3: 'musical note',
  B3: 'musical note',
  D4: 'musical note',
  G3: 'musical note',
};

/** Notations in which a letter and digits are bytes or parts of an id: percent-encoding, escapes, code points, hexadecimal. */
const BYTES = /%[\da-f]{2}|\\u\{?[\da-f]{1,6}\}?|\\x[\da-f]{2}|0x[\da-f]+|U\+[\dA-F]+/giu;

/** A text that is nothing else is data, such as an order number. */
const DATA = /(['"])[A-Z]\d{1,3}\1/gu;

/** One capital letter and up to three digits, standing alone: no part of a word, a range, a path, a host or a longer id. */
const LETTER_AND_NUMBER = /(?<![\w$./#:=-])[A-Z]\d{1,3}(?![\w=]|-\w|\.\w)/gu;

function rowCodes(text: string): readonly string[] {
  return (text.replace(BYTES, ' ').replace(DATA, ' ').match(LETTER_AND_NUMBER) ?? []).filter((name) => !(name in NAMES));
}

/** The lines of a text in which something is found, by number. */
function linesWith(file: string, find: (line: string) => readonly string[]): readonly string[] {
  return textOf(file)
    .split('\n')
    .flatMap((line, index) => find(line).map((found) => `${file}:${index + 1} ${found}`));
}

describe('no row of a list that nobody can see', () => {
  it('is found where there is one, and not in names', () => {
    expect(rowCodes('Clears them (Q31), as P8 and V12–V14 say; D9: masked')).toEqual(['Q31', 'P8', 'V12', 'V14', 'D9']);
    expect(rowCodes('T1 doubles to T2; %C3%A4, \\uD83D, U+FFFD, G729/8000, 2024-11-A17, AB12, $5, "A1"')).toEqual([]);
  });

  const folders = new Set(files.map((file) => (file.includes('/') ? file.slice(0, file.indexOf('/') + 1) : '')));

  it.each([...folders])('in %j', (folder) => {
    const inside = files.filter((file) => (folder === '' ? !file.includes('/') : file.startsWith(folder)));
    expect(inside.flatMap((file) => linesWith(file, rowCodes))).toEqual([]);
  });

  it('in a text that a user sees: errors, schemas, API', () => {
    const texts = [
      ...Object.values(CODES).flatMap(({ meaning, advice }) => [meaning, advice]),
      ...files.filter((file) => file.startsWith('schemas/') || file === 'docs/openapi.json').map(textOf),
    ];
    expect(texts.flatMap(rowCodes)).toEqual([]);
    expect(texts.filter((text) => /\(section \d/u.test(text))).toEqual([]);
  });

  it('is cut out of a text on its way to a user: descriptions arrive as they are written', () => {
    const written = 'Where paths start (Q34). P8';
    expect(inputSchema(z.object({ path: z.string().describe(written) }))).toMatchObject({
      properties: { path: { description: written } },
    });
  });
});

describe('citations', () => {
  it('of several anchors are read, over the line of a comment too', () => {
    expect(citationsIn('// docs/a.md#b, #c,\n  // #d and docs/e.md')).toEqual([
      'docs/a.md#b',
      'docs/a.md#c',
      'docs/a.md#d',
      'docs/e.md',
    ]);
  });

  it('of code and tests lead to a page that is there, and to a heading of it', () => {
    const cited = new Map<string, string>();
    for (const file of code) for (const citation of citationsIn(textOf(file))) cited.set(citation, file);
    expect(cited.size).toBeGreaterThan(100);
    const anchors = new Map<string, readonly string[]>();
    const leads = (citation: string): boolean => {
      const [page = '', anchor] = citation.split('#');
      if (!existsSync(join(projectRoot, page))) return false;
      if (!anchors.has(page)) anchors.set(page, anchorsOf(textOf(page)));
      return anchor === undefined || (anchors.get(page)?.includes(anchor) ?? false);
    };
    expect([...cited].filter(([citation]) => !leads(citation))).toEqual([]);
  });

  it('every rule of docs/behaviour.md has a heading of its own', () => {
    const anchors = anchorsOf(textOf('docs/behaviour.md'));
    expect(anchors.filter((anchor, index) => anchors.indexOf(anchor) !== index)).toEqual([]);
  });

  it('every decision stands in the index', () => {
    const index = textOf('docs/decisions/README.md');
    const pages = projectFiles('docs/decisions').map((file) => file.slice('docs/decisions/'.length));
    expect(pages.filter((page) => page !== 'README.md' && !index.includes(`](${page})`))).toEqual([]);
  });
});

describe('sections', () => {
  const STANDARD = /(?:RFC|ISO|XML|G\.|BCP|ID3v|Unicode Standard|Q\.)\s?[\d.]+|Unicode Standard/u;

  /** A comment (or paragraph, or line of code) as one text, with where it begins. */
  function blocks(file: string): readonly { readonly line: number; readonly text: string }[] {
    const found: { line: number; text: string }[] = [];
    let open = false;
    textOf(file)
      .split('\n')
      .forEach((line, index) => {
        const goesOn = file.endsWith('.md') ? line.trim() !== '' : /^\s*(?:\*|\/\/)/u.test(line);
        const last = found.at(-1);
        if (goesOn && open && last !== undefined) last.text += `\n${line}`;
        else found.push({ line: index + 1, text: line });
        open = file.endsWith('.md') ? goesOn : goesOn || /^\s*\/\*/u.test(line);
        if (/\*\/\s*$/u.test(line)) open = false;
      });
    return found;
  }

  function bare(text: string): readonly string[] {
    const marks = [...text.matchAll(/§+\s?\d[\d.]*|\bsections? \d[\d.]*/gu)];
    return marks
      .filter(({ 0: mark, index }) => !STANDARD.test(text.slice(0, index)) && !/^ of RFC/u.test(text.slice(index + mark.length)))
      .map(([mark]) => mark);
  }

  it('of nothing are found', () => {
    expect(bare('/** ACK of a refusal (§17.1.1.3). */')).toEqual(['§17.1.1.3']);
    expect(bare('/** ACK of a refusal (RFC 3261 §17.1.1.3, §9.1). */')).toEqual([]);
  });

  it('name their standard in the same comment or paragraph', () => {
    const found = [...code, ...files.filter((file) => file.startsWith('docs/') && file.endsWith('.md'))].flatMap((file) =>
      blocks(file).flatMap(({ line, text }) => bare(text).map((mark) => `${file}:${line} ${mark}`)),
    );
    expect(found).toEqual([]);
  });
});
