// SPDX-License-Identifier: Apache-2.0
// Looks at pages as people do, in Debian's Chromium without a network: nothing may be written to the console, nothing asked of
// anybody, nothing of the corpus may run; what is lit by pointer and keyboard belongs together; no page scrolls sideways at 360,
// 768 and 1280 pixels, in light and dark; axe-core finds nothing. Screenshots are kept beside the pages for people.
//
// node look.mjs FOLDER CHROMIUM PACKAGES
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, browserFile, packages] = process.argv.slice(2);
if (!browserFile || !existsSync(browserFile) || !existsSync(join(packages, "node_modules", "playwright-core"))) {
  console.log("SKIPPED: there is no Chromium, or its packages could not be installed (./dev test installs chromium, nodejs and npm)");
  process.exit(process.env.CI === "true" ? 1 : 77);
}
const load = createRequire(resolve(packages, "package.json"));
const { chromium } = load("playwright-core");
const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");
const pages = readdirSync(folder).filter((name) => name.endsWith(".html")).sort();
const shots = join(folder, "screenshots");
mkdirSync(shots, { recursive: true });

let wrong = 0;
let slowest = 0;  // milliseconds until a page was loaded and its script had run
let planting = true;  // what is complained of is planted, and not told
function complain(page, what) { wrong += 1; if (!planting) { console.log(`${page}: ${what}`); } }
function expect(page, holds, what) { if (!holds) { complain(page, what); } }

const browser = await chromium.launch({ executablePath: browserFile, args: ["--no-sandbox", "--disable-gpu"] });

async function open(name, width, scheme, action) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, offline: true, reducedMotion: "reduce" });
  const tab = await context.newPage();
  tab.on("console", (message) => complain(name, `console: ${message.text()}`));
  tab.on("pageerror", (error) => complain(name, `script error: ${error.message}`));
  tab.on("dialog", (dialog) => { complain(name, `dialog: ${dialog.message()}`); dialog.dismiss(); });
  tab.on("request", (request) => { if (request.url() !== pathToFileURL(join(resolve(folder), name)).href) { complain(name, `request: ${request.url().slice(0, 120)}`); } });
  const begun = Date.now();
  await tab.goto(pathToFileURL(join(resolve(folder), name)).href);
  const took = Date.now() - begun;
  await action(tab, took);
  await context.close();
}

async function accessible(tab, name, words) {
  await tab.evaluate(axe);  // by the debugger, beside the policy of the page
  const found = await tab.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of found.violations) {
    complain(name, `axe (${words}): ${violation.id}: ${violation.help}: ${violation.nodes.slice(0, 3).map((node) => node.target.join(" ") + " " + (node.any[0]?.message ?? "")).join("; ")}`);
  }
}

async function inert(tab, name) {
  const state = await tab.evaluate(() => ({
    pwned: window.pwned,
    handlers: [...document.querySelectorAll("*")].flatMap((e) => e.getAttributeNames().filter((a) => a.startsWith("on"))),
    strange: [...document.querySelectorAll("img,iframe,object,embed,base,link,form,input,foreignObject,animate,set")].map((e) => e.tagName),
    scripts: document.querySelectorAll("script:not([type])").length,
    links: [...document.querySelectorAll("[href]")].map((e) => e.getAttribute("href")).filter((href) => !href.startsWith("#")),
    shown: document.querySelector("main").getClientRects().length,
  }));
  expect(name, state.pwned === undefined, "something of the scenario ran");
  expect(name, state.handlers.length === 0 && state.strange.length === 0, `elements: ${state.handlers} ${state.strange}`);
  expect(name, state.scripts === 1, `${state.scripts} scripts`);
  expect(name, state.links.length === 0, `links: ${state.links}`);
  expect(name, state.shown === 1, "the page is not shown");
}

// Every control is reached by Tab, is seen while it has the focus, and the story walks with the arrows.
async function keyboard(tab, name, told) {
  const controls = await tab.evaluate(() => [...document.querySelectorAll("a[href],summary,[tabindex='0']")].filter((e) => e.getClientRects().length !== 0 && !e.closest("details:not([open]) > :not(summary)")).length);
  const seen = new Set();
  for (let i = 0; i < controls + 2; i += 1) {
    await tab.keyboard.press("Tab");
    const at = await tab.evaluate(() => {
      const e = document.activeElement;
      if (e === document.body) { return null; }
      window.numbered = window.numbered ?? new Map();
      if (!window.numbered.has(e)) { window.numbered.set(e, window.numbered.size); }
      const box = e.getBoundingClientRect();
      return { number: window.numbered.get(e), visible: box.width > 0 && box.height > 0, name: (e.getAttribute("aria-label") ?? e.textContent ?? "").trim() };
    });
    if (at === null) { continue; }
    expect(name, at.visible, `the focus is on something unseen: ${at.name}`);
    seen.add(at.number);
  }
  expect(name, seen.size >= controls, `Tab reaches ${seen.size} of ${controls} controls`);
  const first = tab.locator("[data-counterexample] svg.wide a[data-step='1']").first();
  expect(name, (await first.count() !== 0) === told, `counterexamples: ${await first.count()}`);
  if (await first.count() === 0) { return; }
  await first.focus();
  const lit = () => tab.evaluate(() => [...document.querySelectorAll(".lit")].map((e) => e.tagName.toLowerCase() + e.getAttribute("data-step")).sort().join(" "));
  expect(name, (await lit()).includes("li1"), `step 1 does not light its sentence: ${await lit()}`);
  await tab.keyboard.press("ArrowDown");
  expect(name, (await lit()).includes("li2") && !(await lit()).includes("li1"), `the arrow does not go to step 2: ${await lit()}`);
  await tab.keyboard.press("ArrowUp");
  expect(name, (await lit()).includes("li1"), "the arrow does not go back");
  await tab.keyboard.press("Enter");
  expect(name, (await tab.evaluate(() => location.hash)).endsWith("-s1"), "Enter does not go to the sentence");
  await tab.keyboard.press("Escape");
  expect(name, (await tab.evaluate(() => document.querySelectorAll(".following").length)) === 0, "Escape does not end it");
}

async function pointer(tab, name, told) {
  const sentence = tab.locator("li[data-step='3']").first();
  expect(name, (await sentence.count() !== 0) === told, `third steps of stories: ${await sentence.count()}`);
  if (await sentence.count() === 0) { return; }
  await sentence.hover();
  expect(name, await tab.evaluate(() => document.querySelector("svg.wide a[data-step='3'], svg.narrow a[data-step='3']").classList.contains("lit")), "a sentence does not light its node");
  await sentence.click();
  await tab.mouse.move(0, 0);
  expect(name, await tab.evaluate(() => document.querySelector("li[data-step='3']").classList.contains("lit")), "a click does not keep a step lit");
}

async function chart(tab, name, charted) {
  const picture = tab.locator("svg[data-chart]").first();
  expect(name, (await picture.count() !== 0) === charted, `charts: ${await picture.count()}`);
  if (await picture.count() === 0) { return; }
  const before = await tab.locator(".readout").first().textContent();
  await picture.focus();
  await tab.keyboard.press("ArrowRight");
  const after = await tab.locator(".readout").first().textContent();
  expect(name, before !== after && after.includes(" s:"), `the chart does not tell its values: ${after}`);
  await tab.keyboard.press("Escape");
  expect(name, (await tab.locator(".readout").first().textContent()) === before, "Escape does not end the reading");
}

async function picture(tab, name, width, scheme) {
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth);
  expect(name, wide <= width, `scrolls sideways at ${width}: ${wide}`);
  const file = join(shots, `${name.replace(".html", "")}-${width}-${scheme}.png`);
  await tab.screenshot({ path: file, fullPage: true });
  expect(name, statSync(file).size > 10000, `an empty picture at ${width} ${scheme}`);
}

// The judge sees what it is there for.
writeFileSync(join(folder, "planted.html"), "<!DOCTYPE html><html lang=en><title>t</title><main><h1>x</h1><p style='color:#999;background:#aaa'>pale</p></main><script>window.pwned=1;console.log('x')</script><script>1</script>");
const counted = wrong;
await open("planted.html", 1280, "light", async (tab) => { await inert(tab, "planted"); await accessible(tab, "planted", "light"); });
if (wrong - counted < 4) { console.log("planted errors were not seen"); process.exit(1); }
wrong = counted;
planting = false;

const looked = ["duplicate.html", "run.html", "vacuous.html", "idempotency.html"];
const told = ["duplicate.html", "run.html"];     // of these, pages with a counterexample
const charted = ["run.html", "vacuous.html"];    // and with charts: those of timed runs
for (const name of pages) {
  if (name === "planted.html") { continue; }
  await open(name, 1280, "light", async (tab, took) => {
    await inert(tab, name);
    slowest = Math.max(slowest, took);
    if (name.startsWith("hostile")) { return; }
    if (looked.includes(name)) {
      await keyboard(tab, name, told.includes(name));
      await pointer(tab, name, told.includes(name));
      await chart(tab, name, charted.includes(name));
    }
    await tab.evaluate(() => { for (const part of document.querySelectorAll("details")) { part.open = true; } });
    await accessible(tab, name, "light");
  });
}
const views = [[360, "light"], [360, "dark"], [768, "light"], [768, "dark"], [1280, "light"], [1280, "dark"]];
for (const name of [...looked, "eshop.html", "campaign.html", "commute.html", "hostile-14.html"]) {
  for (const [width, scheme] of name === "duplicate.html" ? views : [[360, "dark"], [768, "light"]]) {
    await open(name, width, scheme, async (tab) => {
      await picture(tab, name, width, scheme);
      if (width === 360 && scheme === "dark") { await accessible(tab, name, "360 dark"); }
    });
  }
}
await browser.close();
console.log(`${pages.length} pages, ${wrong} problems, at most ${slowest} ms to open; screenshots are in ${shots}`);
process.exit(wrong === 0 ? 0 : 1);
