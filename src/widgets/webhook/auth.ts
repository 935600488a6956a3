import { z } from 'zod';
import type { SecretText, WebhookAuth } from '../../model/webhook.js';
import type { TemplateMode } from '../../flow/widget.js';
import { fitHeader, fitPassword, fitToken, fitUserName } from '../../lib/header-value.js';
import { headerMode, type Gathering } from './gathering.js';
import { template } from './rows.js';

/*
 * How a webhook proves who sends it (docs/behaviour.md#credentials): the field as a flow writes it, and with its variables put
 * in. Secrets stay names.
 */

/** Name of a signer or a credential of `credentials.json`. */
export const siteNameField = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must have only letters, digits, "_", "-" and "."');

export const authField = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none').describe('Kind of credentials.') }),
  z.strictObject({ type: z.literal('basic'), username: template(1024), password: template(1024) }),
  z.strictObject({ type: z.literal('bearer'), token: template(4096).min(1).describe('Sent as `Authorization: Bearer …`.') }),
  z.strictObject({
    type: z.literal('apiKey'),
    name: z.string().min(1).max(256).default('X-API-Key').describe('Name of the header or query parameter.'),
    value: template(4096).min(1),
    in: z.enum(['header', 'query']).default('header').describe('Where the key goes.'),
  }),
  z.strictObject({
    type: z.literal('oauth2'),
    tokenUrl: template(8192).min(1).describe('https address that gives out tokens.'),
    clientId: template(1024).min(1),
    clientSecret: template(4096),
    scope: template(2000).optional().describe('Asked of the token endpoint.'),
    audience: template(2000).optional().describe('Asked of the token endpoint.'),
    clientAuth: z.enum(['basic', 'body']).default('basic').describe('Where the client’s own credentials go (RFC 6749 §2.3.1).'),
  }),
  z.strictObject({ type: z.literal('credential'), name: siteNameField.describe('A credential of `credentials.json`.') }),
]);

export type WebhookConfigAuth = z.infer<typeof authField>;

/** Fields of `auth` in which `$secret.NAME` is legal. */
export const AUTH_SECRETS = ['username', 'password', 'token', 'value', 'tokenUrl', 'clientId', 'clientSecret'].map(
  (field) => `auth.${field}`,
);

/** Credentials with their variables put in. */
export function resolveAuth(auth: WebhookConfigAuth, gathering: Gathering): WebhookAuth {
  const field = (
    key: string,
    written: string,
    fit: Parameters<Gathering['fitted']>[1],
    mode: TemplateMode = 'text',
  ): SecretText => gathering.fitted(gathering.secret(written, mode), fit, { place: 'auth', key });
  switch (auth.type) {
    case 'none':
    case 'credential':
      return auth;
    case 'basic':
      return {
        type: 'basic',
        username: field('username', auth.username, fitUserName),
        password: field('password', auth.password, fitPassword),
      };
    case 'bearer':
      return { type: 'bearer', token: field('token', auth.token, fitToken) };
    case 'apiKey':
      return {
        ...auth,
        value:
          auth.in === 'header'
            ? field('value', auth.value, fitHeader, headerMode(auth.name))
            : gathering.secret(auth.value, 'text'),
      };
    case 'oauth2':
      return {
        type: 'oauth2',
        tokenUrl: gathering.secret(auth.tokenUrl, 'url'),
        clientId: gathering.secret(auth.clientId, 'text'),
        clientSecret: gathering.secret(auth.clientSecret, 'text'),
        scope: auth.scope === undefined ? null : gathering.text(auth.scope, 'text'),
        audience: auth.audience === undefined ? null : gathering.text(auth.audience, 'text'),
        clientAuth: auth.clientAuth,
      };
  }
}
