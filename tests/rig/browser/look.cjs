// Opens pages in Chromium, and takes pictures of them.
//
//   node look.cjs FOLDER-OF-PAGES FOLDER-OF-PICTURES
//
// Fails, and says why, where a page is wider than the screen, asks for anything, complains, runs a script, has text that is hard to
// read, or lacks what a screen reader needs.
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const puppeteer = require('puppeteer-core');

const [pages, pictures] = process.argv.slice(2);
const WIDTHS = [320, 360, 768, 1280];
const THEMES = ['light', 'dark'];
// WCAG 2.2, 1.4.3 (AA): https://www.w3.org/TR/WCAG22/#contrast-minimum
const LEAST_CONTRAST = 4.5;

// Runs in the page, with every folded part open. Answers with what is wrong.
function check(leastContrast, isSvg) {
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth && !isSvg) {
    const wide = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 0.5);
    wrong.push(`${root.scrollWidth} px wide on ${root.clientWidth} px: ${wide.slice(0, 3).map((e) => e.outerHTML.slice(0, 80))}`);
  }

  const numbers = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const luminance = ({ r, g, b }) => {
    const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = numbers(getComputedStyle(at).backgroundColor);
      if (color.a > 0) return color;
    }
    const paper = document.querySelector('.paper');
    return paper ? numbers(getComputedStyle(paper).fill) : { r: 255, g: 255, b: 255 };
  };
  let texts = 0;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const hidden = element.closest('style, title, desc, head') || !walker.currentNode.data.trim();
    if (hidden || element.getClientRects().length === 0) continue;
    texts += 1;
    const style = getComputedStyle(element);
    const ink = luminance(numbers(element.closest('svg') ? style.fill : style.color));
    const paper = luminance(background(element));
    const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (contrast < leastContrast) wrong.push(`contrast ${contrast.toFixed(2)} of ${walker.currentNode.data.trim().slice(0, 40)}`);
    if (parseFloat(style.fontSize) < 11) wrong.push(`${style.fontSize}: ${walker.currentNode.data.trim().slice(0, 40)}`);
  }
  if (texts < 3) wrong.push(`only ${texts} texts are seen`);

  // What is drawn has to be told apart as well (1.4.11).
  for (const shape of document.querySelectorAll('rect.ran, rect.failed, rect.wait, path.moment')) {
    const style = getComputedStyle(shape);
    const ink = luminance(numbers(shape.classList.contains('ran') ? style.fill : style.stroke));
    const paper = luminance(background(shape));
    if ((Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) < 3) wrong.push(`a shape that is hardly seen: ${shape.outerHTML}`);
  }

  // Labels of the chart must not run into each other.
  for (const label of document.querySelectorAll('g > text.label')) {
    if (label.getClientRects().length === 0 || innerWidth < 360) continue;
    const said = label.parentElement.querySelector('text.said');
    if (label.getBoundingClientRect().right > said.getBoundingClientRect().left) wrong.push(`labels overlap: ${label.textContent} and ${said.textContent}`);
  }
  const ticks = [...document.querySelectorAll('text.tick')].map((tick) => tick.getBoundingClientRect());
  ticks.forEach((tick, nth) => {
    if (nth > 0 && ticks[nth - 1].right > tick.left) wrong.push('times of the axis overlap');
  });

  for (const svg of document.querySelectorAll('svg[role]')) {
    const named = svg.getAttribute('aria-labelledby').split(' ').map((id) => document.getElementById(id)?.textContent.trim());
    if (svg.getAttribute('role') !== 'img' || named.some((text) => !text)) wrong.push('an image without a title or a description');
  }
  for (const element of document.querySelectorAll('script, img, iframe, object, link, form, base, [style]')) {
    if (!isSvg) wrong.push(`an element ${element.outerHTML.slice(0, 60)}`);
  }
  for (const element of document.querySelectorAll('*')) {
    for (const { name } of element.attributes) if (name.startsWith('on')) wrong.push(`a handler ${name}`);
  }
  for (const { href } of document.querySelectorAll('a')) if (!String(href).startsWith('https://')) wrong.push(`a link to ${href}`);
  if (isSvg) return wrong;

  if (root.lang !== 'en' || !document.title.trim()) wrong.push('no language or no title');
  const levels = [...document.querySelectorAll('h1, h2, h3')].map((heading) => Number(heading.tagName[1]));
  if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1) wrong.push('not exactly one first heading');
  levels.forEach((level, nth) => {
    if (nth > 0 && level > levels[nth - 1] + 1) wrong.push('a level of headings is left out');
  });
  for (const landmark of ['header', 'main', 'footer']) if (document.querySelectorAll(`body > ${landmark}`).length !== 1) wrong.push(`no ${landmark}`);
  for (const { tagName } of document.querySelectorAll('main > *')) if (tagName !== 'SECTION') wrong.push(`${tagName} outside of a section`);
  for (const section of document.querySelectorAll('section')) {
    if (!document.getElementById(section.getAttribute('aria-labelledby'))) wrong.push('a section without a name');
  }
  for (const row of document.querySelectorAll('tbody tr')) {
    if (!row.querySelector('th[scope=row]')?.textContent.trim()) wrong.push(`a row without a header: ${row.textContent}`);
  }
  for (const table of document.querySelectorAll('table')) {
    if (![...table.querySelectorAll('thead th')].every((cell) => cell.scope === 'col' && cell.textContent.trim())) wrong.push('a column without a header');
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  if (new Set(ids).size !== ids.length) wrong.push('an id twice');
  return wrong;
}

async function look(browser, server, name, width, theme) {
  const wrong = [];
  const page = await browser.newPage();
  const address = `${server}/${encodeURIComponent(name)}`;
  page.on('console', (message) => wrong.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('dialog', async (dialog) => {
    wrong.push(`a script ran: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on('request', (request) => {
    // The browser itself asks for an icon of an image; what the policy of a page forbids, it does not ask for.
    if (name.endsWith('.svg') && request.url().endsWith('/favicon.ico')) return;
    if (request.url() !== address) wrong.push(`a request: ${request.url()}`);
  });
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
  await page.goto(address, { waitUntil: 'load' });
  const picture = path.join(pictures, `${name}-${theme}-${width}.png`);
  await page.screenshot({ path: picture, fullPage: true });
  // The folded parts as well.
  for (const details of await page.$$('details')) await details.evaluate((element) => { element.open = true; });
  wrong.push(...(await page.evaluate(check, LEAST_CONTRAST, name.endsWith('.svg'))));
  if (theme === 'light' && width === 1280 && name.endsWith('.html')) {
    const pdf = await page.pdf({ path: path.join(pictures, `${name}.pdf`), format: 'A4', printBackground: true });
    if (!pdf.length) wrong.push('nothing on paper');
  }
  await page.close();
  return wrong;
}

// Whatever a page asks for besides itself is asked of this server, too.
function serve() {
  const types = { '.html': 'text/html; charset=utf-8', '.svg': 'image/svg+xml' };
  const server = http.createServer((request, response) => {
    if (request.url === '/favicon.ico') return response.writeHead(204).end();
    const file = path.join(pages, path.basename(decodeURIComponent(request.url)));
    if (!fs.existsSync(file)) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': types[path.extname(file)] }).end(fs.readFileSync(file));
  });
  return new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(server)); });
}

async function main() {
  const server = await serve();
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
  });
  let failed = false;
  for (const name of fs.readdirSync(pages).sort()) {
    for (const theme of THEMES) {
      for (const width of WIDTHS) {
        const wrong = await look(browser, `http://127.0.0.1:${server.address().port}`, name, width, theme);
        for (const what of new Set(wrong)) console.error(`${name}, ${theme}, ${width} px: ${what}`);
        failed ||= wrong.length > 0;
      }
    }
  }
  await browser.close();
  server.close();
  process.exitCode = failed ? 1 : 0;
}

main();
