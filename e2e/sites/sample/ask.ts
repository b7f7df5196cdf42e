import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: 'https://gatehouse.invalid/v1', // the one change
  apiKey: 'none', // the real key never comes here
  dangerouslyAllowBrowser: true,
});

export function ask(model: string, content: string) {
  return client.chat.completions.create({
    model,
    messages: [{ role: 'user', content }],
    stream: true,
  });
}
