import js from '@eslint/js';
import ts from 'typescript-eslint';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';

// Static `style="…"` reports a style-src-attr violation under our CSP; `style:x={…}` is clean.
const noStaticStyle = {
  selector: 'SvelteAttribute[key.name="style"] > SvelteLiteral',
  message: 'Use style:property={…} or a class: a static style attribute violates our CSP.',
};

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
        project: [
          'core/tsconfig.test.json',
          'extension/tsconfig.json',
          'extension/background/tsconfig.json',
          'pwa/tsconfig.json',
          'pwa/tsconfig.worker.json',
          'e2e/tsconfig.json',
          'tsconfig.test.json',
          'tsconfig.svelte.json',
        ],
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
  {
    files: ['**/*.svelte'],
    rules: { 'svelte/no-at-html-tags': 'error', 'no-restricted-syntax': ['error', noStaticStyle] },
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
