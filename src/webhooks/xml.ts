import { type Document, DOMParser, type Element, type Node } from '@xmldom/xmldom';
import xpath from 'xpath';
import type { Json } from '../lib/json.js';
import { err, ok, type Result } from '../lib/result.js';
import { MAX_PATH, readPath } from './paths.js';
import { JSON_LIMITS } from './scan.js';
import type { Mapped, PathRoot, XmlPaths } from './types.js';

/*
 * Paths into XML. Runs in a thread of its own (`xml-worker.ts`): neither the parser nor XPath can be interrupted, and both can be
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

/** Every report, warnings too, means that the text is not well-formed. */
const parser = new DOMParser({
  onError: (_level: string, message: string) => {
    throw new Error(message);
  },
});

/**
 * Parses XML from outside and runs the paths over it: names including the root element (Q36), or XPath 1.0. Any DOCTYPE is refused
 * before a parser sees it, so no entity is ever declared; nesting and amount of markup are held to the limits of JSON.
 * The error is a sentence part.
 */
export function queryXml({ text, xmlPaths, pathRoot, paths }: XmlQuery): XmlFindings {
  if (/<!doctype/iu.test(text)) return err('the XML carries a DOCTYPE, which is not accepted');
  const problem = xmlProblem(text);
  if (problem !== null) return err(problem);
  try {
    const document = parser.parseFromString(text.trim(), 'application/xml');
    return ok(paths.map((path) => (xmlPaths === 'xpath' ? findByXPath(document, path) : findDotted(document, path, pathRoot))));
  } catch (error) {
    return err(`the body is not well-formed XML (${error instanceof Error ? error.message.slice(0, 120) : 'unknown'})`);
  }
}

// ---- limits ----------------------------------------------------------------------------------------------------------------

const MALFORMED = 'the body is not well-formed XML (something is opened and never closed)';

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
function xmlProblem(text: string): string | null {
  const maxMarkup = JSON_LIMITS.keys;
  let depth = 0;
  let markup = count(text, '&', 0, text.length);
  for (let at = text.indexOf('<'); at !== -1 && markup <= maxMarkup; at = text.indexOf('<', at)) {
    const skipped = SKIPPED.find(([open]) => text.startsWith(open, at));
    const end = skipped === undefined ? tagEnd(text, at) : text.indexOf(skipped[1], at);
    if (end === -1) return MALFORMED;
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

// ---- dotted paths --------------------------------------------------------------------------------------------------------

/**
 * Follows steps through elements, from above the root: a name picks the children of that name, an index one of the picked
 * (zero-based), `[*]` every one, `@name` an attribute. Without an index the path goes on in the first; at its end several
 * elements are a list.
 */
function findDotted(document: Document, path: string, root: PathRoot): Mapped {
  const steps = readPath(path, root);
  if (steps === null) return { found: false };
  let picked: readonly Element[] = [];
  let parents: readonly (Document | Element)[] = [document];
  for (const [position, step] of steps.entries()) {
    if (step === 'all') {
      parents = picked;
      continue;
    } else if ('index' in step) {
      picked = picked.slice(step.index, step.index + 1);
    } else if (step.name.startsWith('@') && position === steps.length - 1) {
      const value = picked[0]?.getAttribute(step.name.slice(1)) ?? null;
      return value === null ? { found: false } : { found: true, value };
    } else {
      picked = parents.flatMap(childElements).filter((child) => child.nodeName === step.name);
    }
    parents = picked.slice(0, 1);
  }
  const values = (steps.length === 0 ? childElements(document) : picked).map(toJson);
  const [first] = values;
  return first === undefined ? { found: false } : { found: true, value: values.length === 1 ? first : values };
}

function childElements(parent: Document | Element | undefined): readonly Element[] {
  return [...(parent?.childNodes ?? [])].filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
}

/** Text and mixed content become text; an element of elements becomes an object, repeated names a list (Q36, Q37). */
function toJson(element: Element): Json {
  const elements = childElements(element);
  const mixed = [...element.childNodes].some((node) => isText(node) && node.nodeValue?.trim() !== '');
  if (elements.length === 0 || mixed) return (element.textContent ?? '').trim();
  const members = new Map<string, Json[]>();
  for (const attribute of element.attributes) members.set(`@${attribute.name}`, [attribute.value]);
  for (const child of elements) members.set(child.nodeName, [...(members.get(child.nodeName) ?? []), toJson(child)]);
  members.delete('__proto__');
  return Object.fromEntries([...members].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? null) : values]));
}

function isText(node: Node): boolean {
  return node.nodeType === node.TEXT_NODE || node.nodeType === node.CDATA_SECTION_NODE;
}

// ---- XPath -----------------------------------------------------------------------------------------------------------------

/** The part of the library that its own types leave out. */
interface XPathResult {
  stringValue(): string;
  numberValue(): number;
  booleanValue(): boolean;
}
interface XPathLibrary {
  readonly parse: (expression: string) => { evaluate(options: object): XPathResult };
  readonly XNodeSet: new () => XPathResult & { first(): unknown };
  readonly XBoolean: new () => XPathResult & { readonly isBoolean: true };
  readonly XNumber: new () => XPathResult & { readonly isNumber: true };
}
const library = xpath as unknown as XPathLibrary;

/** First node, string value (Q36); a number or boolean result keeps its type. A wrong expression finds nothing. */
function findByXPath(document: Document, path: string): Mapped {
  try {
    const expression = library.parse(path.trim().slice(0, MAX_PATH));
    const namespaces = declaredPrefixes(document);
    return toMapped(expression.evaluate({ node: document, namespaces, allowAnyNamespaceForNoPrefix: true }));
  } catch {
    return { found: false };
  }
}

/** Prefixes as the root element declares them, so that authors can write what they see. */
function declaredPrefixes(document: Document): Readonly<Record<string, string>> {
  const attributes = [...(document.documentElement?.attributes ?? [])];
  return Object.fromEntries(attributes.filter(({ prefix }) => prefix === 'xmlns').map((a) => [a.localName ?? '', a.value]));
}

function toMapped(result: XPathResult): Mapped {
  if (result instanceof library.XNodeSet)
    return (result.first() ?? null) === null ? { found: false } : { found: true, value: result.stringValue().trim() };
  if (result instanceof library.XBoolean) return { found: true, value: result.booleanValue() };
  if (!(result instanceof library.XNumber)) return { found: true, value: result.stringValue() };
  const number = result.numberValue();
  return Number.isFinite(number) ? { found: true, value: number } : { found: false };
}
