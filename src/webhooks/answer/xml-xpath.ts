import { type Document, DOMParser, type Element, type Node } from '@xmldom/xmldom';
import xpath from 'xpath';
import { MAX_PATH } from './paths.js';
import type { Mapped } from '../../model/webhook.js';
import { COMPARISON, TooMuchWork, work } from './xml-work.js';

/* XPath 1.0 into XML (docs/behaviour.md#xml-paths). */

/** Every report, warnings too, means that the text is not well-formed. */
const parser = new DOMParser({
  onError: (_level: string, message: string) => {
    throw new Error(message);
  },
});

/** Parses a document and gives the function that finds paths in it. @throws Error on what the parser cannot read. */
export function xpathFinder(text: string): (path: string) => Mapped {
  const node = parser.parseFromString(text, 'application/xml');
  knowOrder(node);
  const options = { node, namespaces: declaredPrefixes(node), allowAnyNamespaceForNoPrefix: true };
  return (path) => findByXPath(options, path);
}

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

/** True for an XPath 1.0 expression. */
export function isXPath(path: string): boolean {
  try {
    library.parse(path.trim().slice(0, MAX_PATH));
    return true;
  } catch {
    return false;
  }
}

/** First node, string value; a number or boolean result keeps its type. A wrong expression finds nothing. @throws TooMuchWork */
function findByXPath(options: object, path: string): Mapped {
  try {
    return toMapped(library.parse(path.trim().slice(0, MAX_PATH)).evaluate(options));
  } catch (error) {
    if (error instanceof TooMuchWork) throw error;
    return { found: false };
  }
}

/** Of `Node.compareDocumentPosition`. */
const PRECEDING = 0x02;
const FOLLOWING = 0x04;

/**
 * Numbers all nodes and lets them compare by that: findings are sorted in the order of the document, and the parser's own comparison walks
 * over all siblings each time, a second for two thousand of them.
 */
function knowOrder(document: Document): void {
  const ranks = new Map<Node, number>();
  const number = (node: Node): void => {
    ranks.set(node, ranks.size);
    for (const attribute of isElement(node) ? node.attributes : []) ranks.set(attribute, ranks.size);
    for (let child = node.firstChild; child !== null; child = child.nextSibling) number(child);
  };
  number(document);
  for (const [node, rank] of ranks) {
    node.compareDocumentPosition = (other) => {
      work(COMPARISON);
      const theirs = ranks.get(other) ?? 0;
      return theirs === rank ? 0 : theirs < rank ? PRECEDING : FOLLOWING;
    };
  }
}

function isElement(node: Node): node is Element {
  return node.nodeType === node.ELEMENT_NODE;
}

/** Prefixes as the document declares them (SOAP does so below its root too), so that authors write what they see; the first wins. */
function declaredPrefixes(document: Document): Readonly<Record<string, string>> {
  const attributes = [...document.getElementsByTagName('*')].flatMap((element) => [...element.attributes]);
  const declared = attributes
    .filter(({ prefix }) => prefix === 'xmlns')
    .map((a): [string, string] => [a.localName ?? '', a.value]);
  return Object.fromEntries(declared.reverse());
}

function toMapped(result: XPathResult): Mapped {
  if (result instanceof library.XNodeSet)
    return (result.first() ?? null) === null ? { found: false } : { found: true, value: result.stringValue().trim() };
  if (result instanceof library.XBoolean) return { found: true, value: result.booleanValue() };
  if (!(result instanceof library.XNumber)) return { found: true, value: result.stringValue() };
  const number = result.numberValue();
  return Number.isFinite(number) ? { found: true, value: number } : { found: false };
}
