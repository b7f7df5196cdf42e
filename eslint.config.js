import js from '@eslint/js';
import ts from 'typescript-eslint';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';

// Static `style="…"` reports a style-src-attr violation under our CSP; `style:x={…}` is clean.
const noStaticStyle = {
  selector: 'SvelteAttribute[key.name="style"] > SvelteLiteral',
  message: 'Use style:property={…} or a class: a static style attribute violates our CSP.',
};

/** Which TypeScript program knows which files: a file is looked up in its own one only, which is what
 * keeps the linter's time and memory down. Later rows win. */
const programs = [
  ['core/**/*.ts', 'core/tsconfig.test.json'],
  ['extension/**/*.ts', 'extension/tsconfig.json'],
  ['extension/background/**/*.ts', 'extension/background/tsconfig.json'],
  ['pwa/**/*.ts', 'pwa/tsconfig.json'],
  ['pwa/{service-worker,worker/**/*}.ts', 'pwa/tsconfig.worker.json'],
  ['e2e/**/*.ts', 'e2e/tsconfig.json'],
  ['*.ts', 'e2e/tsconfig.json'],
  ['{extension,pwa}/**/*.test.ts', 'tsconfig.test.json'],
  ['**/*.svelte', 'tsconfig.svelte.json'],
].map(([files, project]) => ({
  files: [files],
  languageOptions: { parserOptions: { project } },
}));

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'test-results/', 'playwright-report/', '.gatehouse/'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    files: ['**/*.ts', '**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      globals: { ...globals.browser, ...globals.serviceworker },
      parserOptions: {
        parser: ts.parser,
        extraFileExtensions: ['.svelte'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { arguments: false, attributes: false } },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-undef': 'off',
    },
  },
  ...programs,
  {
    files: ['**/*.svelte'],
    rules: { 'svelte/no-at-html-tags': 'error', 'no-restricted-syntax': ['error', noStaticStyle] },
  },
  {
    files: ['core/**/*.ts'],
    ignores: ['core/zod.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: ['zod', 'zod/mini'].map((name) => ({ name, message: 'Take z from core/zod.ts.' })),
        },
      ],
    },
  },
  {
    // A Playwright fixture without dependencies is written `async ({}, use)`.
    files: ['e2e/**/*.ts'],
    rules: { 'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }] },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: globals.node },
  },
);
