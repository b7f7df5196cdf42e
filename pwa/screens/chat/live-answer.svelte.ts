import type { MessageRecord } from '../../../core/index.ts';

type ToolCalls = NonNullable<MessageRecord['toolCalls']>;

/**
 * The answer that is being written. What arrives is gathered and shown once a frame: a hundred tokens
 * a second must not draw a hundred times.
 */
export class LiveAnswer {
  readonly messageId: string;
  readonly startedAt = Date.now();
  text = $state('');
  reasoning = $state('');
  provider = $state<string | undefined>();
  model = $state<string | undefined>();
  /** The time to the first thing to read. */
  firstContentMs = $state<number | undefined>();
  usage: MessageRecord['usage'];
  readonly #abort = new AbortController();
  readonly toolCalls: ToolCalls = [];
  #text: string;
  #reasoning: string;
  #drawing = false;

  constructor(messageId: string, text = '', reasoning = '') {
    this.messageId = messageId;
    this.text = this.#text = text;
    this.reasoning = this.#reasoning = reasoning;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  stop(): void {
    this.#abort.abort();
  }

  addText(text: string): void {
    this.#text += text;
    this.#draw();
  }

  addReasoning(text: string): void {
    this.#reasoning += text;
    this.#draw();
  }

  addToolCall(index: number, part: Partial<ToolCalls[number]>): void {
    this.firstContentMs ??= Date.now() - this.startedAt;
    const call = (this.toolCalls[index] ??= { id: '', name: '', arguments: '' });
    call.id ||= part.id ?? '';
    call.name ||= part.name ?? '';
    call.arguments += part.arguments ?? '';
  }

  /** The message with all that has arrived, drawn or not. */
  toMessage(message: MessageRecord, state: MessageRecord['state']): MessageRecord {
    return {
      ...message,
      content: this.#text,
      state,
      error: undefined,
      reasoning: this.#reasoning || undefined,
      toolCalls: this.toolCalls.length > 0 ? this.toolCalls.filter(Boolean) : undefined,
      provider: this.provider ?? message.provider,
      model: this.model ?? message.model,
      usage: this.usage ?? message.usage,
      firstContentMs: this.firstContentMs ?? message.firstContentMs,
    };
  }

  #draw(): void {
    this.firstContentMs ??= Date.now() - this.startedAt;
    if (this.#drawing) return;
    this.#drawing = true;
    const show = () => {
      this.#drawing = false;
      this.text = this.#text;
      this.reasoning = this.#reasoning;
    };
    // A hidden page has no frames.
    if (document.visibilityState === 'visible') requestAnimationFrame(show);
    else setTimeout(show, 200);
  }
}
