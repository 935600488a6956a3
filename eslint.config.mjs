import tseslint from 'typescript-eslint';

/** Imports only one place may have; everybody else goes through that place. Types may be named anywhere. */
const guarded = (modules, message) => ({ regex: `^(?:${modules})$`, message, allowTypeImports: true });
const drachtio = guarded('drachtio-srf.*', 'Only src/sip/drachtio-link.ts imports drachtio-srf.');
const dgram = guarded('(?:node:)?dgram', 'UDP belongs to src/media and src/sip/server (and the test phone).');
const jsonpath = guarded('jsonpath-plus', 'Only src/webhooks/answer/paths.ts imports jsonpath-plus, with eval off.');

/** One client that refuses internal addresses; a second one would be a way around it (docs/decisions/0015-safe-by-default.md). */
const ONE_CLIENT = 'HTTP toward users goes through the guarded client, src/http/client.ts: take it, or a Sender, as a port.';
const libraries = guarded('axios|got|ky|needle|node-fetch.*|superagent|request|phin|wretch|ofetch', ONE_CLIENT);
const undici = guarded('undici(?:/.*)?', ONE_CLIENT);
const http = guarded('(?:node:)?(?:https?|http2)', ONE_CLIENT);
/** For those who serve: nothing of the module that asks. */
const httpClients = {
  ...http,
  importNamePattern: '^(?!(?:createServer|Server|IncomingMessage|ServerResponse|STATUS_CODES|METHODS)$)',
  message: `Only what serves may be imported here. ${ONE_CLIENT}`,
};
const sockets = {
  ...guarded('(?:node:)?(?:net|tls)|ws', `Connections are made by src/sip/server and by the guarded client. ${ONE_CLIENT}`),
  importNamePattern: '^(?:connect|createConnection|Socket|TLSSocket|WebSocket|default)$',
};
/** What nobody has but those named below. */
const everything = { drachtio, dgram, libraries, undici, http, sockets, jsonpath };
const restrict = (patterns) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns: Object.values(patterns) }] });
/** Everything is restricted but these. */
const but = (...allowed) =>
  restrict(Object.fromEntries(Object.entries(everything).filter(([, rule]) => !allowed.includes(rule))));

/** The ways to ask without an import at the top of the file. */
const hiddenClients = [
  {
    selector: 'ImportExpression[source.value=/^(?:(?:node:)?(?:https?|http2|net|tls)|undici|axios|got|node-fetch)$/]',
    message: ONE_CLIENT,
  },
  {
    selector:
      "CallExpression[callee.name='require'] > Literal[value=/^(?:(?:node:)?(?:https?|http2|net|tls)|undici|axios|got|node-fetch)$/]",
    message: ONE_CLIENT,
  },
  { selector: "CallExpression[callee.property.name='getBuiltinModule']", message: ONE_CLIENT },
];
const browserClients = ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'];
const noBrowserClients = browserClients.map((name) => ({ name, message: ONE_CLIENT }));
const noGlobalClients = browserClients.map((property) => ({ object: 'globalThis', property, message: ONE_CLIENT }));

/** What operators search for and alerts are made of. */
const codelessErrors = {
  selector:
    "CallExpression[callee.property.name='error'][arguments.length=2] > ObjectExpression:first-child:not(:has(> Property[key.name='code']))",
  message: 'An error in the log has a stable `code` of src/lib/codes.ts.',
};

export default tseslint.config(
  { ignores: ['dist', 'data', 'node_modules', 'coverage', 'schemas'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.mjs', 'scripts/*.mjs'] } } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-eval': 'error',
      'no-implied-eval': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      // Work nobody waits for goes through src/lib/log/background.ts, so that its failure is told.
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      'object-shorthand': 'error',
      'no-console': 'error',
      'max-lines': ['error', { max: 450, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      complexity: ['error', 20],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only src/site/config/config.ts reads the environment.',
        },
        codelessErrors,
        ...hiddenClients,
      ],
      'no-restricted-globals': ['error', ...noBrowserClients],
      'no-restricted-properties': ['error', ...noGlobalClients],
      ...restrict(everything),
    },
  },
  // The order of a start is the order of its lines.
  {
    files: ['src/app/main.ts'],
    rules: { '@typescript-eslint/no-use-before-define': ['error', { variables: true, functions: true }] },
  },
  { files: ['src/cli.ts', 'src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: ['src/site/config/config.ts'], rules: { 'no-restricted-syntax': ['error', codelessErrors, ...hiddenClients] } },
  { files: ['src/sip/drachtio-link.ts'], rules: but(drachtio) },
  { files: ['src/media/**/*.ts'], rules: but(dgram) },
  // SIP over UDP and TCP, both ends of it.
  { files: ['src/sip/server/**/*.ts', 'src/phone/**/*.ts'], rules: but(dgram, sockets) },
  { files: ['src/webhooks/answer/paths.ts'], rules: but(jsonpath) },
  // The guarded client itself.
  {
    files: ['src/http/{connect,connection-limit,connections,failures,framing,renewable-pool,send-request}.ts'],
    rules: but(undici),
  },
  { files: ['src/http/dial.ts'], rules: but(sockets) },
  { files: ['src/api/**/*.ts', 'src/cli/demo/**/*.ts'], rules: restrict({ ...everything, http: httpClients }) },
  // They ask the API of this very installation, and nothing else.
  { files: ['src/cli/{health,api-client}.ts', 'src/cli/demo/demo.ts'], rules: but(http) },
  {
    files: ['src/flow/**/*.ts', 'src/widgets/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'setImmediate', 'performance', ...noBrowserClients],
      'no-restricted-properties': [
        'error',
        ...noGlobalClients,
        {
          object: 'Date',
          property: 'now',
          message: 'Time reaches a flow through its clock only (docs/decisions/0003-journal-first.md).',
        },
        {
          object: 'Math',
          property: 'random',
          message: 'Randomness reaches a flow through its port only (docs/decisions/0003-journal-first.md).',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'scripts/**', '*.config.*'],
    rules: { 'max-lines-per-function': 'off', 'no-console': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['**/*.mjs'], ...tseslint.configs.disableTypeChecked },
);
