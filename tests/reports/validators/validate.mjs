// SPDX-License-Identifier: Apache-2.0
// node validate.mjs PACKAGES SCHEMAS KIND FOLDER: hands every file FOLDER/*.KIND to an independent reader of that format, then
// spoils the largest one in ways that the reader must refuse; a validator that takes everything is none. Exit 0 when all files are
// good and all spoilt ones are refused, 1 when not, 77 (skipped, with a line) where the reader is not installed.
import { createRequire } from 'node:module';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as viewers from './viewers.mjs';

const [packages, schemas, kind, folder] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(packages, 'package.json'));
const load = async (name) => import(pathToFileURL(require.resolve(name)));
const scratch = mkdtempSync(join(tmpdir(), 'flowtank-validate-'));
const demand = (condition, message) => {
  if (!condition) throw new Error(message);
};
function skip(why) {
  console.log(`SKIPPED: ${why}`);
  process.exit(process.env.CI === 'true' ? 1 : 77);
}
function program(name, args, input) {
  const done = spawnSync(name, args, { encoding: 'utf8', input, maxBuffer: 1 << 28 });
  if (done.error?.code === 'ENOENT') skip(`${name} is not installed`);
  return { code: done.status, text: `${done.stdout}${done.stderr}` };
}
function kept(name, text) {
  const file = join(scratch, name);
  writeFileSync(file, text);
  return file;
}

const Ajv = require('ajv').default;
const formats = require('ajv-formats').default;
const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
formats(ajv);
const compiled = new Map();
function schema(name, value, text) {
  if (!compiled.has(name)) compiled.set(name, ajv.compile(value));
  const check = compiled.get(name);
  const data = JSON.parse(text);
  demand(check(data), ajv.errorsText(check.errors?.slice(0, 5)));
  return data;
}
// A published schema lets readers meet new keys; here every key must be in it.
function closed(value) {
  if (Array.isArray(value)) return value.map(closed);
  if (value === null || typeof value !== 'object') return value;
  const out = Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, closed(inside)]));
  if (out.type === 'object' && out.properties && out.additionalProperties === undefined) out.additionalProperties = false;
  return out;
}
const own = (name) => (text) => schema(name, closed(JSON.parse(readFileSync(join(schemas, `${name}.schema.json`), 'utf8'))), text);

// No byte that acts on a terminal, turns text around or hides it.
function inert(text) {
  demand(!/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]/.test(text), 'a control or bidi character');
}

function junit(strict) {
  return (text) => {
    const file = kept('report.xml', text);
    const args = strict ? ['--noout', '--nonet', '--schema', join(here, 'junit-strict.xsd'), file] : ['--noout', '--nonet', file];
    const done = program('xmllint', args);
    demand(done.code === 0, done.text.slice(0, 500));
    const count = (pattern) => (text.match(pattern) ?? []).length;
    demand(count(/<testcase /g) === Number(/ tests="(\d+)"/.exec(text)[1]), 'tests= is not the number of cases');
    demand(count(/<failure /g) === Number(/ failures="(\d+)"/.exec(text)[1]), 'failures= is not their number');
    demand(count(/<error /g) === Number(/ errors="(\d+)"/.exec(text)[1]), 'errors= is not their number');
    if (!strict) demand(count(/<testcase [^>]* file="[^"]+"/g) === count(/<testcase /g), 'a case without its file');
  };
}

function sarif(text) {
  const file = kept('report.sarif', text);
  const result = join(scratch, 'result.sarif');
  const tool = join(packages, 'node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool');
  const ran = program(tool, ['validate', file, '--output', result, '--log', 'ForceOverwrite']);
  // It exits with 0 whatever it finds; what counts is what it wrote.
  demand(/Analysis completed/.test(ran.text), ran.text.slice(-600));
  const errors = JSON.parse(readFileSync(result, 'utf8').replace(/^\ufeff/, '')).runs.flatMap((run) => run.results ?? []).filter((r) => r.level === 'error');
  demand(errors.length === 0, JSON.stringify(errors.slice(0, 3).map((e) => [e.ruleId, e.message])));
  const log = JSON.parse(text);
  demand(log.version === '2.1.0' && log.runs.length <= 20 && log.runs.every((r) => r.results.length <= 5000), 'limits');
  // The tool passes over words that it does not know.
  for (const level of text.matchAll(/"level": "(\w+)"/g)) demand(['error', 'warning', 'note'].includes(level[1]), `level ${level[1]}`);
  const prints = log.runs.flatMap((r) => r.results.map((x) => x.partialFingerprints.primaryLocationLineHash));
  demand(prints.every(Boolean) && new Set(prints).size === prints.length, 'fingerprints are missing or meet');
  for (const r of log.runs.flatMap((run) => run.results)) demand(r.locations[0].physicalLocation.region?.startLine > 0 || /^FT-(FILE|LOG|BASELINE|CAMP)/.test(r.ruleId), `${r.ruleId} has no line`);
}

function github(text) {
  const counts = {};
  for (const line of text.split('\n').slice(0, -1)) {
    const found = /^::(error|warning|notice) ([^\r\n]*?)::(.+)$/.exec(line);
    demand(found, `no command: ${line.slice(0, 80)}`);
    counts[found[1]] = (counts[found[1]] ?? 0) + 1;
    const keys = found[2].split(',').map((pair) => pair.split('='));
    for (const [key, value] of keys) {
      demand(['file', 'line', 'endLine', 'col', 'endColumn', 'title'].includes(key) && value, `property ${key}`);
      demand(!/%(?!25|0D|0A|3A|2C)/.test(value) && !value.includes(':'), `escaping of ${key}`);
    }
    demand(!/%(?!25|0D|0A)/.test(found[3]), 'escaping of the message');
  }
  demand(Object.values(counts).every((n) => n <= 10), 'more than ten of a kind');
}

async function markdown(text) {
  const MarkdownIt = (await load('markdown-it')).default;
  demand(Buffer.byteLength(text) <= 1 << 20, 'larger than a job summary');
  const tokens = new MarkdownIt({ html: true, linkify: true }).enable(['table', 'strikethrough']).parse(text, {});
  const all = tokens.flatMap((t) => [t, ...(t.children ?? [])]);
  const bad = all.find((t) => ['html_block', 'html_inline', 'image', 'link_open', 'fence', 's_open'].includes(t.type));
  demand(!bad, `it renders as ${bad?.type}: ${bad?.content ?? ''}`);
  demand(tokens[0]?.type === 'heading_open' && tokens.filter((t) => t.type === 'heading_open' && t.tag === 'h1').length === 1, 'one title');
}

async function tap(text) {
  const { Parser } = await load('tap-parser');
  await new Promise((resolve, reject) => {
    const extra = [];
    const parser = new Parser({ strict: true }, (results) => {
      const real = results.failures.filter((f) => f.tapError);
      if (real.length || extra.length) reject(new Error(`${real[0]?.tapError ?? ''} ${extra[0] ?? ''}`));
      else if (results.plan.end !== results.count && !results.bailout) reject(new Error('the plan is not kept'));
      else resolve();
    });
    parser.on('extra', (line) => extra.push(line));
    parser.end(text);
  });
  demand(text.startsWith('TAP version 14\n'), 'version');
}

function otlp(text) {
  const root = require(join(packages, 'node_modules/@opentelemetry/otlp-transformer/build/src/generated/root.js'));
  const Traces = root.opentelemetry.proto.trace.v1.TracesData;
  const spans = [];
  demand(text.endsWith('\n'), 'the last line has no end');
  for (const line of text.split('\n').slice(0, -1)) {
    const data = JSON.parse(line);
    const bytes = (hex, digits) => {
      demand(new RegExp(`^(?!0+$)[0-9a-f]{${digits}}$`).test(hex), `id ${hex}`);
      return Buffer.from(hex, 'hex').toString('base64');
    };
    for (const span of data.resourceSpans.flatMap((r) => r.scopeSpans).flatMap((s) => s.spans)) {
      spans.push({ id: span.spanId, trace: span.traceId, parent: span.parentSpanId });
      demand(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano), 'it ends before it begins');
      demand(Number.isInteger(span.kind) && span.kind >= 1 && span.kind <= 5, 'kind');
      for (const one of [span, ...(span.links ?? [])]) {
        one.traceId = bytes(one.traceId, 32);
        one.spanId = bytes(one.spanId, 16);
      }
      if (span.parentSpanId !== undefined) span.parentSpanId = bytes(span.parentSpanId, 16);
      const keys = span.attributes.map((a) => a.key);
      demand(new Set(keys).size === keys.length, 'an attribute is there twice');
      if (keys.includes('messaging.system')) for (const key of ['messaging.operation.name', 'messaging.operation.type', 'messaging.destination.name']) demand(keys.includes(key), `no ${key}`);
    }
    // What the schema does not know is lost on the way through the binary form.
    const back = Traces.toObject(Traces.decode(Traces.encode(Traces.fromObject(data)).finish()), { longs: String, bytes: String, json: true });
    demand(JSON.stringify(sorted(prune(back))) === JSON.stringify(sorted(prune(data))), 'it changes on its way through protobuf');
  }
  viewers.spanTrees(spans);
}
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}
function prune(value) {
  if (Array.isArray(value)) return value.map(prune);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).filter(([, v]) => !(Array.isArray(v) && v.length === 0)).map(([k, v]) => [k, prune(v)]));
}

function cloudevents(events) {
  const { CloudEvent } = require('cloudevents');
  for (const event of events) {
    new CloudEvent(event, true).validate();
    demand(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/.test(event.traceparent), 'traceparent');
    for (const key of Object.keys(event)) demand(key === 'data' || /^[a-z0-9]{1,20}$/.test(key), `attribute ${key}`);
    demand(ajv.validate({ type: 'object', properties: { specversion: { const: '1.0' }, time: { type: 'string', format: 'date-time' }, source: { type: 'string', format: 'uri-reference', minLength: 1 }, id: { type: 'string', minLength: 1 } }, required: ['specversion', 'time', 'source', 'id'] }, event), ajv.errorsText());
  }
}

async function mermaid(text) {
  const engine = (await load('mermaid')).default;
  demand(text.length <= 50_000, 'longer than it takes');
  const found = await engine.parse(text);
  demand(found.diagramType === 'sequence', `it is a ${found.diagramType}`);
  demand(!/[<>&"`]/.test(text.replace(/-?->>|-x|-\)/g, '')), 'markup');
}

function plantuml(text) {
  const done = program('plantuml', ['-syntax'], text);
  demand(done.code === 0 && done.text.startsWith('SEQUENCE'), done.text.slice(0, 200));
  demand(text.split('\n').filter((line) => /^\s*['!@]/.test(line)).join() === '@startuml,@enduml', 'a directive');
  demand(!/[%!$]|\[\[|<(?!U\+)/.test(text.replace(/@(start|end)uml/g, '')), 'markup');
}

async function csv(text) {
  const { parse } = require('csv-parse/sync');
  const rows = parse(text, { columns: true, record_delimiter: '\r\n', bom: false });
  demand(rows.length > 0, 'no rows');
  rows.forEach((row, i) => {
    demand(/^\d+$/.test(row.record) && (i === 0 || Number(row.record) > Number(rows[i - 1].record)), `record ${row.record}`);
    demand(/^[0-9a-f]{32}$/.test(row.trace_id), 'trace_id');
    for (const cell of Object.values(row)) demand(!/^[=+@]|^-(?![\d.]+$)/.test(cell), `a formula: ${cell.slice(0, 20)}`);
  });
}

const readers = {
  junit: junit(true), 'junit-gitlab': junit(false), sarif, github, md: markdown, summary: markdown, tap,
  json: own('report'), lint: own('lint'), brokers: own('brokers'), sweep: own('sweep'), diff: own('diff'),
  idempotency: own('idempotency'), commute: own('commute'), rebuild: own('rebuild'), compare: own('compare'), baseline: own('baseline'), otlp,
  zipkin: (text) => viewers.spanTrees(schema('zipkin', viewers.zipkin, text).map((s) => ({ id: s.id, trace: s.traceId, parent: s.parentId }))),
  jaeger: (text) => viewers.jaegerRules(schema('jaeger', viewers.jaeger, text)),
  perfetto: (text) => viewers.perfettoRules(JSON.parse(text)),
  cloudevents: (text) => cloudevents(text.split('\n').slice(0, -1).map((line) => JSON.parse(line))),
  'cloudevents-batch': (text) => cloudevents(JSON.parse(text)),
  mermaid, plantuml, csv,
};
// What each reader must refuse: a text, and what it is replaced by (the first time it comes).
const cut = [/[\s\S]{40}$/, ''];
const spoilt = {
  junit: [cut, ['<testcase ', '<testcase file="x" '], [/ tests="\d+"/, ' tests="999"'], ['name="', 'name="\u0001'], ['</testsuite>', '<x/></testsuite>']],
  'junit-gitlab': [cut, [/ tests="\d+"/, ' tests="999"'], ['name="', 'name="\u0001'], [/ file="[^"]+"\/?>/, '>']],
  sarif: [cut, [/"level": "\w+"/, '"level": "dreadful"'], ['"version": "2.1.0"', '"version": "1.0"'], [/"startLine": \d+/, '"startLine": 0'], [/"text"/, '"txt"']],
  github: [[/::(error|warning|notice) /, 'error '], [/::(error|warning|notice) /, '::error file=a:b,'], ['title=', 'colour='], [/\n$/, '\n::error title=a::b'.repeat(11) + '\n']],
  md: [['# ', '# <b>'], ['\n\n', '\n\n[x](https://x.invalid)\n\n'], ['# ', '']], summary: [['\n\n', '\n\n<script>1</script>\n\n'], ['\n\n', '\n\n' + 'x'.repeat(1 << 20)]],
  tap: [['1..', '1..9'], ['TAP version 14', 'TAP version'], ['\nnot ok', '\nmaybe'], ['  ---\n', '  ---\n  {[\n']],
  json: [['"exit"', '"exits"'], ['"flowtank_report": 1', '"flowtank_report": 2'], [/"exit": \d/, '"exit": 9'], ['{', '{"new key":1,']],
  brokers: [['"rows"', '"row"'], [/"verdict": "\w+"/, '"verdict": "GOOD"'], ['{', '{"new key":1,']],
  sweep: [['"parameters"', '"parameter"'], [/"exit": \d/, '"exit": 9'], ['{', '{"new key":1,']],
  lint: [['"findings"', '"found"'], [/"severity": "\w+"/, '"severity": "bad"'], ['{', '{"new key":1,']],
  diff: [['"same"', '"equal"'], [/"kind": "\w+"/, '"kind": "other"']], baseline: [['"reason"', '"because"'], [/"fingerprint": "\w{4}/, '"fingerprint": "']],
  idempotency: [['"handlers"', '"handler"'], [/"verdict": "\w+"/, '"verdict": "GOOD"'], ['"question": "idempotency"', '"question": "commute"'], ['{', '{"new key":1,']],
  commute: [['"services"', '"service"'], [/"verdict": "\w+"/, '"verdict": "GOOD"'], [/"exit": \d/, '"exit": 9'], ['{', '{"new key":1,']],
  rebuild: [['"services"', '"service"'], [/"verdict": "\w+"/, '"verdict": "GOOD"'], [/"complete": \w+/, '"complete": 1'], ['{', '{"new key":1,']],
  compare: [['"old"', '"older"'], [/"outcomes": \d+/, '"outcomes": -1'], [/"changed": \[/, '"changed": [1,'], ['{', '{"new key":1,']],
  otlp: [cut, ['"spanId":"', '"spanId":"zz'], ['"kind":', '"kind":"SPAN_KIND_'], ['"name":', '"nom":'], ['"intValue":', '"intVal":'], ['"traceId":"', '"traceId":"' + '0'.repeat(32) + '","x":"']],
  zipkin: [cut, [/"duration":\d+/, '"duration":0'], [/"id":"\w/, '"id":"G'], [/"name":"\w/, '"name":"A'], [/"flowtank.record":"(\d+)"/, '"flowtank.record":$1']],
  jaeger: [cut, [/"duration":\d+/, '"duration":0'], [/"processID":"p\d+"/, '"processID":"nobody"'], [/"spanID":"\w{16}"/, '"spanID":""'], ['CHILD_OF', 'PARENT']],
  perfetto: [cut, [/"dur":[\d.]+/, '"dur":0'], ['"traceEvents":[', '"traceEvents":[{"ph":"X","name":"a","pid":9,"tid":9,"ts":0,"dur":2},{"ph":"X","name":"b","pid":9,"tid":9,"ts":1,"dur":2},'], ['"ph":"f"', '"ph":"q"']],
  cloudevents: [['"specversion":"1.0",', ''], [/"time":"\d/, '"time":"x'], ['"source":"', '"source":"","s":"'], [/"traceparent":"00-\w/, '"traceparent":"00-'], ['"id":', '"no":']],
  'cloudevents-batch': [cut, ['"type":', '"typ":'], ['"partitionkey"', '"partition_key"']],
  mermaid: [['sequenceDiagram', 'sequenceDiagrams'], [/->>p\d+:/, '->>'], ['  participant', '  particle']],
  plantuml: [['@enduml', '!include x\n@enduml'], ['participant "', 'participant ('], ['participant', 'particle']],
  csv: [[/\r\n1,/, '\r\n1,2,3,'], [/\r\n1,/, '\r\n0,'], [/,ok,/, ',"ok,']],
};

const files = readdirSync(folder).filter((name) => name.endsWith(`.${kind}`)).sort();
let bad = 0;
function fail(message) {
  console.log(`FAIL ${message}`);
  ++bad;
}
if (files.length === 0) fail(`no file *.${kind} in ${folder}`);
let largest = '';
for (const name of files) {
  const text = readFileSync(join(folder, name), 'utf8');
  if (text.length > largest.length) largest = text;
  try {
    if (kind !== 'github' || text !== '') await readers[kind](text);
    inert(text);
    console.log(`ok   ${name}`);
  } catch (problem) {
    fail(`${name}: ${problem.message}`);
  }
}
for (const [what, instead] of spoilt[kind]) {
  const broken = largest.replace(what, instead);
  if (broken === largest) {
    fail(`nothing to spoil: ${what}`);
    continue;
  }
  let refused = false;
  try {
    await readers[kind](broken);
  } catch {
    refused = true;
  }
  if (!refused) fail(`a spoilt file is taken: ${what} -> ${String(instead).slice(0, 40)}`);
}
console.log(`${files.length} files, ${spoilt[kind].length} spoilt ones`);
rmSync(scratch, { recursive: true, force: true });
process.exit(bad === 0 ? 0 : 1);
