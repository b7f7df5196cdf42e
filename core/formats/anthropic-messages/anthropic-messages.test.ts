import { describeFormat } from '../format.contract.ts';
import { anthropicMessages } from './index.ts';

const messages = [{ role: 'user', content: 'x' }];

describeFormat(anthropicMessages, {
  target: {
    provider: {
      id: 'test',
      name: 'Test',
      format: 'anthropic-messages',
      baseUrl: 'https://api.test/v1',
      auth: { scheme: 'header', name: 'x-api-key' },
    },
    model: 'm',
  },
  abilities: {
    systemRoles: ['system'],
    fields: [
      'toolChoice',
      'parallelToolCalls',
      'maxOutputTokens',
      'temperature',
      'topP',
      'topK',
      'stop',
      'user',
    ],
    required: ['maxOutputTokens'],
    media: ['image', 'image-url', 'file'],
    reasoning: { signature: true, redacted: true },
    orderedBlocks: true,
    toolCallIds: true,
    choices: false,
    refusal: false,
    strictTools: true,
    finishes: ['stop', 'length', 'content-filter'],
    usage: ['cachedInput', 'cacheWrite', 'reasoning'],
  },
  badRequests: [
    ['no object', null, null],
    ['missing messages', { model: 'm', max_tokens: 5 }, 'messages'],
    ['no messages', { messages: [], max_tokens: 5 }, 'messages'],
    ['a role that is none', { messages: [{ role: 'robot', content: 'hi' }] }, 'messages[0].role'],
    [
      'content that is a number',
      { messages: [{ role: 'user', content: 5 }] },
      'messages[0].content',
    ],
    ['max_tokens in words', { messages, max_tokens: 'many' }, 'max_tokens'],
    ['a system that is a number', { messages, system: 5 }, 'system'],
    ['a tool choice in a word', { messages, tool_choice: 'auto' }, 'tool_choice'],
  ],
  fixtures: new URL('fixtures', import.meta.url).pathname,
});
