import { APIConnectionError, APIError, APIUserAbortError } from 'openai';
import { ask } from './ask.ts';
import source from './ask.ts?raw';

const at = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const question = at<HTMLTextAreaElement>('question');
const model = at<HTMLInputElement>('model');
const answer = at('answer');
const text = at('text');
const note = at('note');

at('code').textContent = source.trim();

function tell(state: 'here' | 'missing', words: string): void {
  at('state').textContent = words;
  at('state').dataset.state = state;
  at('missing').hidden = state === 'here';
}

/** `/ping` answers any page and asks for no permission. Without the extension it fails at once. */
async function lookForGatehouse(): Promise<void> {
  try {
    const response = await fetch('https://gatehouse.invalid/ping');
    if (!response.ok) throw new Error(`/ping answered ${response.status}`);
    tell('here', 'Gatehouse is here');
  } catch {
    tell('missing', 'Gatehouse is missing');
  }
}

/** What went wrong, in words for the person who asked. */
function toWords(error: unknown): string {
  if (error instanceof APIUserAbortError) return 'Stopped.';
  if (error instanceof APIConnectionError) return 'Gatehouse could not be reached.';
  if (error instanceof APIError && error.code === 'user_rejected') {
    return 'You did not allow this site to ask. Ask again to be asked again.';
  }
  return error instanceof Error ? error.message : String(error);
}

type Stream = Awaited<ReturnType<typeof ask>>;
let stream: Stream | undefined;
/** Counts the questions: an older one that is still running writes no more. */
let last = 0;

async function run(): Promise<void> {
  stream?.controller.abort();
  const mine = ++last;
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const show = (state: string, words: string) => {
    if (mine !== last) return;
    answer.dataset.state = state;
    note.textContent = words;
    at('stop').hidden = state !== 'streaming';
  };
  answer.hidden = false;
  text.textContent = '';
  show('waiting', 'Waiting. The first time, a window of Gatehouse asks for your permission.');
  try {
    stream = await ask(model.value, question.value);
    for await (const chunk of stream) {
      if (mine !== last) return;
      text.append(chunk.choices[0]?.delta.content ?? '');
      show('streaming', `Streaming… ${seconds()}`);
    }
    const stopped = stream.controller.signal.aborted;
    show(stopped ? 'stopped' : 'done', `${stopped ? 'Stopped' : 'Done'} after ${seconds()}.`);
  } catch (error) {
    show('error', toWords(error));
  }
}

at('form').addEventListener('submit', (event) => {
  event.preventDefault();
  void run();
});
at('stop').addEventListener('click', () => stream?.controller.abort());
question.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  void run();
});

void lookForGatehouse();
