/** What a played provider says, before a wire format gives it a shape. */
export interface Answer {
  /** Text as it is streamed, one delta an entry. */
  text?: string[];
  reasoning?: string[];
  tools?: ToolCall[];
  finish?: 'stop' | 'length' | 'tool_calls' | 'content_filter';
  usage?: { input: number; output: number };
}

export interface ToolCall {
  id: string;
  name: string;
  /** JSON text, one fragment an entry. */
  arguments: string[];
}

export const HELLO: Answer = {
  text: ['Hello', ' from', ' the', ' loopback', ' upstream', ' 🌍', '.'],
};

export const WEATHER_CALL: ToolCall = {
  id: 'call_weather_1',
  name: 'get_weather',
  arguments: ['{"ci', 'ty":"Po', 'rto","unit":', '"C"}'],
};

/** `count` deltas of `size` characters, each with its own number, so that loss and order show. */
export function numbered(count: number, size = 6): Answer {
  return {
    text: Array.from({ length: count }, (_, index) => `${index}`.padStart(size - 1, '0') + ' '),
  };
}
