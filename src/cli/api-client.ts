import { request } from 'node:http';
import { loadConfig } from '../site/config/config.js';
import { CODES, type Code } from '../lib/codes.js';
import type { Problem } from '../lib/problem.js';
import { err, ok, type Result } from '../lib/result.js';
import { refusal, type Refusal } from '../model/refusal.js';
import { jsonText, parseExact } from '../lib/json/json-text.js';
import { isExact } from '../lib/number/exact-number.js';

const TIMEOUT_MS = 10_000;

/** A request to the API. */
interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object | undefined;
  /** Sent in place of the first API key of the configuration. */
  readonly token?: string;
}

/** What is read of any answer, whatever else it has. */
interface ApiFailure {
  readonly error?: { readonly code: string; readonly message: string };
  readonly problems?: unknown;
}

/** Asks the API of the running process of a configuration; its own errors come as they are. */
export function callApi<T>(dir: string, method: 'GET' | 'POST', path: string, body?: object): Promise<Result<T, Refusal>> {
  return askApi(dir, { method, path, body });
}

/** The same for any request. */
export async function askApi<T>(dir: string, { method, path, body, token }: ApiRequest): Promise<Result<T, Refusal>> {
  const config = loadConfig({ dir });
  if (!config.ok) return err(refusal('CONFIG_INVALID', 'The configuration has errors.', config.error));
  const { host, port, keys } = config.value.api;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const key = token ?? keys[0];
  const headers = { ...(key !== undefined && { authorization: `Bearer ${key}` }), 'content-type': 'application/json' };
  const answer = await new Promise<{ readonly status: number; readonly text: string } | null>((resolve) => {
    const asked = request({ host: reachable, port, path, method, headers, timeout: TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
      response.on('error', () => resolve(null));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(null));
    asked.end(body === undefined ? undefined : jsonText(body));
  });
  if (answer === null) {
    return err(refusal('CLI_NOT_RUNNING', `Nothing answers at ${reachable}:${port}.`));
  }
  const parsed = objectIn(answer.text === '' ? '{}' : answer.text);
  if (parsed === null) return err(refusal('CLI_NOT_RUNNING', `The program that answers at ${reachable}:${port} is not Offhook.`));
  const value = parsed as T & ApiFailure;
  if (answer.status < 400) return ok(value);
  const code = value.error?.code ?? '';
  const problems = Array.isArray(value.problems) ? (value.problems as readonly Problem[]) : [];
  return err(refusal(Object.hasOwn(CODES, code) ? (code as Code) : 'API_FAILED', value.error?.message, problems));
}

/** The JSON object in a text, numbers with their digits; null when there is none. */
function objectIn(text: string): object | null {
  try {
    const value = parseExact(text);
    return typeof value === 'object' && value !== null && !isExact(value) ? value : null;
  } catch {
    return null;
  }
}
