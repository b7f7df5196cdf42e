import { describeFormat } from '../format.contract.ts';
import { openaiResponses } from './index.ts';

describeFormat(openaiResponses, {
  target: {
    provider: {
      id: 'test',
      name: 'Test',
      format: 'openai-responses',
      baseUrl: 'https://api.test/v1',
      auth: { scheme: 'bearer' },
    },
    model: 'm',
  },
  abilities: {
    systemRoles: ['system', 'developer'],
    fields: [
      'toolChoice',
      'parallelToolCalls',
      'responseFormat',
      'maxOutputTokens',
      'temperature',
      'topP',
      'logprobs',
      'reasoning',
      'user',
    ],
    media: ['image', 'image-url', 'file', 'audio'],
    reasoning: { signature: false, redacted: true },
    orderedBlocks: true,
    toolCallIds: true,
    choices: false,
    refusal: true,
    strictTools: true,
    finishes: ['stop', 'length', 'content-filter'],
    usage: ['cachedInput', 'reasoning'],
  },
  badRequests: [
    ['no object', null, null],
    ['missing input', { model: 'm' }, 'input'],
    ['input that is a number', { input: 5 }, 'input'],
    ['a temperature in words', { input: 'x', temperature: 'hot' }, 'temperature'],
    ['stream in words', { input: 'x', stream: 'yes' }, 'stream'],
    ['a format in a word', { input: 'x', text: { format: 'json' } }, 'text.format'],
  ],
  fixtures: new URL('fixtures', import.meta.url).pathname,
});
