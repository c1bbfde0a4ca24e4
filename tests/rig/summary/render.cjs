// Renders Markdown as GitHub does, looks at it in Chromium, and takes a picture in light and dark.
//
//   node render.cjs FOLDER-OF-MARKDOWN FOLDER-OF-PICTURES docs/errors.md
//
// Fails, and says why, where a page shows markup as text, a chart or a table is broken, or a link to an error leads nowhere.
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const markdownIt = require('markdown-it');
const puppeteer = require('puppeteer-core');

const [markdown, pictures, errors] = process.argv.slice(2);
const library = (name) => pathToFileURL(require.resolve(name));
const THEMES = ['light', 'dark'];
// What GitHub's own styles give the page around a summary.
const WIDTH = 980;

// HTML is passed through, as GitHub does, so that what is not escaped is found.
const renderer = markdownIt({ html: true, linkify: true });
// GitHub makes links only of whole addresses.
renderer.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
renderer.enable('strikethrough');
const fence = renderer.renderer.rules.fence;
renderer.renderer.rules.fence = (tokens, index, ...rest) =>
  tokens[index].info.trim() === 'mermaid'
    ? `<pre class="mermaid">${renderer.utils.escapeHtml(tokens[index].content)}</pre>\n`
    : fence(tokens, index, ...rest);

function page(text, theme) {
  const css = library(`github-markdown-css/github-markdown-${theme}.css`);
  return `<!doctype html>
<meta charset="utf-8">
<link rel="stylesheet" href="${css}">
<style>body { margin: 0 } article { padding: 24px; box-sizing: border-box; max-width: ${WIDTH}px }</style>
<article class="markdown-body">${renderer.render(text)}</article>
<script src="${pathToFileURL(path.join(path.dirname(require.resolve('mermaid')), 'mermaid.min.js'))}"></script>
<script>
  mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', theme: '${theme === 'dark' ? 'dark' : 'default'}' });
  window.drawn = mermaid.run().then(() => 'drawn', (error) => 'Mermaid: ' + error.message);
</script>`;
}

// Runs in the page, with every folded part open. Answers with what is wrong.
async function check(charts, isHostile) {
  const wrong = [];
  const drawn = await window.drawn;
  if (drawn !== 'drawn') wrong.push(drawn);
  for (const details of document.querySelectorAll('details')) details.open = true;
  const article = document.querySelector('article');
  const usual = new Set('A BR CODE DETAILS H2 H3 LI OL P PRE STRONG SUMMARY TABLE TBODY TD TH THEAD TR UL'.split(' '));
  for (const element of article.querySelectorAll('*')) {
    if (!element.closest('svg') && !usual.has(element.tagName) && !element.closest('.mermaid')) wrong.push(`an element ${element.tagName}`);
    for (const { name } of element.attributes) if (name.startsWith('on')) wrong.push(`a handler ${name}`);
  }
  const svgs = article.querySelectorAll('.mermaid svg');
  if (svgs.length !== charts) wrong.push(`${svgs.length} charts of ${charts}`);
  for (const svg of svgs) {
    if (svg.querySelector('.error-icon, .error-text') || svg.textContent.includes('Syntax error')) wrong.push('a chart with an error');
    if (!svg.querySelector('rect.task')) wrong.push('a chart without a bar');
    const ticks = [...svg.querySelectorAll('.tick text')].map((tick) => tick.textContent);
    if (ticks.length > 2 && new Set(ticks).size === 1) wrong.push(`a chart whose axis shows only ${ticks[0]}`);
    if (ticks.includes('00:00') && !ticks.some((tick) => tick !== '00:00')) wrong.push('a chart whose times begin in 1970');
  }
  for (const table of article.querySelectorAll('table')) {
    const cells = table.querySelectorAll('thead th').length;
    const rows = [...table.querySelectorAll('tbody tr')];
    if (!rows.length) wrong.push('a table without rows');
    // A row that has too few cells is filled up.
    for (const row of rows) {
      if (row.children.length !== cells || !row.children[0].textContent.trim()) wrong.push(`a broken row: ${row.textContent}`);
    }
  }
  // Raw markup in what is no code. Code shows whatever somebody named so, and hostile texts show what they are.
  const copy = article.cloneNode(true);
  for (const code of copy.querySelectorAll('code, pre, svg')) code.remove();
  for (const raw of ['<details', '<!--', '](', '|---', '```', '**', '&#', '&lt;', '### ']) {
    if (!isHostile && copy.textContent.includes(raw)) wrong.push(`${raw} as text`);
  }
  const title = article.firstElementChild;
  if (title?.tagName !== 'H2' || !/^(✅|❌|⏳|ℹ️) \S/u.test(title.textContent)) wrong.push(`no verdict first: ${title?.textContent}`);
  const links = [...article.querySelectorAll('a')].map((link) => link.href);
  return { wrong, links };
}

async function main() {
  const known = new Set([...fs.readFileSync(errors, 'utf8').matchAll(/<a id="([a-z0-9-]+)">/g)].map((match) => match[1]));
  const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  let failures = 0;
  for (const file of fs.readdirSync(markdown).sort()) {
    const name = path.basename(file, '.md');
    const text = fs.readFileSync(path.join(markdown, file), 'utf8');
    const charts = (text.match(/^```mermaid$/gm) ?? []).length;
    for (const theme of THEMES) {
      const html = path.join(pictures, `${name}-${theme}.html`);
      fs.writeFileSync(html, page(text, theme));
      const tab = await browser.newPage();
      const problems = [];
      tab.on('console', (message) => message.type() === 'error' && problems.push(`console: ${message.text()}`));
      tab.on('pageerror', (error) => problems.push(`error: ${error.message}`));
      tab.on('requestfailed', (request) => problems.push(`not loaded: ${request.url()}`));
      tab.on('dialog', (dialog) => { problems.push('a dialog'); dialog.dismiss(); });
      await tab.setViewport({ width: WIDTH, height: 400 });
      await tab.goto(pathToFileURL(path.resolve(html)).href, { waitUntil: 'load' });
      await tab.evaluate(() => window.drawn);
      const folded = path.join(pictures, `${name}-${theme}.png`);
      await tab.screenshot({ path: folded, fullPage: true });
      const { wrong, links } = await tab.evaluate(check, charts, name.includes('hostile'));
      problems.push(...wrong);
      for (const link of links) {
        const code = link.match(/\/docs\/errors\.md#(.*)$/)?.[1];
        if (code && !known.has(code)) problems.push(`no anchor ${code}`);
      }
      for (const problem of problems) console.error(`${name}, ${theme}: ${problem}`);
      failures += problems.length;
      await tab.close();
    }
  }
  await browser.close();
  process.exitCode = failures ? 1 : 0;
}

main();
