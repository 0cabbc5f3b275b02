#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the JSON Schemas to the corpus that the loader is held to: good files are valid, files of a wrong
shape are not, and files that are only wrong in meaning are valid for the schema. Exit 77: cannot be run."""
import json
import pathlib
import re
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: the Python package jsonschema is missing (Debian: python3-jsonschema)")
    sys.exit(77)

root = pathlib.Path(sys.argv[1])
data = root / "tests/scenario/data"
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.S)


def read(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(TOKEN.sub(lambda m: m.group() if m.group().startswith('"') else " ", text))


def validator(path):
    schema = read(path)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


scenario = validator(root / "scenarios/schema/scenario.schema.json")
model = validator(root / "models/schema/model.schema.json")
wrong = 0
checked = 0


def check(schema, paths, valid):
    global wrong, checked
    for path in sorted(paths):
        checked += 1
        errors = list(schema.iter_errors(read(path)))
        if bool(errors) == valid:
            wrong += 1
            print(f"{path}: the schema {'refuses' if valid else 'accepts'} it")
            for error in errors[:3]:
                print("   ", list(error.absolute_path), error.message[:200])


check(scenario, data.glob("good/*.json"), True)
check(scenario, data.glob("meaning/*.json"), True)
check(scenario, data.glob("bad/*.json"), False)
check(scenario, (path for path in (root / "scenarios").rglob("*.json") if path.parent.name != "schema"), True)
check(model, data.glob("good/models/*.json"), True)
check(model, data.glob("models-bad/*.json"), False)
check(model, (root / "models/services").glob("*.json"), True)
print(f"{checked} files, {wrong} disagreements")
sys.exit(1 if wrong or checked < 40 else 0)
