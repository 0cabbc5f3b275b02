// SPDX-License-Identifier: Apache-2.0
// A small scenario without a warning, into which tests plant one mistake at a time: a stores what it is asked in one
// transaction with an event, a relay publishes it, b counts it once. The anchors are the texts that are replaced.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <sim/topology/lint.hpp>

namespace flowtank::planted {

using Texts = std::map<std::string, std::string>;

inline Texts good() {
  return {{"s.json", R"json({ "flowtank": 1, "title": "planted",
  "brokers": { "bus": { "kind": "ideal", "channels": { "things": {} } } },
  "services": { "a": { "use": "a" }, "b": { "use": "b" } },
  "clients": { "people": { "sends": "Go", "to": "a", "count": 1, "data": { "id": "x", "n": 1 } } },
  "properties": [ { "name": "once", "for": "c in b.counts", "always": "c.times <= 1 && c.n >= 0" },
                  { "name": "sane", "for": "j in a.jobs", "always": "j.n >= 0" } ] })json"},
          {"a.json", R"json({ "flowtank": 1, "name": "a",
  "options": { "every": { "type": "duration", "default": "10ms" } },
  "commands": { "Go": { "key": "id", "fields": { "id": "string", "n": "int" } } },
  "events": { "Done": { "channel": "things", "key": "id", "fields": { "id": "string", "n": "int" } } },
  "tables": { "jobs": { "key": "id", "columns": { "id": "string", "n": "int" } },
              "outbox": { "role": "outbox", "key": "id", "columns": { "id": "id", "event": "event" } } },
  "handlers": { "go": { "on": "Go", "steps": [
    { "transaction": [
      { "insert": "jobs", "row": { "id": "=command.data.id", "n": "=command.data.n" }, "on_conflict": [ { "reply": "known" }, { "stop": true } ] },
      { "outbox": "Done", "data": { "id": "=command.data.id", "n": "=command.data.n" } } ], "isolation": "serializable", "label": "store" },
    { "reply": "ok" } ] } },
  "pollers": { "relay": { "every_ms": "=options.every", "while": "size(db.outbox) > 0", "steps": [
    { "let": { "waiting": "=rows(db.outbox)" } },
    { "for": "r", "in": "waiting", "do": [ { "publish": "=r.event", "label": "relay" }, { "delete": "outbox", "key": "=r.id", "label": "mark" } ] } ] } } })json"},
          {"b.json", R"json({ "flowtank": 1, "name": "b",
  "events": { "Done": { "channel": "things", "key": "id", "fields": { "id": "string", "n": "int" } } },
  "tables": { "inbox": { "role": "inbox", "key": "id", "columns": { "id": "string" } },
              "counts": { "key": "id", "columns": { "id": "string", "times": "int", "n": "int" } } },
  "handlers": { "count": { "on": "Done", "steps": [
    { "transaction": [
      { "insert": "inbox", "row": { "id": "=event.id" }, "on_conflict": [ { "stop": true } ] },
      { "insert": "counts", "row": { "id": "=event.data.id", "times": 0, "n": "=event.data.n" }, "on_conflict": "ignore" },
      { "update": "counts", "key": "=event.data.id", "add": { "times": 1 } } ], "label": "count" } ] } } })json"}};
}

// Replaces a text that must be there once.
inline void put(Texts& files, const std::string& file, const std::string& old, const std::string& now) {
  std::string& text = files[file];
  const std::size_t at = text.find(old);
  INFO(file << ": " << old);
  REQUIRE(at != std::string::npos);
  REQUIRE(text.find(old, at + 1) == std::string::npos);
  text.replace(at, old.size(), now);
}

inline Scenario load(const Texts& files) {
  LoadOptions options;
  options.files = &files;
  Diagnostics diagnostics;
  auto scenario = load_scenario("s.json", options, diagnostics);
  std::string told;
  for (const Diagnostic& d : diagnostics.all()) told += d.file + ":" + std::to_string(d.range.line) + " " + d.code + " " + d.message + " " + d.hint + "\n";
  INFO(told);
  REQUIRE(scenario);
  return std::move(*scenario);
}

// "FT-LINT-014 b.count", with "note " before it where it is one; sorted.
inline std::vector<std::string> found(const Texts& files) {
  const Scenario scenario = load(files);
  std::vector<std::string> out;
  for (const topology::Finding& f : topology::lint(scenario).findings) {
    out.push_back((f.diagnostic.severity == Severity::note ? "note " : "") + f.diagnostic.code + " " + f.subject);
    CHECK_FALSE(f.diagnostic.file.empty());
    CHECK(f.diagnostic.range.line > 0);
  }
  std::sort(out.begin(), out.end());
  return out;
}

inline bool bites(const Texts& files, const std::string& finding) {
  const auto all = found(files);
  for (const std::string& one : all) UNSCOPED_INFO(one);
  return std::count(all.begin(), all.end(), finding) == 1;
}

inline topology::Finding finding(const Texts& files, const std::string& code) {
  const Scenario scenario = load(files);
  for (const topology::Finding& f : topology::lint(scenario).findings) {
    if (f.diagnostic.code == code) return f;
  }
  FAIL("no finding " << code);
  return {};
}

}  // namespace flowtank::planted
