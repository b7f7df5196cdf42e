/** A long text with all that a chat must draw. */
export const MARKDOWN = `# A tour of what a chat can draw

This text comes from the **mock provider**. No AI wrote it: it is the same each time, and it works offline.

## Words

*Emphasis*, **strong words**, ~~what was struck out~~, \`inline code\`, and a [link to a page](https://example.com/).
A second line of the same paragraph, with some characters from elsewhere: Grüße, 日本語, العربية, 🚦.

> A quotation, which
> runs over two lines.

## Lists

1. First, a numbered point
2. Then another one
   - with a point below it
   - and one more
3. The last one

- [x] a task that is done
- [ ] a task that is not

## Code

\`\`\`ts
/** Asks the gate, and reads the answer as it comes. */
export async function* ask(prompt: string): AsyncGenerator<string> {
  const client = new OpenAI({ baseURL: 'https://gatehouse.invalid/v1', apiKey: 'gatehouse' });
  const stream = await client.chat.completions.create({
    model: 'auto',
    messages: [{ role: 'user', content: prompt }],
    stream: true,
  });
  for await (const chunk of stream) yield chunk.choices[0]?.delta?.content ?? '';
}
\`\`\`

\`\`\`sh
npm start -- --headless
\`\`\`

## Formulas

A price of $5 is no formula, but $e^{i\\pi} + 1 = 0$ is one, and so is

$$
\\int_{-\\infty}^{\\infty} e^{-x^2}\\,dx = \\sqrt{\\pi}
$$

## A table

| Train | Leaves | Arrives | Sleeper |
| :---- | -----: | ------: | :-----: |
| NJ 40 |  21:04 |   07:10 |   yes   |
| EN 41 |  22:30 |   08:55 |   yes   |
| IC 42 |  06:12 |   13:01 |   no    |

## What must stay text

<script>alert('no')</script> and <img src="x" onerror="alert('no')"> are shown, never run.
An image is not loaded by itself: ![a picture elsewhere](https://example.com/picture.png)

---

## A longer passage

The gatehouse stands where the road meets the wall. Whoever wants to pass says where they come from, and the keeper looks at the list. Some are known and walk through; some are asked to wait until the house decides; and some are sent away kindly. The keys hang inside, on a board that cannot be seen from the road, and the keeper never hands one out: a cart is led to its door, the door is opened for it, and locked again behind it.

That is all there is to it. The rest is care: that the list is read each time, that the board stays where it is, and that a door which was opened is also closed.
`;
