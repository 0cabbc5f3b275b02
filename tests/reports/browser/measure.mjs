// SPDX-License-Identifier: Apache-2.0
// How large the consistency report of a long run is, how long it takes to write, and how soon one can use it: a run of more than
// a million actions that fails is reported by the program, and the page is opened in Debian's Chromium without a network. A page
// is interactive when it is loaded, a key lights a step of its story and the picture of that is on the screen; fresh tabs, the
// slowest counts. Seconds are those of the clock and, since machines are shared, of the processor; the limit is held to these. Nothing here is a test with a time in it: it prints numbers, and exits with 1 only with --limits.
//
// node measure.mjs FLOWTANK SOURCE CHROMIUM PACKAGES [--limits]
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [program, source, browserFile, packages, limits] = process.argv.slice(2);
const { chromium } = createRequire(resolve(packages, "package.json"))("playwright-core");
const folder = mkdtempSync(join(tmpdir(), "flowtank-page-"));
const page = join(folder, "page.html");
const scenario = ["run", join(source, "tests/bench/data/order_payment.json"), "--models", join(source, "models/services"), "--no-save", "--no-shrink",
  "--set", "clients.shoppers.count=54000", "--set", 'clients.shoppers.arrivals={"every_ms":100}', "--set", "services.payment.with.consume=naive",
  "--set", 'properties=[{"name": "charged at most once", "for": "c in payment.charges", "always": "c.times <= 1"}]'];

function seconds(...more) {
  const begun = process.hrtime.bigint();
  const ran = spawnSync("bash", ["-c", 'TIMEFORMAT="%U %S"; time "$@"', "bash", program, ...scenario, ...more], { encoding: "utf8", maxBuffer: 1 << 28, cwd: folder });
  const wall = Number(process.hrtime.bigint() - begun) / 1e9;
  if (ran.status !== 1) { console.log(`exit ${ran.status}\n${ran.stdout}${ran.stderr}`); process.exit(2); }
  const [user, system] = ran.stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { wall, cpu: user + system, text: ran.stdout };
}
const without = seconds();
const whole = seconds("--report", `html=${page}`);
const bytes = statSync(page).size;
const writing = whole.cpu - without.cpu;
console.log(/[\d,]+ actions/.exec(whole.text)?.[0] ?? "");
console.log(`clock: run alone ${without.wall.toFixed(2)} s, run and page ${whole.wall.toFixed(2)} s`);
console.log(`processor: run alone ${without.cpu.toFixed(2)} s, run and page ${whole.cpu.toFixed(2)} s: the page took ${writing.toFixed(2)} s; ${bytes} bytes`);

const browser = await chromium.launch({ executablePath: browserFile, args: ["--no-sandbox", "--disable-gpu"] });
let slowest = 0;
for (let round = 0; round < 5; round += 1) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, offline: true });
  const tab = await context.newPage();
  const begun = process.hrtime.bigint();
  await tab.goto(pathToFileURL(page).href, { waitUntil: "load" });
  await tab.evaluate(() => document.querySelector("svg.wide a[data-step]").focus());
  await tab.keyboard.press("ArrowDown");
  await tab.waitForFunction(() => document.querySelector("svg.wide a.lit, li.lit") !== null);
  await tab.evaluate(() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen))));
  const took = Number(process.hrtime.bigint() - begun) / 1e6;
  slowest = Math.max(slowest, took);
  const longest = await tab.evaluate(() => { const n = performance.getEntriesByType("navigation")[0]; return [n.domInteractive, n.loadEventEnd].map((x) => x.toFixed(0)).join(" and "); });
  console.log(`interactive after ${took.toFixed(0)} ms (parsed and loaded after ${longest} ms)`);
  await context.close();
}
await browser.close();
rmSync(folder, { recursive: true });
const kept = bytes < 5e6 && writing < 5 && slowest < 2000;
console.log(`limits: 5,000,000 bytes, 5 s to write, 2,000 ms to interactive: ${kept ? "kept" : "NOT kept"}`);
process.exit(limits === "--limits" && !kept ? 1 : 0);
