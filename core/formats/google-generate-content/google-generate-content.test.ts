import { describeFormat } from '../format.contract.ts';
import { googleGenerateContent } from './index.ts';

const contents = [{ role: 'user', parts: [{ text: 'x' }] }];

describeFormat(googleGenerateContent, {
  target: {
    provider: {
      id: 'test',
      name: 'Test',
      format: 'google-generate-content',
      baseUrl: 'https://api.test/v1beta',
      auth: { scheme: 'header', name: 'x-goog-api-key' },
    },
    model: 'm',
  },
  abilities: {
    systemRoles: ['system'],
    fields: [
      'toolChoice',
      'maxOutputTokens',
      'temperature',
      'topP',
      'topK',
      'stop',
      'seed',
      'frequencyPenalty',
      'presencePenalty',
      'choices',
      'logprobs',
    ],
    media: ['image', 'image-url', 'file', 'audio'],
    reasoning: { signature: true, redacted: false },
    orderedBlocks: true,
    toolCallIds: true,
    choices: true,
    refusal: false,
    strictTools: false,
    finishes: ['stop', 'length', 'content-filter'],
    usage: ['cachedInput', 'reasoning'],
  },
  badRequests: [
    ['no object', null, null],
    ['missing contents', { generationConfig: {} }, 'contents'],
    ['no contents', { contents: [] }, 'contents'],
    ['a role that is none', { contents: [{ role: 'robot', parts: [] }] }, 'contents[0].role'],
    [
      'text that is a number',
      { contents: [{ parts: [{ text: 5 }] }] },
      'contents[0].parts[0].text',
    ],
    [
      'a temperature in words',
      { contents, generation_config: { temperature: 'hot' } },
      'generationConfig.temperature',
    ],
    [
      'a tool without a name',
      { contents, tools: [{ functionDeclarations: [{ description: 'x' }] }] },
      'tools[0].functionDeclarations[0].name',
    ],
  ],
  fixtures: new URL('fixtures', import.meta.url).pathname,
});
