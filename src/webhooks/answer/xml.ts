import { JSON_LIMITS } from '../../lib/json/json-limits.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { Mapped, PathRoot, XmlPaths } from '../../model/webhook.js';
import { dottedFinder } from './xml-dotted.js';
import { beginWork, TooMuchWork } from './xml-work.js';
import { xpathFinder } from './xml-xpath.js';

/*
 * Paths into XML. Runs in a thread of its own (`xml-worker.ts`): neither the parsers nor XPath can be interrupted, and they can be
 * made to take seconds by a document of a few kilobytes.
 */

/** One document and what to find in it. Crosses a thread boundary: plain data. */
export interface XmlQuery {
  readonly text: string;
  readonly xmlPaths: XmlPaths;
  readonly pathRoot: PathRoot;
  readonly paths: readonly string[];
}

/** What each path finds, or why the document cannot be read. */
export type XmlFindings = Result<readonly Mapped[], string>;

/**
 * Reads XML from outside and runs the paths over it: names including the root element, or XPath 1.0. Any DOCTYPE is refused
 * before a parser sees it, so no entity is ever declared; nesting and amount of markup are held to the limits of JSON, and what paths do
 * to a limit of work (`xml-work.ts`). The error is a sentence part.
 */
export function queryXml({ text, xmlPaths, pathRoot, paths }: XmlQuery): XmlFindings {
  if (/<!doctype/iu.test(text)) return err('the XML carries a DOCTYPE, which is not accepted');
  const document = text.trim();
  // Neither parser minds text after an empty root element.
  const problem = tooMuch(document) ?? (document.endsWith('>') ? null : notWellFormed('it does not end with a tag'));
  if (problem !== null) return err(problem);
  beginWork();
  try {
    return ok(paths.map(xmlPaths === 'xpath' ? xpathFinder(document) : dottedFinder(document, pathRoot)));
  } catch (error) {
    if (error instanceof TooMuchWork) return err(`the XML ${error.message}`);
    return err(notWellFormed(error instanceof Error ? error.message : 'unknown'));
  }
}

function notWellFormed(why: string): string {
  return `the body is not well-formed XML (${why.slice(0, 120)})`;
}

/** Sections without elements: opening and closing marks. */
const SKIPPED: readonly (readonly [string, string])[] = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
];

/**
 * Nesting and amount of markup, seen in one pass before a parser builds anything. Elements, attributes, references, comments and
 * the like all cost a parser time, so all are counted.
 */
function tooMuch(text: string): string | null {
  const maxMarkup = JSON_LIMITS.keys;
  let depth = 0;
  let markup = count(text, '&', 0, text.length);
  for (let at = text.indexOf('<'); at !== -1 && markup <= maxMarkup; at = text.indexOf('<', at)) {
    const skipped = SKIPPED.find(([open]) => text.startsWith(open, at));
    const end = skipped === undefined ? tagEnd(text, at) : text.indexOf(skipped[1], at);
    if (end === -1) return notWellFormed('something is opened and never closed');
    const closing = text[at + 1] === '/';
    if (!closing) markup += 1;
    if (skipped === undefined) {
      markup += count(text, '=', at, end);
      if (closing) depth -= 1;
      else if (text[end - 1] !== '/') depth += 1;
      if (depth > JSON_LIMITS.depth) return `the XML is nested deeper than ${JSON_LIMITS.depth} levels`;
    }
    at = end;
  }
  return markup > maxMarkup ? `the XML has more than ${maxMarkup} elements, attributes and references` : null;
}

/** How often a character stands between two places. */
function count(text: string, char: string, from: number, to: number): number {
  let found = 0;
  for (let at = text.indexOf(char, from); at !== -1 && at < to; at = text.indexOf(char, at + 1)) found += 1;
  return found;
}

/** Index of the `>` that ends the tag beginning at `start`, quotes respected; -1 when it never ends. */
function tagEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i += 1) {
    const char = text[i];
    if (char === '>') return i;
    if (char !== '"' && char !== "'") continue;
    i = text.indexOf(char, i + 1);
    if (i === -1) return -1;
  }
  return -1;
}
