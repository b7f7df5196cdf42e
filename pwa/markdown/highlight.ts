import { createLowlight } from 'lowlight';
import type { LanguageFn } from 'highlight.js';

/** A run of code in one colour; `role` is empty for plain text. */
export interface Run {
  readonly text: string;
  readonly role: string;
}

type Grammar = () => Promise<{ default: LanguageFn }>;

/** Each grammar is a file of its own, fetched when the first block of that language is closed. */
const GRAMMARS: Readonly<Record<string, Grammar>> = Object.freeze({
  bash: () => import('highlight.js/lib/languages/bash'),
  c: () => import('highlight.js/lib/languages/c'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  csharp: () => import('highlight.js/lib/languages/csharp'),
  css: () => import('highlight.js/lib/languages/css'),
  diff: () => import('highlight.js/lib/languages/diff'),
  dockerfile: () => import('highlight.js/lib/languages/dockerfile'),
  go: () => import('highlight.js/lib/languages/go'),
  graphql: () => import('highlight.js/lib/languages/graphql'),
  ini: () => import('highlight.js/lib/languages/ini'),
  java: () => import('highlight.js/lib/languages/java'),
  javascript: () => import('highlight.js/lib/languages/javascript'),
  json: () => import('highlight.js/lib/languages/json'),
  kotlin: () => import('highlight.js/lib/languages/kotlin'),
  lua: () => import('highlight.js/lib/languages/lua'),
  makefile: () => import('highlight.js/lib/languages/makefile'),
  markdown: () => import('highlight.js/lib/languages/markdown'),
  php: () => import('highlight.js/lib/languages/php'),
  powershell: () => import('highlight.js/lib/languages/powershell'),
  python: () => import('highlight.js/lib/languages/python'),
  r: () => import('highlight.js/lib/languages/r'),
  ruby: () => import('highlight.js/lib/languages/ruby'),
  rust: () => import('highlight.js/lib/languages/rust'),
  scss: () => import('highlight.js/lib/languages/scss'),
  sql: () => import('highlight.js/lib/languages/sql'),
  swift: () => import('highlight.js/lib/languages/swift'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  xml: () => import('highlight.js/lib/languages/xml'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
});

// prettier-ignore
const ALIASES: Readonly<Record<string, string>> = Object.freeze({
  'c#': 'csharp', 'c++': 'cpp', cc: 'cpp', cjs: 'javascript', console: 'bash', cs: 'csharp', docker: 'dockerfile',
  golang: 'go', h: 'c', hpp: 'cpp', html: 'xml', js: 'javascript', json5: 'json', jsonc: 'json', jsx: 'javascript',
  kt: 'kotlin', make: 'makefile', md: 'markdown', mjs: 'javascript', patch: 'diff', ps1: 'powershell', py: 'python',
  python3: 'python', rb: 'ruby', rs: 'rust', sh: 'bash', shell: 'bash', svelte: 'xml', svg: 'xml', toml: 'ini',
  ts: 'typescript', tsx: 'typescript', vue: 'xml', yml: 'yaml', zsh: 'bash',
});

/** Larger code is shown plain: colours are not worth a page that stands still. */
const LARGEST = 50_000;

const lowlight = createLowlight();

/** Undefined where there is no grammar, or too much code. */
export async function highlight(code: string, language: string): Promise<Run[] | undefined> {
  const wanted = language.toLowerCase();
  const name = Object.hasOwn(ALIASES, wanted) ? (ALIASES[wanted] ?? wanted) : wanted;
  if (code.length > LARGEST || !Object.hasOwn(GRAMMARS, name)) return undefined;
  if (!lowlight.registered(name)) {
    const grammar = await GRAMMARS[name]?.();
    if (!grammar) return undefined;
    lowlight.register(name, grammar.default);
  }
  return [...toRuns(lowlight.highlight(name, code).children, '')];
}

interface TreeNode {
  type: string;
  value?: string;
  properties?: { className?: unknown };
  children?: TreeNode[];
}

function* toRuns(nodes: readonly TreeNode[], role: string): Generator<Run> {
  for (const node of nodes) {
    if (node.type === 'text') yield { text: node.value ?? '', role };
    else yield* toRuns(node.children ?? [], toRole(node) || role);
  }
}

/** Nine colour roles of our own instead of a theme file. */
// prettier-ignore
const ROLES: Readonly<Record<string, string>> = Object.freeze({
  'hljs-keyword': 'keyword', 'hljs-selector-tag': 'keyword', 'hljs-name': 'keyword', 'hljs-doctag': 'keyword',
  'hljs-string': 'string', 'hljs-regexp': 'string', 'hljs-char': 'string', 'hljs-addition': 'added',
  'hljs-deletion': 'removed', 'hljs-number': 'number', 'hljs-literal': 'number', 'hljs-symbol': 'number',
  'hljs-comment': 'comment', 'hljs-quote': 'comment', 'hljs-title': 'title', 'hljs-section': 'title',
  'hljs-built_in': 'builtin', 'hljs-type': 'builtin', 'hljs-class': 'builtin', 'hljs-attr': 'attribute',
  'hljs-attribute': 'attribute', 'hljs-variable': 'attribute', 'hljs-property': 'attribute',
  'hljs-template-variable': 'attribute', 'hljs-selector-class': 'attribute', 'hljs-selector-id': 'attribute',
  'hljs-meta': 'comment', 'hljs-bullet': 'keyword', 'hljs-code': 'string', 'hljs-link': 'string',
});

function toRole(node: TreeNode): string {
  const [name] = Array.isArray(node.properties?.className)
    ? (node.properties.className as string[])
    : [];
  return name !== undefined && Object.hasOwn(ROLES, name) ? (ROLES[name] ?? '') : '';
}
