// Draws every PNG icon from pwa/public/icons/icon.svg. The PNGs are committed: run this after a change
// of the drawing. CHROMIUM_PATH names the browser.
import { readFileSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright';
import { CHROMIUM_ARGUMENTS, findChromium } from './chromium.mjs';

const svg = readFileSync('pwa/public/icons/icon.svg', 'utf8');
const white = svg.replace('#0a8485', '#ffffff');
/** @param {number} size */
const plain = (size) => ({
  path: `extension/icons/icon-${size}.png`,
  size,
  drawing: svg,
  radius: undefined,
  inset: 0,
});
/**
 * On a tile: `inset` is the share of the side that stays free around the drawing.
 * @param {string} path
 * @param {number} size
 * @param {number} radius
 * @param {number} inset
 */
const tile = (path, size, radius, inset) => ({ path, size, drawing: white, radius, inset });

const icons = [
  ...[16, 32, 48, 128].map(plain),
  tile('pwa/public/icons/icon-192.png', 192, 0.22, 0.22),
  tile('pwa/public/icons/icon-512.png', 512, 0.22, 0.22),
  // The platform cuts a maskable icon to its own shape: what matters stays in the middle 80 %.
  tile('pwa/public/icons/icon-maskable-512.png', 512, 0, 0.29),
];

const browser = await chromium.launch({
  executablePath: findChromium(),
  args: CHROMIUM_ARGUMENTS,
});
const page = await browser.newPage();
for (const { path, size, drawing, radius, inset } of icons) {
  await page.setViewportSize({ width: size, height: size });
  const background =
    radius === undefined ? '' : `background:#0a7475;border-radius:${size * radius}px;`;
  const side = size * (1 - 2 * inset);
  await page.setContent(
    `<body style="margin:0"><div style="${background}width:${size}px;height:${size}px;display:grid;place-items:center">` +
      drawing.replace('<svg ', `<svg width="${side}" height="${side}" `) +
      '</div>',
  );
  writeFileSync(path, await page.screenshot({ omitBackground: true }));
}
await browser.close();
