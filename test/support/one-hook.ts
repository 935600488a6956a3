import type { Json, JsonObject } from '../../src/lib/json/json.js';
import type { Identity } from '../../src/webhooks/auth/identity.js';
import { flowOf } from './flow-case.js';
import { Endpoint, type Received } from './site.js';
import { WireFlows } from './wire-flow.js';

/** What a flow of one webhook did. */
export interface HookOutcome {
  /** `widget:exit` of every step. */
  readonly path: readonly string[];
  /** By full name. */
  readonly variables: Readonly<Record<string, Json>>;
  /** The first request since the last {@link OneHook.reset}. */
  readonly request: Received | undefined;
  /** `$flow.key.<name>` */
  readonly key: (name: string) => Json | undefined;
}

/** Flows of one webhook each, all of whose exits end it, over HTTP to a service of the test. */
export class OneHook {
  private constructor(
    readonly service: Endpoint,
    readonly flows: WireFlows,
    private readonly declared: JsonObject,
  ) {}

  /**
   * @param declared the flow's `variables`
   * @param identity credentials and signers of the site
   */
  static async start(
    declared: JsonObject = {},
    secrets: Readonly<Record<string, string>> = {},
    identity?: Identity,
  ): Promise<OneHook> {
    return new OneHook(await Endpoint.start(), new WireFlows(secrets, identity), declared);
  }

  /** Runs a webhook of these fields. */
  async call(fields: JsonObject, wired: readonly string[] = ['success', 'failed', 'timeout']): Promise<HookOutcome> {
    const exits = Object.fromEntries(wired.map((exit) => [exit, null]));
    const hook = { type: 'webhook', url: `${this.service.url}/hook`, exits, ...fields };
    const { path, variables } = await this.flows.run(flowOf({ hook }, { variables: this.declared }));
    return { path, variables, request: this.service.received[0], key: (name) => variables[`$flow.key.${name}`] };
  }

  /** Answers with JSON. */
  json(value: Json, status = 200): void {
    this.service.answer = () => ({ status, body: JSON.stringify(value) });
  }

  /** Answers with XML. */
  xml(body: string): void {
    this.service.answer = () => ({ status: 200, body, type: 'application/xml' });
  }

  /** Forgets the requests; answers `{}` again. */
  reset(): void {
    this.service.received.length = 0;
    this.json({});
  }

  async close(): Promise<void> {
    await this.flows.close();
    await this.service.close();
  }
}
