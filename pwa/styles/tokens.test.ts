import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

type Theme = 'light' | 'dark';
const css = readFileSync(new URL('tokens.css', import.meta.url), 'utf8');

function token(name: string, theme: Theme): string {
  const match = css.match(new RegExp(`--${name}: light-dark\\((#[0-9a-f]+), (#[0-9a-f]+)\\);`));
  if (!match) throw new Error(`tokens.css has no light-dark() colour --${name}`);
  return (theme === 'light' ? match[1] : match[2])!;
}

/** WCAG 2 relative luminance of `#rrggbb`. */
function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [
    number,
    number,
  ];
  return (light + 0.05) / (dark + 0.05);
}

/** Foreground, background, and the least contrast in light and in dark. */
const TEXT = 4.5;
const SHAPE = 3;
const promised: [string, string, number, number][] = [
  ['text', 'surface', 16.4, 14.1],
  ['text', 'bg', TEXT, TEXT],
  ['text', 'sunken', TEXT, TEXT],
  ['text', 'raised', TEXT, TEXT],
  ['text', 'hover', TEXT, TEXT],
  ['text', 'accent-tint', TEXT, TEXT],
  ['muted', 'surface', 6.4, 7.2],
  ['muted', 'bg', TEXT, TEXT],
  ['muted', 'sunken', 5.7, TEXT],
  ['muted', 'raised', TEXT, TEXT],
  ['muted', 'hover', TEXT, TEXT],
  ['muted', 'accent-tint', TEXT, TEXT],
  ['on-accent', 'accent', 4.9, 8.7],
  ['on-accent', 'accent-hover', TEXT, TEXT],
  ['accent-text', 'surface', 6.4, 9.3],
  ['accent-text', 'bg', TEXT, TEXT],
  ['accent-text', 'sunken', TEXT, TEXT],
  ['accent-text', 'raised', TEXT, TEXT],
  ['accent-text', 'hover', TEXT, TEXT],
  ['accent-text', 'accent-tint', TEXT, TEXT],
  ['control-border', 'surface', 3.6, 3.9],
  ['control-border', 'bg', SHAPE, SHAPE],
  ['control-border', 'sunken', SHAPE, SHAPE],
  ['focus', 'surface', 5.6, 7.8],
  ['focus', 'bg', SHAPE, SHAPE],
  ['focus', 'sunken', SHAPE, SHAPE],
  ['ok', 'surface', 5.6, 8.8],
  ['ok', 'ok-tint', 5.1, 7.5],
  ['ok', 'bg', TEXT, TEXT],
  ['warn', 'surface', 5.5, 9.6],
  ['warn', 'warn-tint', 5.0, 8.0],
  ['warn', 'bg', TEXT, TEXT],
  ['text', 'warn-tint', TEXT, TEXT],
  ['danger', 'surface', 6.0, 6.8],
  ['danger', 'danger-tint', 5.3, 6.0],
  ['danger', 'bg', TEXT, TEXT],
  ['danger', 'hover', TEXT, TEXT],
  ['text', 'danger-tint', TEXT, TEXT],
  ['text', 'ok-tint', TEXT, TEXT],
  ...['chart-1', 'chart-2', 'chart-3', 'chart-4', 'chart-5', 'chart-other'].map(
    (chart): [string, string, number, number] => [chart, 'surface', 3.4, 5.2],
  ),
];

describe('the design tokens keep their contrast', () => {
  it.each(promised)('%s on %s', (foreground, background, light, dark) => {
    expect(contrast(token(foreground, 'light'), token(background, 'light'))).toBeGreaterThan(light);
    expect(contrast(token(foreground, 'dark'), token(background, 'dark'))).toBeGreaterThan(dark);
  });
});
