// SPDX-License-Identifier: Apache-2.0
// node produce.mjs FLOWTANK SOURCE FOLDER: makes every report and every export that the validators read, of results of all
// kinds: as expected, failing, campaign, undecided, wrong input, a scenario that was only looked at; and all that once more with
// names and keys that try to break out of every format. Exit codes of the program are checked on the way.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [program, source, folder] = process.argv.slice(2);
rmSync(folder, { recursive: true, force: true });
mkdirSync(join(folder, 'in'), { recursive: true });
const scenarios = join(source, 'scenarios');
const models = ['--models', join(source, 'models/services')];
function flowtank(codes, ...args) {
  const done = spawnSync(program, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (!codes.includes(done.status)) {
    console.log(`flowtank ${args.join(' ')}: exit ${done.status}, wanted ${codes}\n${done.stdout}${done.stderr}`);
    process.exit(1);
  }
  return done.stdout;
}
function write(name, value) {
  writeFileSync(join(folder, name), typeof value === 'string' ? value : `${JSON.stringify(value, null, 2)}\n`);
}
const kinds = { json: 'json', junit: 'junit', md: 'md', sarif: 'sarif', github: 'github', 'github-summary': 'summary', tap: 'tap' };
function reports(name, codes, ...args) {
  const wishes = Object.entries(kinds).filter(([kind]) => args[0] !== 'lint' || kind !== 'json').flatMap(([kind, end]) => ['--report', `${kind}=${name}.${end}`]);
  flowtank(codes, ...args, ...wishes);
  flowtank(codes, ...args, '--junit-dialect', 'gitlab', '--report', `junit=${name}.junit-gitlab`);
  if (args[0] === 'lint') flowtank(codes, ...args, '--report', `json=${name}.lint`);
}
const formats = ['otlp', 'zipkin', 'jaeger', 'perfetto', 'cloudevents', 'cloudevents-batch', 'mermaid', 'plantuml', 'csv'];
function exports(name, file, ...more) {
  for (const format of formats) flowtank([0], 'export', file, '--format', format, '-o', `${name}.${format}`, ...models, ...more);
}

// What nobody should ever be able to say in a report: markup, escapes, directives, commands of terminals and pipelines.
const hostile = ']]><script>alert(1)</script> & "\'`|*_[x](javascript:1) \u001b[2J\u0007\u202e\u200b\ufeff\ufffe \r\n::error::x\n# h\n--- %0A %s $x !include ~ ; @startuml =1+1 <!-- --> {{x}} #TODO \\ end';
const base = JSON.parse(readFileSync(join(scenarios, 'store-payment-without-inbox-crash.json'), 'utf8'));
delete base.expect;
delete base.$schema;
write('in/plain.json', base);
const worst = structuredClone(base);
worst.title = hostile;
worst.claim = hostile;
worst.properties.forEach((property, i) => (property.name = `${i}. ${property.name} ${hostile}`));
worst.faults[0].name = `crash ${hostile}`;
worst.clients.shoppers.data.order_id = `=${JSON.stringify(`o${hostile}`)} + string(n + 1)`;
write('in/hostile.json', worst);
write('in/wrong.json', { flowtank: 1, [hostile]: 1, services: 7 });
write('in/truncated.json', '{ "flowtank": 1, ');

reports('plain', [1], 'check', 'in/plain.json', ...models, '--save', 'saved');
reports('run', [1], 'run', 'in/plain.json', ...models, '--no-shrink', '--no-save');
reports('met', [0], 'check', join(scenarios, 'store-payment-without-inbox-crash.json'), '--no-save');
reports('lineage', [1], 'check', 'in/plain.json', ...models, '--strategy', 'lineage', '--no-save');
reports('shrunk-run', [1], 'run', 'in/plain.json', ...models, '--save', 'saved');
reports('shrunk-campaign', [1], 'check', 'in/plain.json', ...models, '--strategy', 'random', '--runs', '300', '--no-save');
reports('timed-campaign', [1], 'check', 'in/plain.json', ...models, '--strategy', 'timed', '--runs', '50', '--no-save');
reports('campaign', [1], 'check', 'in/plain.json', ...models, '--strategy', 'random', '--runs', '300', '--no-save', '--no-shrink');
reports('undecided', [4], 'check', 'in/plain.json', ...models, '--states', '40', '--no-save');
reports('hostile', [1], 'check', 'in/hostile.json', ...models, '--no-save');
reports('hostile-run', [1], 'run', 'in/hostile.json', ...models, '--no-save', '--no-shrink');
reports('wrong', [2], 'check', 'in/wrong.json', ...models);
reports('truncated', [2], 'run', 'in/truncated.json', ...models);
reports('nowhere', [2], 'check', 'in/nowhere.json', ...models);
reports('replay', [1], 'replay', 'saved/plain.check.counterexample', ...models);
reports('lint', [0], 'lint', join(scenarios, 'store-payment-without-inbox-crash.json'), '--notes');
reports('lint-hostile', [0], 'lint', 'in/hostile.json', ...models);

// Several rows in one report: brokers, one of which cannot carry the hostile names or fails, and values, one of which there is not.
const rows = { junit: 'junit', md: 'md', sarif: 'sarif', github: 'github', 'github-summary': 'summary', tap: 'tap' };
function tables(name, codes, ...args) {
  flowtank(codes, ...args, '--report', `json=${name}.${name.split('-')[0]}`, ...Object.entries(rows).flatMap(([kind, end]) => ['--report', `${kind}=${name}.${end}`]));
  flowtank(codes, ...args, '--junit-dialect', 'gitlab', '--report', `junit=${name}.junit-gitlab`);
}
tables('brokers', [1], 'check', 'in/plain.json', ...models, '--brokers', 'ideal,rabbitmq,sns_sqs');
tables('brokers-hostile', [1, 2], 'run', 'in/hostile.json', ...models, '--brokers', 'ideal,kafka,rabbitmq');
tables('sweep', [1], 'check', 'in/plain.json', ...models, '--sweep', 'services.payment.with.consume=naive,inbox');
tables('sweep-hostile', [2], 'run', 'in/hostile.json', ...models, '--sweep', `services.payment.with.consume=naive,${JSON.stringify(hostile)}`);

// Families of runs: of handlers that are good and not, cut short, without files, with what differs and with names that try to break out.
function family(name, codes, question, scenario, ...args) {
  flowtank(codes, question, scenario, ...models, ...args, '--report', `json=${name}.${question}`);
}
for (const question of ['idempotency', 'commute', 'rebuild']) {
  family('plain', [0, 1, 4], question, 'in/plain.json', '--save', 'saved');
  family('good', [0, 1, 4], question, join(scenarios, 'store-all-patterns.json'), '--no-save');
  family('cut', [1, 4], question, 'in/plain.json', '--no-save', '--states', '20');
  family('hostile', [0, 1, 4], question, 'in/hostile.json', '--no-save');
}
family('ends', [0, 1, 4], 'commute', 'in/plain.json', '--no-save', '--any-order');
family('local', [1], 'idempotency', 'in/plain.json', '--no-save', '--local');
family('inbox', [1], 'compare', 'in/plain.json', '--save', 'saved', '--to', 'services.payment.with.consume=inbox');
family('cut', [1, 4], 'compare', 'in/plain.json', '--no-save', '--states', '20', '--to', 'services.payment.with.consume=inbox');
family('hostile', [1], 'compare', 'in/hostile.json', '--no-save', '--to', 'services.payment.with.consume=inbox');

flowtank([1], 'check', 'in/plain.json', ...models, '--no-save', '--write-baseline', 'accepted.baseline');
const baseline = JSON.parse(readFileSync(join(folder, 'accepted.baseline'), 'utf8'));
baseline.accepted.forEach((finding) => (finding.reason = `known: ${hostile}`));
write('in/hostile.baseline', baseline);
reports('accepted', [0], 'check', 'in/plain.json', ...models, '--no-save', '--baseline', 'in/hostile.baseline');
write('reports.diff', flowtank([1], 'diff', 'plain.json', 'accepted.json', '--json'));
write('same.diff', flowtank([0], 'diff', 'plain.json', 'plain.json', '--json'));

const traces = {
  store: 'store-all-patterns.json', crash: 'store-payment-without-inbox-crash.json', calls: 'faults/call-no-answer.json', poison: 'faults/poison.json',
  timers: 'faults/timer-race.json', partition: 'faults/partition.json', loss: 'faults/loss.json', eshop: 'eshop/d01-outbox.json',
};
for (const [name, scenario] of Object.entries(traces)) {
  flowtank([0], 'run', join(scenarios, scenario), '--no-save', '--no-shrink', '--trace', `${name}.ftrace`);
  exports(name, `${name}.ftrace`);
}
flowtank([1], 'run', 'in/hostile.json', ...models, '--no-save', '--no-shrink', '--trace', 'hostile.ftrace');
exports('hostile', 'hostile.ftrace');
exports('counterexample', 'saved/plain.check.counterexample');
exports('one', 'store.ftrace', '--only', 'o-7', '--epoch', '2026-11-23T17:00:00Z');
write('runs.diff', flowtank([1], 'diff', 'store.ftrace', 'crash.ftrace', '--json'));
cpSync(join(folder, 'store.ftrace'), join(folder, 'copy.ftrace'));
write('equal.diff', flowtank([0], 'diff', 'store.ftrace', 'copy.ftrace', '--json'));
console.log('made');
