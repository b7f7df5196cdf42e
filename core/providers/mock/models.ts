/**
 * The built-in mock provider: no AI, and it says so. For a fresh install, for app makers' tests, and
 * for working offline. One model a way of answering.
 */
export const MOCK_MODELS: Readonly<Record<string, string>> = Object.freeze({
  echo: 'Echo: says your words back (mock, no AI)',
  slow: 'Slow echo, a word each 100 ms (mock, no AI)',
  tools: 'Calls the first tool (mock, no AI)',
  json: 'Answers JSON (mock, no AI)',
  reasoning: 'Thinks, then answers (mock, no AI)',
  markdown: 'A long formatted text (mock, no AI)',
  'error-401': 'Fails: key refused (mock, no AI)',
  'error-429': 'Fails: rate limited (mock, no AI)',
  'error-500': 'Fails: server error (mock, no AI)',
  'error-503': 'Fails: overloaded (mock, no AI)',
  'error-in-stream': 'Fails inside a stream (mock, no AI)',
  hang: 'Never answers (mock, no AI)',
  cut: 'Breaks off in the middle (mock, no AI)',
  empty: 'Ends without content (mock, no AI)',
  garbage: 'Sends what is not JSON (mock, no AI)',
  comments: 'Sends comments before it answers (mock, no AI)',
  html: 'Sends a web page (mock, no AI)',
});
