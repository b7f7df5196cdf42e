/** How the events of a stream lie in its body. */
export interface Framing {
  readonly contentType: string;
  /** False where a comment would not be one. */
  readonly hasComments: boolean;
  /** Events as SSE text -> what the caller reads. */
  frame(events: string): string;
  /** What closes the body, after an error too. */
  end(): string;
}

export const SSE: Framing = Object.freeze({
  contentType: 'text/event-stream; charset=utf-8',
  hasComments: true,
  frame: (events: string) => events,
  end: () => '',
});

/** One JSON array that grows: what Google sends where nobody asks for `alt=sse`. */
export function createJsonArray(): Framing {
  let begun = false;
  return {
    contentType: 'application/json; charset=utf-8',
    hasComments: false,
    frame(events) {
      let text = '';
      for (const line of events.split('\n')) {
        if (!line.startsWith('data: ')) continue;
        text += `${begun ? ',\n' : '['}${line.slice(6)}`;
        begun = true;
      }
      return text;
    },
    end: () => (begun ? ']' : '[]'),
  };
}
