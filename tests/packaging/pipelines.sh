#!/usr/bin/env bash
# The pipeline examples are YAML, and what they run is shell that parses; their services cannot be run here.
source "$(dirname "$0")/kit.sh"
python=/usr/bin/python3
"$python" -c 'import yaml' 2>/dev/null || skip "python3-yaml is not installed"
"$python" - "$SOURCE/packaging/ci" <<'P' || stop "a pipeline example is wrong"
import subprocess, sys, yaml

def parses(text, where):
    done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True)
    assert done.returncode == 0, f"{where}: {done.stderr}"

folder = sys.argv[1]
github = yaml.safe_load(open(folder + "/github-actions.yml"))
assert True in github or "on" in github  # YAML 1.1 reads the key "on" as true
for name, job in github["jobs"].items():
    assert "runs-on" in job, name
    for step in job["steps"]:
        assert ("uses" in step) != ("run" in step), step
        if "run" in step:
            parses(step["run"], step["name"])
        else:
            assert "@" in step["uses"], step
assert any("junit=" in step.get("run", "") for step in github["jobs"]["flowtank"]["steps"])

gitlab = yaml.safe_load(open(folder + "/gitlab-ci.yml"))
job = gitlab["consistency"]
for line in job["before_script"] + job["script"]:
    parses(line, "gitlab")
assert job["artifacts"]["reports"]["junit"]
P
# The step checks every scenario, whatever becomes of the first, in the shell that GitHub gives it (-e, pipefail).
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
mkdir "$work/scenarios" "$work/bin"
for name in a b c; do echo '{}' >"$work/scenarios/$name.json"; done
printf '%s\n' '#!/bin/bash' 'echo "$2" >>calls' '[[ $2 != scenarios/a.json ]]' >"$work/bin/flowtank"
chmod +x "$work/bin/flowtank"
"$python" -c 'import sys, yaml
steps = yaml.safe_load(open(sys.argv[1]))["jobs"]["flowtank"]["steps"]
print(next(step["run"] for step in steps if "flowtank check" in step.get("run", "")))' "$SOURCE/packaging/ci/github-actions.yml" >"$work/step.sh"
code=0
(cd "$work" && PATH=$work/bin:$PATH GITHUB_STEP_SUMMARY=$work/summary bash --noprofile --norc -eo pipefail step.sh >/dev/null 2>&1) || code=$?
[[ $code == 1 ]] || stop "the step ends with $code where a scenario fails with 1"
[[ $(wc -l <"$work/calls") == 3 ]] || stop "the step checks $(wc -l <"$work/calls") of 3 scenarios"
# The Containerfile copies the package that dev builds.
grep -q 'build/package/flowtank_\*.deb' "$SOURCE/packaging/Containerfile" || stop "the container takes another package than dev builds"
grep -q '^USER flowtank' "$SOURCE/packaging/Containerfile" || stop "the container runs as root"
