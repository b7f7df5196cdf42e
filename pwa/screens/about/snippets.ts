/** How an app calls Gatehouse, for each client that people use. Ready to copy. */
export interface Snippet {
  readonly id: string;
  readonly name: string;
  /** What to know before; empty for most. */
  readonly note?: string;
  readonly code: string;
}

const BASE_URL = 'https://gatehouse.invalid/v1';

export const SNIPPETS: readonly Snippet[] = Object.freeze([
  {
    id: 'openai',
    name: 'openai',
    code: `import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: '${BASE_URL}',
  apiKey: 'gatehouse', // any text: the real key stays with the user
  dangerouslyAllowBrowser: true,
});

const stream = await client.chat.completions.create({
  model: 'auto',
  messages: [{ role: 'user', content: 'Say hello in seven words.' }],
  stream: true,
});
for await (const chunk of stream) {
  console.log(chunk.choices[0]?.delta?.content ?? '');
}
`,
  },
  {
    id: 'ai',
    name: 'AI SDK',
    code: `import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamText } from 'ai';

const gatehouse = createOpenAICompatible({
  name: 'gatehouse',
  baseURL: '${BASE_URL}',
});

const { textStream } = streamText({
  model: gatehouse('auto'),
  prompt: 'Say hello in seven words.',
});
for await (const text of textStream) console.log(text);
`,
  },
  {
    id: 'fetch',
    name: 'fetch',
    code: `const response = await fetch('${BASE_URL}/chat/completions', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    model: 'auto',
    messages: [{ role: 'user', content: 'Say hello in seven words.' }],
  }),
});
const answer = await response.json();
if (!response.ok) throw new Error(answer.error.message);
console.log(answer.choices[0].message.content);
`,
  },
  {
    id: 'axios',
    name: 'axios',
    code: `import axios from 'axios';

const { data } = await axios.post('${BASE_URL}/chat/completions', {
  model: 'auto',
  messages: [{ role: 'user', content: 'Say hello in seven words.' }],
});
console.log(data.choices[0].message.content);
`,
  },
  {
    id: 'curl',
    name: 'curl',
    note: 'Gatehouse lives in the browser: a terminal cannot reach it. Paste this into the console of a page instead, or test your app against the echo model.',
    code: `await (await fetch('${BASE_URL}/chat/completions', {
  method: 'POST',
  body: JSON.stringify({
    model: 'mock/echo',
    messages: [{ role: 'user', content: 'Hello' }],
  }),
})).json();
`,
  },
]);
