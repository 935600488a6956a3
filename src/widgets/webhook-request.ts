import type { Json } from '../lib/json.js';
import { err, ok, type Result } from '../lib/result.js';
import type { SecretText, WebhookAuth, WebhookCall, WebhookRow } from '../flow/ports.js';
import type { Resolved, TemplateMode, WidgetContext } from '../flow/widget.js';
import { isRequired, profiled, type WebhookConfig, type WebhookConfigRow } from './webhook-config.js';

/*
 * From configuration and variables to the request of the webhook port. Escaping follows the place a value goes to; a variable
 * without a value in a place that needs one is INVALID_FLOW_VAR, and the request is never made (P8, Q39).
 */

/** Gathers what went wrong and whether anything masked went in, while fields are resolved one after the other. */
class Gathering {
  readonly missing: string[] = [];
  masked = false;

  constructor(private readonly vars: WidgetContext['vars']) {}

  secret(template: string, mode: TemplateMode): SecretText {
    return this.#need(this.vars.secretText(template, mode));
  }

  text(template: string, mode: TemplateMode): string {
    return this.#need(this.vars.text(template, mode));
  }

  typed(template: string): Json {
    return this.#need(this.vars.typed(template));
  }

  /** Rows with a value; one without is left out, or missed when it is mandatory. */
  rows(rows: readonly WebhookConfigRow[]): WebhookRow[] {
    return rows.flatMap((row) => {
      const resolved = this.vars.secretText(row.value, 'text');
      if (resolved.missing.length > 0 && !row.mandatory) return [];
      return [{ key: row.key, value: this.#need(resolved) }];
    });
  }

  /** The same for the fields of a form body, where secrets are not legal. */
  fields(rows: readonly WebhookConfigRow[]): { key: string; value: string }[] {
    return rows.flatMap((row) => {
      const resolved = this.vars.text(row.value);
      if (resolved.missing.length > 0 && !row.mandatory) return [];
      return [{ key: row.key, value: this.#need(resolved) }];
    });
  }

  #need<T>(resolved: Resolved<T>): T {
    this.missing.push(...resolved.missing);
    this.masked ||= resolved.masked;
    return resolved.value;
  }
}

/** The request, or the names of the variables that it needs and that have no value. */
export function resolveRequest(config: WebhookConfig, context: WidgetContext): Result<WebhookCall, readonly string[]> {
  const gathering = new Gathering(context.vars);
  const profile = profiled(config);
  const call = {
    method: config.method === 'OPTION' ? 'OPTIONS' : config.method,
    url: gathering.secret(config.url, 'url'),
    query: gathering.rows(config.query),
    headers: gathering.rows(config.headers),
    auth: resolveAuth(config, gathering),
    body: sendsBody(config) ? resolveBody(config.body, gathering, context) : null,
    timeoutMs: profile.timeout * 1000,
    maxResponseBytes: config.maxResponseBytes,
    redirects: config.redirects,
    responseType: profile.responseType,
    pathRoot: profile.pathRoot,
    xmlPaths: profile.xmlPaths,
    mapping: config.mapping.map((row) => ({ path: row.path, required: isRequired(row) })),
  } satisfies WebhookCall;
  if (gathering.missing.length > 0) return err([...new Set(gathering.missing)]);
  return ok(gathering.masked ? { ...call, masked: true } : call);
}

/** Q13: with GET (and HEAD) only on request. */
function sendsBody(config: WebhookConfig): boolean {
  return config.sendBodyWithGet || (config.method !== 'GET' && config.method !== 'HEAD');
}

function resolveAuth({ auth }: WebhookConfig, gathering: Gathering): WebhookAuth {
  if (auth.type === 'none') return auth;
  return {
    type: 'basic',
    username: gathering.secret(auth.username, 'text'),
    password: gathering.secret(auth.password, 'text'),
  };
}

function resolveBody(body: WebhookConfig['body'], gathering: Gathering, context: WidgetContext): WebhookCall['body'] {
  switch (body.type) {
    case 'none':
      return null;
    case 'json': {
      const { content } = body;
      const text = typeof content === 'string' ? gathering.text(content, 'json') : JSON.stringify(fill(content, gathering));
      return { contentType: 'application/json; charset=utf-8', text };
    }
    case 'xml':
      return { contentType: 'application/xml; charset=utf-8', text: gathering.text(body.content, 'xml') };
    case 'html':
      return { contentType: 'text/html; charset=utf-8', text: gathering.text(body.content, 'xml') };
    case 'text':
      return { contentType: 'text/plain; charset=utf-8', text: gathering.text(body.content, 'text') };
    case 'urlencoded':
    case 'form': {
      const pairs = gathering.fields(body.fields).map(({ key, value }): [string, string] => [key, value]);
      const contentType = 'application/x-www-form-urlencoded; charset=utf-8';
      return { contentType, text: new URLSearchParams(pairs).toString() };
    }
    case 'multipart':
      return multipart(gathering.fields(body.fields), context.random.uuid());
  }
}

/** JSON written as JSON: variables are put into its strings; one that is nothing but a variable becomes that value (Q42). */
function fill(value: Json, gathering: Gathering): Json {
  if (typeof value === 'string') return gathering.typed(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => fill(item, gathering));
  return Object.fromEntries(Object.entries(value).map(([key, item]: [string, Json]) => [key, fill(item, gathering)]));
}

/** RFC 7578: one part per field; quotes and line breaks in names are percent-encoded as browsers do. */
function multipart(fields: readonly { key: string; value: string }[], boundary: string): WebhookCall['body'] {
  const parts = fields.map(({ key, value }) => {
    const name = key.replace(/["\r\n]/gu, (char) => encodeURIComponent(char));
    return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  });
  return { contentType: `multipart/form-data; boundary=${boundary}`, text: `${parts.join('')}--${boundary}--\r\n` };
}
