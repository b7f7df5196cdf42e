/** The decoding half of Punycode (RFC 3492, section 6.2), for showing what an `xn--` name looks like. */
const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const FIRST_CODE_POINT = 0x80;

/** `xn--n3h` -> `☃`. Returns undefined where the label is no valid Punycode. */
export function decodeLabel(label: string): string | undefined {
  if (!/^xn--/i.test(label)) return label;
  const encoded = label.slice(4);
  const delimiter = encoded.lastIndexOf('-');
  const points = Array.from(delimiter > 0 ? encoded.slice(0, delimiter) : '', (character) =>
    character.charCodeAt(0),
  );
  if (points.some((point) => point >= FIRST_CODE_POINT)) return undefined;

  let codePoint = FIRST_CODE_POINT;
  let position = 0;
  let bias = 72;
  let at = delimiter > 0 ? delimiter + 1 : 0;
  while (at < encoded.length) {
    const start = position;
    let weight = 1;
    for (let k = BASE; ; k += BASE) {
      const digit = at < encoded.length ? digitOf(encoded.charCodeAt(at++)) : BASE;
      if (digit >= BASE) return undefined;
      position += digit * weight;
      const threshold = Math.min(T_MAX, Math.max(T_MIN, k - bias));
      if (digit < threshold) break;
      weight *= BASE - threshold;
      if (position > 0x7fffffff || weight > 0x7fffffff) return undefined;
    }
    const length = points.length + 1;
    bias = adapt(position - start, length, start === 0);
    codePoint += Math.floor(position / length);
    position %= length;
    if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) return undefined;
    points.splice(position++, 0, codePoint);
  }
  return points.length === 0 ? undefined : String.fromCodePoint(...points);
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 26;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 26 ? letter : BASE;
}

function adapt(delta: number, length: number, first: boolean): number {
  let rest = first ? Math.floor(delta / DAMP) : delta >> 1;
  rest += Math.floor(rest / length);
  let k = 0;
  for (; rest > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}
