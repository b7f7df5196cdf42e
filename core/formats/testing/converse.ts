import { EventStreamCodec } from '@smithy/eventstream-codec';
import { parseArguments, type Plain, type PlainChoice } from './plain.ts';
import type { Recording } from './recordings.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- the recordings have any shape at all */

interface PlainFrame {
  headers: Record<string, string>;
  payload: any;
}

/** Frames -> bytes, by AWS's own codec. */
export function encodeFrames(frames: readonly PlainFrame[]): Uint8Array {
  const codec = new EventStreamCodec(
    (bytes) => new TextDecoder().decode(bytes as Uint8Array),
    (text) => new TextEncoder().encode(text),
  );
  const pieces = frames.map(({ headers, payload }) =>
    codec.encode({
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, { type: 'string', value }]),
      ),
      body: new TextEncoder().encode(JSON.stringify(payload)),
    }),
  );
  return new Uint8Array(Buffer.concat(pieces));
}

/** Frames read by hand, apart from the codec: lengths, headers of text, payload. */
function framesOf(bytes: Uint8Array): PlainFrame[] {
  const frames: PlainFrame[] = [];
  const buffer = Buffer.from(bytes);
  for (let at = 0; at < buffer.length;) {
    const length = buffer.readUInt32BE(at);
    const headersEnd = at + 12 + buffer.readUInt32BE(at + 4);
    const headers: Record<string, string> = {};
    for (let place = at + 12; place < headersEnd;) {
      const nameEnd = place + 1 + buffer[place]!;
      const valueStart = nameEnd + 3;
      const valueEnd = valueStart + buffer.readUInt16BE(nameEnd + 1);
      headers[buffer.toString('utf8', place + 1, nameEnd)] = buffer.toString(
        'utf8',
        valueStart,
        valueEnd,
      );
      place = valueEnd;
    }
    frames.push({
      headers,
      payload: JSON.parse(buffer.toString('utf8', headersEnd, at + length - 4)),
    });
    at += length;
  }
  return frames;
}

const FINISH: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
};

export function plainConverse(recording: Recording): Plain {
  const choice: PlainChoice = { text: '', reasoning: '', refusal: '', tools: [], finish: null };
  let usage: any;
  let stop: string | undefined;
  const open: Record<number, { name: string; json: string } | undefined> = {};
  const addBlock = (block: any) => {
    choice.text += block.text ?? '';
    for (const piece of block.citationsContent?.content ?? []) choice.text += piece.text ?? '';
    choice.reasoning += block.reasoningContent?.reasoningText?.text ?? '';
    if (block.toolUse && block.toolUse.type !== 'server_tool_use')
      choice.tools.push({ name: block.toolUse.name, arguments: block.toolUse.input });
  };
  if (recording.streaming) {
    for (const { headers, payload } of framesOf(recording.bytes)) {
      const { contentBlockIndex: index, delta } = payload;
      const type = headers[':event-type'];
      if (headers[':message-type'] === 'exception')
        return { choices: [], error: payload.message as string };
      if (type === 'contentBlockStart' && payload.start.toolUse) {
        const { name, type: kind } = payload.start.toolUse;
        if (kind !== 'server_tool_use') open[index] = { name, json: '' };
      }
      if (type === 'contentBlockDelta') {
        choice.text += delta.text ?? '';
        choice.reasoning += delta.reasoningContent?.text ?? '';
        const tool = open[index];
        if (tool && delta.toolUse) tool.json += delta.toolUse.input;
      }
      if (type === 'contentBlockStop') {
        const tool = open[index];
        if (tool)
          choice.tools.push({ name: tool.name, arguments: parseArguments(tool.json || '{}') });
        open[index] = undefined;
      }
      if (type === 'messageStop') stop = payload.stopReason;
      if (type === 'metadata') usage = payload.usage;
    }
  } else {
    const body = recording.body as any;
    body.output.message.content.forEach(addBlock);
    stop = body.stopReason;
    usage = body.usage;
  }
  choice.finish = FINISH[stop ?? ''] ?? 'other';
  if (choice.finish === 'tool_calls' && choice.tools.length === 0) choice.finish = 'stop';
  const cached = (usage?.cacheReadInputTokens ?? 0) + (usage?.cacheWriteInputTokens ?? 0);
  return {
    choices: [choice],
    usage: { input: (usage?.inputTokens ?? 0) + cached, output: usage?.outputTokens ?? 0 },
  };
}
