/**
 * LaTeX as MathML, by Temml; loaded with the first formula. A model wrote the text, so what could
 * hang the page or reach out of the formula is refused before and after Temml has read it: whoever
 * asks then shows the source.
 */
import temml from 'temml';
import 'temml/dist/Temml-Local.css';

/** Far more than any formula that a person would read. */
const LONGEST = 8_000;
const MOST_ELEMENTS = 8_000;
const MOST_CELLS = 20_000;
const DEEPEST = 40;

/** They build their argument more than once: nested, each level doubles or triples the work. */
const DOUBLING = /\\(?:(?:math)?llap|cancelto|equilibrium(?:Left|Right))(?![a-zA-Z])/g;
const MOST_DOUBLING = 5;

/** With commands of its own a line can grow beyond every bound. */
const DEFINING =
  /\\(?:[gex]?def|let|futurelet|global|long|(?:new|renew|provide)command)(?![a-zA-Z])/;

/** Undefined where it can't be drawn. */
export function toFormula(tex: string, display: boolean): Element | undefined {
  if (!isBounded(tex)) return undefined;
  const holder = document.createElement('span');
  try {
    temml.render(tex, holder, {
      displayMode: display,
      throwOnError: true,
      trust: false,
      maxExpand: 500,
      maxSize: [50, 500],
    });
  } catch {
    return undefined;
  }
  const math = holder.firstElementChild;
  return math && holder.childElementCount === 1 && isHarmless(math) ? math : undefined;
}

function isBounded(tex: string): boolean {
  if (tex.length > LONGEST || toDepth(tex) > DEEPEST || DEFINING.test(tex)) return false;
  if ((tex.match(DOUBLING) ?? []).length > MOST_DOUBLING) return false;
  // Each row is filled up to the widest one.
  const cells = (tex.split('&').length + 1) * (tex.split('\\\\').length + tex.split('\\cr').length);
  return cells <= MOST_CELLS && hasPlainEnvironments(tex);
}

function toDepth(tex: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [mark] of tex.matchAll(
    /\\\\|\\[{}]|[{}]|\\left(?![a-z])|\\right(?![a-z])|\\begin|\\end/g,
  )) {
    if (mark === '{' || mark === '\\left' || mark === '\\begin') depth += 1;
    else if (mark === '}' || mark === '\\right' || mark === '\\end') depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** `\begin{alignat}{99999999}` makes as many columns. */
function hasPlainEnvironments(tex: string): boolean {
  return [...tex.matchAll(/\\begin(?![a-zA-Z])/g)].every(({ index }) => {
    const [, name = '', after = ''] =
      /^\\begin\s*\{([a-zA-Z]+\*?)\}(.{0,8})/s.exec(tex.slice(index)) ?? [];
    if (name === '') return false;
    return !/^align(?:at\*?|edat)$/.test(name) || /^\s*\{\d{1,2}\}/.test(after);
  });
}

const ATTRIBUTES = new Set([
  ...[
    'accent',
    'class',
    'columnalign',
    'depth',
    'display',
    'displaystyle',
    'fence',
    'form',
    'height',
  ],
  ...['largeop', 'linebreak', 'linethickness', 'lspace', 'mathbackground', 'mathcolor', 'mathsize'],
  ...['mathvariant', 'maxsize', 'minsize', 'movablelimits', 'notation', 'rowspacing', 'rspace'],
  ...['scriptlevel', 'separator', 'stretchy', 'style', 'symmetric', 'voffset', 'width', 'xmlns'],
]);
const MATHML = 'http://www.w3.org/1998/Math/MathML';

/** A second look, at what came out: no link, no name, no handler, and not more than a page can take. */
function isHarmless(math: Element): boolean {
  const elements = [math, ...math.querySelectorAll('*')];
  if (elements.length > MOST_ELEMENTS) return false;
  return elements.every((element) => {
    const isTag = element.localName === 'span' && element.namespaceURI !== MATHML;
    if (element.namespaceURI !== MATHML && !isTag) return false;
    if (/^(?:maction|annotation|annotation-xml|semantics)$/.test(element.localName)) return false;
    // A label of \label{…}, for a reference that we do not draw.
    element.removeAttribute('id');
    return [...element.attributes].every(({ name }) => ATTRIBUTES.has(name));
  });
}
