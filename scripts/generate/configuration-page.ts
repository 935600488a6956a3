import { configSchema, SETTINGS } from '../../src/site/config/config.js';
import { credentialsFileSchema } from '../../src/webhooks/auth/credentials-schema.js';
import { webhooksFileSchema } from '../../src/webhooks/configured/schema.js';
import { fieldsOf, table } from './field-table.js';
import { inputSchema, type SchemaNode } from './json-schema.js';

/** The JSON Schema of `config/offhook.json`, for editors. */
export function configurationSchema(): SchemaNode {
  return { ...inputSchema(configSchema), title: 'Offhook configuration' };
}

/** The JSON Schema of `config/webhooks.json`, for editors. */
export function webhooksSchema(): SchemaNode {
  return { ...inputSchema(webhooksFileSchema), title: 'Offhook webhooks' };
}

/** The JSON Schema of `config/credentials.json`, for editors. */
export function credentialsSchema(): SchemaNode {
  return { ...inputSchema(credentialsFileSchema), title: 'Offhook credentials' };
}

/** The reference page of all settings and their environment variables. */
export function configurationPage(): string {
  const variables = new Map(SETTINGS.map(({ path, variable }) => [path.join('.'), variable]));
  const sections = Object.entries(configurationSchema().properties ?? {}).filter(([name]) => name !== '$schema');
  const parts = sections.map(([name, node]) => {
    const rows = fieldsOf({ properties: { [name]: node } })
      .filter((field) => field.name !== name || !node.properties)
      .map((field) => [
        `\`${field.name}\``,
        field.type,
        field.default,
        field.limits,
        field.description,
        variables.has(field.name) ? `\`${variables.get(field.name) ?? ''}\`` : '',
      ]);
    const head = ['Setting', 'Type', 'Default', 'Limits', 'Meaning', 'Environment variable'];
    return `## ${name}\n\n${node.description ?? ''}\n\n${table(head, rows)}`;
  });
  return `# Configuration

\`config/offhook.json\`, setting by setting. Every setting has a default, so an empty object is a working configuration. An environment
variable wins over the file. Give the file \`"$schema": "../schemas/offhook.schema.json"\` and editors complete and check it. This page is
made from the configuration's own schema by \`npm run docs\`.

${parts.join('\n\n')}
`;
}
