import { secretParts } from '../secrets/secrets.js';
import type { ConfiguredAuth, WebhookAuth } from '../../model/webhook.js';

/** An authentication as requests carry it. */
export function webhookAuth<A extends ConfiguredAuth>(auth: A): Extract<WebhookAuth, { readonly type: A['type'] }>;
export function webhookAuth(auth: ConfiguredAuth): WebhookAuth {
  switch (auth.type) {
    case 'none':
    case 'credential':
      return auth;
    case 'basic':
      return { type: 'basic', username: secretParts(auth.username), password: secretParts(auth.password) };
    case 'bearer':
      return { type: 'bearer', token: secretParts(auth.token) };
    case 'apiKey':
      return { ...auth, value: secretParts(auth.value) };
    case 'oauth2':
      return {
        ...auth,
        tokenUrl: secretParts(auth.tokenUrl),
        clientId: secretParts(auth.clientId),
        clientSecret: secretParts(auth.clientSecret),
      };
  }
}
