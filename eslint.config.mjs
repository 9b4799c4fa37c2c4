import tseslint from 'typescript-eslint';

/** What docs/glossary.md has a plain word for, in comments and in texts. */
const DIALECT = /\b(can not|made again|anew|(is|are)[\s*]+to be)\b/i;
const plainWords = {
  create: (context) => ({
    Program({ tokens, comments }) {
      for (const { type, value, loc } of [...tokens, ...comments]) {
        const isComment = type === 'Line' || type === 'Block';
        if (!isComment && type !== 'String' && type !== 'Template') continue;
        const [found] = DIALECT.exec(value) ?? (isComment ? /^[\s*]*Of /.exec(value) : null) ?? [];
        if (found) context.report({ loc, message: `Say it plainly (docs/glossary.md): "${found.trim()}".` });
      }
    },
  }),
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.stack/', 'patches/', 'bench/peers/', 'client/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { local: { rules: { 'plain-words': plainWords } } },
    rules: {
      'local/plain-words': 'error',
      // eslint-disable-next-line local/plain-words -- the words themselves
      'id-denylist': ['error', 'of', 'told', 'nth', 'goOn', 'beat', 'ghost', 'knock', 'deal', 'crowd', 'anew'],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true, IIFEs: true }],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only bin/read-config.ts (and dev/, bench/, test/) reads the environment.',
        },
        {
          object: 'URL',
          property: 'canParse',
          message: 'Node 20 answers wrongly once it has compiled it: use common/parse-url.ts.',
        },
      ],
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['bin/**', 'dev/**', 'bench/**', 'test/**', '*.config.*'],
    rules: { 'no-restricted-properties': 'off', 'max-lines-per-function': 'off' },
  },
  {
    // What a record goes through. Whatever comes in, the worker goes on: a record is dead-lettered, or waited for.
    files: [
      'processors/*.ts',
      'processors/map/**',
      'processors/sinks/**',
      'topology/graph/executor.ts',
      'topology/graph/outputs.ts',
      'common/cut-record.ts',
      'common/record-headers.ts',
      'topology/kafka/records/{compression,record-batch,record-list,unpacked-bound}.ts',
      'topology/kafka/fetch/fetched-records.ts',
      'topology/kafka/produce/outbound-batches.ts',
      'topology/task/{commit,commit-loop,dead-letter-limit,fit-dead-letter,pipeline,record-loop,refusals,source-queue,staged-commit,staged-outputs}.ts',
    ],
    ignores: ['processors/load-templates.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name=/^(FatalError|OutOfRangeError|UnreadableError)$/]',
          message: 'A record must not end the worker: dead-letter it, or wait with an OutageError.',
        },
      ],
    },
  },
  {
    files: ['topology/task/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval'].map((name) => ({
          name,
          message: 'The model (test/model) runs tasks by a clock of its own: wait with node:timers/promises.',
        })),
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    ...tseslint.configs.disableTypeChecked,
  },
);
