import { z } from 'zod';
import { jsonTooBig } from '../../lib/json/json-limits.js';
import type { ApiContext } from './context.js';
import { operation, type ApiOperation } from '../http/operation.js';
import { failure, json, redirect, throttled } from '../http/reply.js';
import { encodeCursor, linksQuery, noParams, PAGE, pageOf } from '../http/schemas.js';
import type { ShortLink } from '../../model/link.js';
import type { Result } from '../../lib/result.js';
import type { Page, PageRequest } from '../../model/page.js';

/** Short links. */
export interface ApiLinks {
  /** Makes one; `days` null: as long as configured. The error says what is wrong with the address, as a sentence part. */
  make(longUrl: string, days: number | null): Promise<Result<string, string>>;
  /** Where a code leads; `count`: it is a visit. */
  follow(
    code: string,
    options: { readonly count: boolean },
  ): Promise<{ readonly kind: 'found'; readonly url: string } | { readonly kind: 'unknown' | 'expired' }>;
  list(page: PageRequest): Promise<Page<ShortLink>>;
  /** False when there was none of that code. */
  remove(code: string): Promise<boolean>;
}

/** What is asked of short links. */
export interface LinkPorts {
  readonly links: ApiLinks;
}

const code = z.string().max(64).describe('Last part of the short link.');

const followLink = ({ ports, wrongLinks }: ApiContext<LinkPorts>): ApiOperation =>
  operation({
    id: 'followLink',
    method: 'get',
    path: '/s/{code}',
    tag: 'Links',
    summary: 'Follows a short link.',
    access: 'open',
    params: z.strictObject({ code }),
    // Whatever messengers and newsletters append to a link is theirs.
    query: z.looseObject({}),
    answers: {
      302: { description: 'The address of the link is in `Location`.' },
      404: { description: 'No such link.' },
      410: { description: 'The link has expired.' },
      429: { description: 'This address tried too many links that do not exist. Links that exist still work.' },
    },
    async handle({ params, method, address }) {
      const found = await ports.links.follow(params.code, { count: method === 'GET' });
      if (found.kind === 'found') return redirect(found.url);
      if (found.kind === 'expired') return failure(410, 'LINK_EXPIRED');
      if (await wrongLinks.tooMany(address)) return throttled('This address tried too many wrong short links.');
      return failure(404, 'LINK_UNKNOWN');
    },
  });

const requestSchema = z
  .object({
    custToken: z.string().max(512).optional().describe('An API key. It may also be sent as a header, as in other requests.'),
    longUrl: z.string().describe('Where the link leads: an http or https address.'),
    expiryDays: z
      .number()
      .int()
      .min(1)
      .max(3650)
      .optional()
      .describe('How long the link works, days. Absent: `functions.linkDays`.'),
  })
  .meta({ id: 'ShortUrlRequest' });

const shortUrl = ({ ports }: ApiContext<LinkPorts>): ApiOperation =>
  operation({
    id: 'shortUrl',
    method: 'post',
    path: '/shorturl',
    tag: 'Links',
    summary: 'Creates a short link.',
    access: 'token',
    params: noParams,
    query: noParams,
    body: { description: 'The address.', schema: requestSchema },
    answers: { 200: { description: 'The link.', schema: z.object({ shortUrl: z.string() }).meta({ id: 'ShortUrl' }) } },
    async handle({ body }) {
      const parsed = requestSchema.safeParse(parse(body));
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        return failure(400, 'API_BAD_REQUEST', `${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'not valid'}`);
      }
      const { longUrl, expiryDays } = parsed.data;
      const made = await ports.links.make(longUrl, expiryDays ?? null);
      return made.ok ? json({ shortUrl: made.value }) : failure(400, 'API_BAD_REQUEST', `longUrl ${made.error}.`);
    },
  });

function parse(body: string): unknown {
  if (jsonTooBig(body) !== null) return null;
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

const linkSchema = z
  .object({
    code: z.string(),
    url: z.string(),
    createdAt: z.number().int().describe('Milliseconds since 1970-01-01T00:00:00Z.'),
    expiresAt: z.number().int().nullable().describe('Null: the link never expires.'),
    visits: z.number().int().describe('Number of visits.'),
    visitedAt: z.number().int().nullable().describe('Time of the last visit.'),
  })
  .meta({ id: 'Link' });

const listLinks = ({ ports }: ApiContext<LinkPorts>): ApiOperation =>
  operation({
    id: 'listLinks',
    method: 'get',
    path: '/v1/links',
    tag: 'Links',
    summary: 'Lists short links with their visits, newest first.',
    access: 'key',
    params: noParams,
    query: linksQuery,
    answers: { 200: { description: 'A page of links.', schema: pageOf(linkSchema) } },
    async handle({ query: { limit, cursor } }) {
      const page = await ports.links.list({ limit: limit ?? PAGE, after: cursor ?? null });
      return json({ items: page.items, next: encodeCursor(page.next) });
    },
  });

const deleteLink = ({ ports }: ApiContext<LinkPorts>): ApiOperation =>
  operation({
    id: 'deleteLink',
    method: 'delete',
    path: '/v1/links/{code}',
    tag: 'Links',
    summary: 'Deletes a short link. It leads nowhere from then on.',
    access: 'key',
    params: z.strictObject({ code }),
    query: noParams,
    answers: { 200: { description: 'The link is deleted.' }, 404: { description: 'No such link.' } },
    async handle({ params }) {
      return (await ports.links.remove(params.code)) ? json({ code: params.code }) : failure(404, 'LINK_UNKNOWN');
    },
  });

/** Short links: made with a key, followed by everybody. */
export function linkOperations(context: ApiContext<LinkPorts>): readonly ApiOperation[] {
  return [followLink(context), shortUrl(context), listLinks(context), deleteLink(context)];
}
