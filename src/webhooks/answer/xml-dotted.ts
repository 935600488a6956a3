import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Json } from '../../lib/json/json.js';
import { type PathStep, readPath } from './paths.js';
import type { Mapped, PathRoot } from '../../model/webhook.js';

/* Dotted paths into XML (docs/behaviour.md#xml-paths): names including the root element, as into JSON. */

interface Element {
  readonly name: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
  /** Elements and pieces of text, in the order of the document; comments and processing instructions are left out. */
  readonly children: readonly (Element | string)[];
}

/**
 * Parses a document and gives the function that finds paths in it: a name picks the children of that name, an index one of the
 * picked (zero-based), `[*]` every one, `@name` an attribute. Without an index the path goes on in the first; at its end several
 * elements are a list, and so are the results of a wildcard, even if it finds one element. A name without a prefix finds elements of any prefix.
 *
 * @throws Error on what is not well-formed
 */
export function dottedFinder(text: string, pathRoot: PathRoot): (path: string) => Mapped {
  // The parser reads anything; what it is given must be sound. The validator's successor is a package of business rules.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) throw new Error(`line ${verdict.err.line}: ${verdict.err.msg}`);
  const roots = elementsOf(readNodes(parser.parse(text) as readonly ParsedNode[]));
  if (roots.length !== 1) throw new Error('several root elements');
  return (path) => find({ name: '', attributes: [], children: roots }, path, pathRoot);
}

function find(document: Element, path: string, root: PathRoot): Mapped {
  const steps = readPath(path, root);
  if (steps === null) return { found: false };
  let picked: readonly Element[] = [];
  let parents: readonly Element[] = [document];
  for (const [position, step] of steps.entries()) {
    if (step === 'all') {
      parents = picked;
      continue;
    } else if ('index' in step) {
      picked = picked.slice(step.index, step.index + 1);
    } else if (step.name.startsWith('@') && position === steps.length - 1) {
      return toMapped(attributesOf(parents, step.name.slice(1)), steps);
    } else {
      picked = named(
        parents.flatMap(({ children }) => elementsOf(children)),
        ({ name }) => name,
        step.name,
      );
    }
    parents = picked.slice(0, 1);
  }
  return toMapped((steps.length === 0 ? elementsOf(document.children) : picked).map(toJson), steps);
}

function attributesOf(elements: readonly Element[], wanted: string): readonly string[] {
  const all = elements.flatMap(({ attributes }) => attributes);
  return named(all, ([name]) => name, wanted).map(([, value]) => value);
}

/**
 * Those of that name. A name without a prefix stands for every namespace when none is called exactly so: services change their prefixes
 * (`ns2:Status`, `Status`) without changing what they say.
 */
function named<T>(all: readonly T[], nameOf: (one: T) => string, wanted: string): readonly T[] {
  const exact = all.filter((one) => nameOf(one) === wanted);
  if (exact.length > 0 || wanted.includes(':')) return exact;
  return all.filter((one) => !nameOf(one).startsWith('xmlns:') && localName(nameOf(one)) === wanted);
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function toMapped(values: readonly Json[], steps: readonly PathStep[]): Mapped {
  const [first] = values;
  if (first === undefined) return { found: false };
  return { found: true, value: values.length === 1 && !steps.includes('all') ? first : [...values] };
}

function elementsOf(children: Element['children']): readonly Element[] {
  return children.filter((child) => typeof child !== 'string');
}

/**
 * Text and mixed content become text; an element of elements becomes an object, repeated names a list
 * (docs/behaviour.md#xml-paths).
 */
function toJson(element: Element): Json {
  const elements = elementsOf(element.children);
  const mixed = element.children.some((child) => typeof child === 'string' && child.trim() !== '');
  if (elements.length === 0 || mixed) return textOf(element).trim();
  const members = new Map<string, Json[]>();
  for (const [name, value] of element.attributes) members.set(`@${name}`, [value]);
  for (const child of elements) {
    const known = members.get(child.name);
    if (known === undefined) members.set(child.name, [toJson(child)]);
    else known.push(toJson(child));
  }
  members.delete('__proto__');
  return Object.fromEntries([...members].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? null) : values]));
}

function textOf(element: Element): string {
  return element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}

// ---- the parser ------------------------------------------------------------------------------------------------------------

const TEXT = '#text';
const CDATA = '#cdata';
const ATTRIBUTES = ':@';
/** Before every name the parser hands over: it refuses or renames `__proto__`, `constructor`, `toString` and the like. */
const MARK = '<';

/** Values stay the text they are. This file decodes entities itself, since it must know which of them exist: there are only five. */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: MARK,
  transformTagName: (name) => (name.startsWith(MARK) ? name : MARK + name),
  textNodeName: TEXT,
  cdataPropName: CDATA,
  ignoreDeclaration: true,
  ignorePiTags: true,
  processEntities: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  jPath: false,
});

type MarkedName = `${typeof MARK}${string}`;

/** What the parser makes of a piece of text, or of an element: its name → its children, beside its attributes. */
interface ParsedNode {
  readonly [TEXT]?: string;
  readonly [CDATA]?: readonly ParsedNode[];
  readonly [ATTRIBUTES]?: Readonly<Record<MarkedName, string>>;
  readonly [name: MarkedName]: readonly ParsedNode[];
}

function isName(key: string): key is MarkedName {
  return key.startsWith(MARK);
}

function readNodes(nodes: readonly ParsedNode[]): Element['children'] {
  return nodes.map((node) => {
    const name = Object.keys(node).find(isName);
    if (name === undefined) return node[CDATA]?.map((piece) => piece[TEXT] ?? '').join('') ?? decode(node[TEXT] ?? '');
    // XML 1.0 §3.3.3: white space in an attribute is a space, unless it is written as a reference.
    const attributes = Object.entries(node[ATTRIBUTES] ?? {}).map(([key, value]) => {
      return [key.slice(MARK.length), decode(value.replace(/[\t\n]/gu, ' '))] as const;
    });
    return { name: name.slice(MARK.length), attributes, children: readNodes(node[name] ?? []) };
  });
}

/** XML 1.0 §4.6. */
const PREDEFINED = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);
/** XML 1.0 §2.2: the characters a document may hold. */
const CHARACTER = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]$/u;

/** Puts characters in the place of references (XML 1.0 §4.1); each once, so that `&amp;lt;` is `&lt;`. */
function decode(text: string): string {
  return text.replace(/&(?:#(\d+);|#x([\dA-Fa-f]+);|(\w+);)?/gu, (reference, decimal?: string, hex?: string, name?: string) => {
    const code = decimal ?? (hex === undefined ? undefined : `0x${hex}`);
    const character = code === undefined ? PREDEFINED.get(name ?? '') : String.fromCodePoint(Number(code));
    if (character === undefined || !CHARACTER.test(character)) throw new Error(`${reference} means nothing`);
    return character;
  });
}
