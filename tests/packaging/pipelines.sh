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
# The Containerfile copies the package that dev builds.
grep -q 'build/package/flowtank_\*.deb' "$SOURCE/packaging/Containerfile" || stop "the container takes another package than dev builds"
grep -q '^USER flowtank' "$SOURCE/packaging/Containerfile" || stop "the container runs as root"
