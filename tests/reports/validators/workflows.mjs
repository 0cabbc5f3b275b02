// SPDX-License-Identifier: Apache-2.0
// node workflows.mjs PACKAGES FOLDER: the GitHub workflow by the schema that GitHub publishes (action-validator), the GitLab
// pipeline by its YAML and the keys that we use; and a workflow with a misspelt key, which must be refused.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [packages, folder] = process.argv.slice(2);
const require = createRequire(join(packages, 'package.json'));
const check = (file) => spawnSync(process.execPath, [join(packages, 'node_modules/@action-validator/cli/cli.mjs'), file], { encoding: 'utf8' });
function stop(message) {
  console.log(`FAIL ${message}`);
  process.exit(1);
}
const github = join(folder, 'github-actions.yml');
const good = check(github);
if (good.status !== 0) stop(`${good.stdout}${good.stderr}`);
const scratch = mkdtempSync(join(tmpdir(), 'flowtank-workflow-'));
const spoilt = join(scratch, 'spoilt.yml');
writeFileSync(spoilt, readFileSync(github, 'utf8').replace('runs-on:', 'runs-at:'));
const bad = check(spoilt);
rmSync(scratch, { recursive: true });
if (bad.status === 0) stop('a misspelt workflow is taken');

const gitlab = require('yaml').parse(readFileSync(join(folder, 'gitlab-ci.yml'), 'utf8'), { strict: true, uniqueKeys: true });
const job = gitlab.consistency;
for (const key of ['image', 'stage', 'script', 'artifacts']) if (!(key in job)) stop(`the GitLab job has no ${key}`);
if (job.artifacts.when !== 'always' || !job.artifacts.reports?.junit) stop('the reports are not kept when it fails');
if (!job.script.join('\n').includes('--junit-dialect gitlab')) stop('not the dialect of GitLab');
console.log('ok');
