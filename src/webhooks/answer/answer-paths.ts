import { isDeepStrictEqual } from 'node:util';
import { isBranch, isNumber, type Json } from '../../lib/json/json.js';
import { findInJson, MAX_PATH } from './paths.js';
import { effectiveType, parseJson, type QueryXml } from './parse.js';
import type { PathRoot, WebhookCall, XmlPaths } from '../../model/webhook.js';

/** A place in an answer, by the path a mapping would use. */
export interface AnswerPath {
  readonly path: string;
  readonly kind: 'object' | 'list' | 'text' | 'number' | 'boolean' | 'null';
  /** What a mapping of this path gets; left out for objects and lists, whose members follow. */
  readonly value?: Json;
}

/** Most places that are listed; an answer may have a hundred thousand. */
export const MAX_ANSWER_PATHS = 500;

/** A name that needs no quotes in a path. */
const PLAIN = /^[A-Za-z_][\w-]*$/u;

/** The places of an answer. */
export interface AnswerPlaces {
  readonly paths: readonly AnswerPath[];
  /** There are more than are listed. */
  readonly more: boolean;
}

const NOWHERE: AnswerPlaces = { paths: [], more: false };

/** The places of a body read as the call says; none in one that cannot be read so. */
export async function placesOf(
  { raw, contentType }: { readonly raw: string; readonly contentType: string },
  { responseType, pathRoot, xmlPaths }: Pick<WebhookCall, 'responseType' | 'pathRoot' | 'xmlPaths'>,
  queryXml: QueryXml,
): Promise<AnswerPlaces> {
  switch (effectiveType(raw, contentType, responseType)) {
    case 'json': {
      const json = parseJson(raw);
      return json.ok ? answerPaths(json.value, pathRoot) : NOWHERE;
    }
    case 'xml':
      return xmlPlaces(raw, (paths, how: XmlPaths = xmlPaths) => queryXml({ text: raw, xmlPaths: how, pathRoot, paths }), {
        pathRoot,
        xpath: xmlPaths === 'xpath',
      });
    case 'text':
      return { paths: [{ path: '$', kind: 'text', value: raw }], more: false };
  }
}

/**
 * The places of a JSON document from top to bottom, the document itself first, each by the path that finds it
 * (docs/behaviour.md#json-paths): what a console makes mappings of by a click. Every path has been tried; one that does not find
 * its value (a name no path can spell) is left out.
 */
export function answerPaths(document: Json, root: PathRoot): AnswerPlaces {
  const paths: AnswerPath[] = [];
  const start = root === 'data' ? 'data' : '$';
  const waiting: { readonly path: string; readonly value: Json }[] = [{ path: start, value: document }];
  let looked = 0;
  while (waiting.length > 0 && paths.length < MAX_ANSWER_PATHS && looked < MAX_ANSWER_PATHS * 4) {
    const next = waiting.pop();
    if (next === undefined) break;
    looked += 1;
    if (findsIt(document, next.path, next.value, root)) paths.push(shown(next.path, next.value));
    waiting.push(...members(next, next.path === start && root === 'document').reverse());
  }
  return { paths, more: waiting.length > 0 };
}

function findsIt(document: Json, path: string, value: Json, root: PathRoot): boolean {
  if (path.length > MAX_PATH) return false;
  const found = findInJson(document, path, root);
  return found.found && isDeepStrictEqual(found.value, value);
}

function shown(path: string, value: Json): AnswerPath {
  if (Array.isArray(value)) return { path, kind: 'list' };
  if (value === null) return { path, kind: 'null', value };
  if (isNumber(value)) return { path, kind: 'number', value };
  if (typeof value === 'object') return { path, kind: 'object' };
  return { path, kind: typeof value === 'string' ? 'text' : 'boolean', value };
}

/** XML is a tree of names with the root element on top (docs/behaviour.md#xml-paths). Paths are tried like those into JSON. */
async function xmlPlaces(
  text: string,
  query: (paths: readonly string[], how?: XmlPaths) => ReturnType<QueryXml>,
  { pathRoot, xpath }: { readonly pathRoot: PathRoot; readonly xpath: boolean },
): Promise<AnswerPlaces> {
  const name = /<([^\s!?/>][^\s/>]*)/u.exec(text.replace(/<!--.*?-->/gsu, ''))?.[1] ?? '';
  const base = pathRoot === 'data' ? 'data' : '';
  const top = base + step(name, base === '');
  const whole = await query([top], 'dotted');
  const root = whole.ok ? whole.value[0] : undefined;
  if (root?.found !== true) return NOWHERE;
  const tree: { readonly path: string; readonly xpath: string; readonly value: Json }[] = [];
  const waiting = [{ path: top, xpath: `/${name}`, value: root.value }];
  for (let next = waiting.pop(); next !== undefined && tree.length < MAX_ANSWER_PATHS; next = waiting.pop()) {
    tree.push(next);
    const { xpath: at } = next;
    const below = members(next, false).map((member) => ({ ...member, xpath: at + xpathStep(member.path, next.path) }));
    waiting.push(...below.reverse());
  }
  const paths = tree.map((place) => (xpath ? place.xpath : place.path));
  const found = await query(paths);
  if (!found.ok) return NOWHERE;
  const kept = tree.flatMap(({ value }, index) => {
    const hit = found.value[index];
    return hit?.found === true && isDeepStrictEqual(hit.value, value) ? [shown(paths[index] ?? '', hit.value)] : [];
  });
  return { paths: kept, more: waiting.length > 0 };
}

/** What a dotted step is in XPath, whose positions count from 1. */
function xpathStep(path: string, before: string): string {
  const own = path.slice(before.length);
  const index = /^\[(\d+)\]$/u.exec(own)?.[1];
  if (index !== undefined) return `[${Number(index) + 1}]`;
  return `/${own.replace(/^\.|^\['|'\]$/gu, '')}`;
}

/** @param top at the document itself names stand alone: `status`, not `$.status` */
function members(
  { path, value }: { readonly path: string; readonly value: Json },
  top: boolean,
): { readonly path: string; readonly value: Json }[] {
  if (!isBranch(value)) return [];
  const base = top ? '' : path;
  // More than that could not be listed anyway.
  if (Array.isArray(value)) {
    return value.slice(0, MAX_ANSWER_PATHS).map((member: Json, index) => ({ path: `${base}[${index}]`, value: member }));
  }
  return Object.entries(value)
    .slice(0, MAX_ANSWER_PATHS)
    .map(([name, member]: [string, Json]) => ({ path: base + step(name, base === ''), value: member }));
}

function step(name: string, first: boolean): string {
  if (PLAIN.test(name)) return first ? name : `.${name}`;
  return `['${name.replace(/['\\]/gu, '\\$&')}']`;
}
