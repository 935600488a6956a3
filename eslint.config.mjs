import tseslint from 'typescript-eslint';

/** Imports only one place may have; everybody else goes through that place. */
const guarded = (group, message) => ({ group, message });
const drachtio = guarded(['drachtio-srf*'], 'Only src/sip/drachtio-link.ts imports drachtio-srf.');
const dgram = guarded(['node:dgram', 'dgram'], 'UDP belongs to src/media and src/sip/server (and the test phone).');
const http = guarded(
  ['undici', 'node:http', 'node:https', 'http', 'https'],
  'HTTP toward users goes through the guarded client of src/webhooks; serving belongs to src/api.',
);
const jsonpath = guarded(['jsonpath-plus'], 'Only src/webhooks/paths.ts imports jsonpath-plus, with eval off.');
const restrict = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

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
          message: 'Only src/config.ts reads the environment.',
        },
        {
          selector: "CallExpression[callee.name='fetch']",
          message: 'HTTP toward users goes through the guarded client of src/webhooks.',
        },
      ],
      ...restrict(drachtio, dgram, http, jsonpath),
    },
  },
  { files: ['src/cli.ts', 'src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: ['src/config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['src/sip/drachtio-link.ts'], rules: restrict(dgram, http, jsonpath) },
  { files: ['src/media/**/*.ts', 'src/sip/server/**/*.ts', 'src/phone/**/*.ts'], rules: restrict(drachtio, http, jsonpath) },
  { files: ['src/webhooks/**/*.ts'], rules: restrict(drachtio, dgram, jsonpath) },
  { files: ['src/webhooks/paths.ts'], rules: restrict(drachtio, dgram, http) },
  { files: ['src/api/**/*.ts', 'src/demo/**/*.ts', 'src/cli/**/*.ts'], rules: restrict(drachtio, dgram, jsonpath) },
  {
    files: ['src/flow/**/*.ts', 'src/widgets/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'setImmediate', 'performance', 'fetch'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time reaches a flow through its clock only (decision D3).' },
        { object: 'Math', property: 'random', message: 'Randomness reaches a flow through its port only (decision D3).' },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'scripts/**', '*.config.*'],
    rules: { 'max-lines-per-function': 'off', 'no-console': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['**/*.mjs'], ...tseslint.configs.disableTypeChecked },
);
