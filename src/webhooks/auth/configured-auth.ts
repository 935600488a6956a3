import { z } from 'zod';
import type { ConfiguredAuth } from '../../model/webhook.js';

/*
 * How a configured webhook proves who sends to it, as it stands in the file. Every text may hold `$secret.NAME`; a `credential`
 * is one of the site's own (`credentials.json`).
 */

const text = z.string().min(1).max(4096);

/** The kinds that say everything themselves; a credential of the site is one of them too. */
export const AUTH_KINDS = [
  z.strictObject({
    type: z.literal('basic'),
    username: z.string().min(1).max(1024),
    password: z.string().max(1024).describe('Usually `$secret.NAME`.'),
  }),
  z.strictObject({ type: z.literal('bearer'), token: text.describe('Usually `$secret.NAME`.') }),
  z.strictObject({
    type: z.literal('apiKey'),
    name: z.string().min(1).max(200).default('X-API-Key').describe('Name of the header or query parameter.'),
    value: text.describe('Usually `$secret.NAME`.'),
    in: z.enum(['header', 'query']).default('header'),
  }),
  z.strictObject({
    type: z.literal('oauth2'),
    tokenUrl: z.string().min(1).max(2000),
    clientId: text,
    clientSecret: text.describe('Usually `$secret.NAME`.'),
    scope: z.string().max(2000).nullable().default(null),
    audience: z.string().max(2000).nullable().default(null),
    clientAuth: z
      .enum(['basic', 'body'])
      .default('basic')
      .describe('Where the client shows its secret (RFC 6749 section 2.3.1).'),
  }),
] as const;

export const configuredAuthSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('none') }),
    ...AUTH_KINDS,
    z.strictObject({
      type: z.literal('credential'),
      name: z.string().min(1).max(64).describe('A credential of `credentials.json`.'),
    }),
  ])
  .default({ type: 'none' })
  .describe('How requests prove who sends them.');

/** The texts of an authentication that may name secrets, each with its field. The last one is the secret itself. */
export function authTexts(auth: ConfiguredAuth): readonly (readonly [field: string, text: string])[] {
  switch (auth.type) {
    case 'basic':
      return [
        ['username', auth.username],
        ['password', auth.password],
      ];
    case 'bearer':
      return [['token', auth.token]];
    case 'apiKey':
      return [['value', auth.value]];
    case 'oauth2':
      return [
        ['tokenUrl', auth.tokenUrl],
        ['clientId', auth.clientId],
        ['clientSecret', auth.clientSecret],
      ];
    case 'none':
    case 'credential':
      return [];
  }
}
