// SPDX-License-Identifier: Apache-2.0
// One planted mistake for each finding about ways, messages and declarations: it is found where it is, and not found
// in the scenario without it.
#include "tests/topology/planted.hpp"

using namespace flowtank;
using namespace flowtank::planted;

namespace {

const std::string done_event = R"("Done": { "channel": "things", "key": "id", "fields": { "id": "string", "n": "int" } })";

}  // namespace

TEST_CASE("lint.the_good_scenario_has_only_notes_on_what_everything_depends_on") {
  CHECK(found(good()) == std::vector<std::string>{"note FT-LINT-013 a", "note FT-LINT-013 bus"});
}

TEST_CASE("lint.channels_that_nobody_reads_writes_or_uses") {
  Texts files = good();
  put(files, "s.json", R"("things": {})", R"("things": {}, "spare": {})");
  CHECK(bites(files, "FT-LINT-003 bus.spare"));
  files = good();
  put(files, "s.json", R"("b": { "use": "b" })", R"("b": { "use": "b", "consumes": { "Done": "other" } })");
  put(files, "s.json", R"("things": {})", R"("things": {}, "other": {})");
  CHECK(bites(files, "FT-LINT-001 bus.things"));
  CHECK(bites(files, "FT-LINT-002 bus.other"));
  CHECK(bites(files, "FT-LINT-004 a.Done"));
  CHECK(finding(files, "FT-LINT-004").diagnostic.hint.find("\"other\"") != std::string::npos);  // says where it would be handled
  CHECK(bites(files, "FT-LINT-010 b"));
}

TEST_CASE("lint.a_subscription_that_handles_nothing_of_what_is_there") {
  Texts files = good();
  put(files, "b.json", done_event, done_event + R"(, "Gone": { "channel": "things", "key": "id", "fields": { "id": "string" } })");
  put(files, "b.json", R"("on": "Done")", R"("on": "Gone")");
  put(files, "b.json", R"(, "n": "=event.data.n")", "");
  CHECK(bites(files, "FT-LINT-005 b.things"));
  CHECK(bites(files, "FT-LINT-010 b"));
}

TEST_CASE("lint.a_handler_that_waits_for_what_nobody_publishes") {
  Texts files = good();
  put(files, "b.json", done_event, done_event + R"(, "Gone": { "channel": "things", "key": "id", "fields": { "id": "string" } })");
  put(files, "b.json", R"("handlers": {)", R"("handlers": { "gone": { "on": "Gone", "steps": [ { "delete": "counts", "key": "=event.data.id" } ] },)");
  CHECK(bites(files, "note FT-LINT-006 b.gone"));
  CHECK_FALSE(bites(files, "FT-LINT-005 b.things"));
}

TEST_CASE("lint.fields_that_are_read_and_not_filled") {
  Texts files = good();
  put(files, "a.json", R"({ "outbox": "Done", "data": { "id": "=command.data.id", "n": "=command.data.n" } })", R"({ "outbox": "Done", "data": { "id": "=command.data.id" } })");
  CHECK(bites(files, "FT-LINT-007 b.count.n"));
  // Who asks first is safe.
  put(files, "b.json", R"("n": "=event.data.n")", R"("n": "=has(event.data.n) ? event.data.n : 0")");
  CHECK_FALSE(bites(files, "FT-LINT-007 b.count.n"));
  // Commands too: the client leaves out n, which the handler stores.
  files = good();
  put(files, "s.json", R"("data": { "id": "x", "n": 1 })", R"("data": { "id": "x" })");
  CHECK(bites(files, "FT-LINT-007 a.go.n"));
}

TEST_CASE("lint.a_field_that_one_of_several_producers_leaves_out") {
  Texts files = good();
  put(files, "a.json", R"({ "reply": "ok" })", R"({ "publish": "Done", "data": { "id": "=command.data.id" } }, { "reply": "ok" })");
  CHECK(finding(files, "FT-LINT-007").diagnostic.message.find("not everybody") != std::string::npos);
}

TEST_CASE("lint.fields_that_are_filled_and_not_read") {
  Texts files = good();
  put(files, "b.json", R"(, "n": "=event.data.n")", R"(, "n": 0)");
  CHECK(bites(files, "note FT-LINT-008 Done"));
  CHECK(finding(files, "FT-LINT-008").diagnostic.message == "nobody who handles Done reads its n");
  // Passed on whole is read whole.
  put(files, "b.json", R"("label": "count" })", R"("label": "count" }, { "reply": "=event.data" })");
  CHECK_FALSE(bites(files, "note FT-LINT-008 Done"));
}

TEST_CASE("lint.commands_that_nobody_sends") {
  Texts files = good();
  put(files, "a.json", R"("handlers": {)", R"("handlers": { "undo": { "on": "Undo", "steps": [ { "delete": "jobs", "key": "=command.data.id" } ] },)");
  put(files, "a.json", R"("commands": {)", R"("commands": { "Undo": { "key": "id", "fields": { "id": "string" } },)");
  CHECK(bites(files, "note FT-LINT-009 a.undo"));
  put(files, "b.json", R"("label": "count" })", R"("label": "count" }, { "call": "Undo", "to": "a", "data": { "id": "=event.data.id" }, "timeout_ms": 5 })");
  CHECK_FALSE(bites(files, "note FT-LINT-009 a.undo"));
}

TEST_CASE("lint.services_that_nothing_reaches") {
  Texts files = good();
  put(files, "s.json", R"("count": 1)", R"("count": 0)");
  CHECK(bites(files, "FT-LINT-010 a"));
  CHECK(bites(files, "FT-LINT-010 b"));  // only through a
  // A poller whose guard looks at no table works by itself.
  put(files, "a.json", R"("while": "size(db.outbox) > 0")", R"("while": "true")");
  CHECK_FALSE(bites(files, "FT-LINT-010 a"));
}

TEST_CASE("lint.events_that_lead_back_to_their_handler_may_loop") {
  Texts files = good();
  put(files, "b.json", R"("label": "count" })", R"("label": "count" }, { "publish": "Done", "data": { "id": "=event.data.id", "n": "=event.data.n" } })");
  CHECK(bites(files, "FT-LINT-011 b.count"));
  CHECK(finding(files, "FT-LINT-011").diagnostic.message == "events may loop: b (\"count\") -> Done -> b (\"count\")");
}

TEST_CASE("lint.events_that_only_go_round_between_services_end") {
  Texts files = good();
  const std::string thanked = R"("Thanked": { "channel": "things", "key": "id", "fields": { "id": "string" } })";
  put(files, "a.json", done_event, done_event + ", " + thanked);
  put(files, "b.json", done_event, done_event + ", " + thanked);
  put(files, "a.json", R"("handlers": {)", R"("handlers": { "thanked": { "on": "Thanked", "steps": [ { "delete": "jobs", "key": "=event.data.id" } ] },)");
  put(files, "b.json", R"({ "transaction": [)", R"({ "publish": "Thanked", "data": { "id": "=event.data.id" } }, { "transaction": [)");
  CHECK(bites(files, "note FT-LINT-012 a"));
  CHECK(finding(files, "FT-LINT-012").diagnostic.message == "events go round between services: a -> Done -> b -> Thanked -> a");
  // Two events in one outbox are no way into each other.
  for (const std::string& one : found(files)) CHECK(one.find("FT-LINT-011") == std::string::npos);
}

TEST_CASE("lint.what_everything_depends_on") {
  Texts files = good();
  put(files, "s.json", R"("a": { "use": "a" })", R"("a": { "use": "a", "instances": 2 })");
  CHECK(found(files) == std::vector<std::string>{"note FT-LINT-013 bus"});
}

TEST_CASE("lint.calls_that_go_round_may_wait_for_each_other") {
  Texts files = good();
  put(files, "a.json", R"("handlers": {)", R"("handlers": { "look": { "on": "Look", "steps": [ { "reply": "=command.data.id in db.jobs" } ] },)");
  put(files, "a.json", R"("commands": {)", R"("commands": { "Look": { "key": "id", "fields": { "id": "string" } },)");
  put(files, "b.json", R"("events": {)", R"("commands": { "Ask": { "key": "id", "fields": { "id": "string" } } }, "events": {)");
  put(files, "b.json", R"("handlers": {)", R"("handlers": { "ask": { "on": "Ask", "steps": [ { "call": "Look", "to": "a", "data": { "id": "=command.data.id" } }, { "reply": true } ] },)");
  put(files, "a.json", R"({ "reply": "ok" })", R"({ "call": "Ask", "to": "b", "data": { "id": "=command.data.id" } }, { "reply": "ok" })");
  CHECK(bites(files, "FT-LINT-020 a"));
  CHECK(finding(files, "FT-LINT-020").diagnostic.hint.find("wait for ever") != std::string::npos);
  put(files, "b.json", R"({ "call": "Look", "to": "a", "data": { "id": "=command.data.id" } }, )", "");
  CHECK_FALSE(bites(files, "FT-LINT-020 a"));
}

TEST_CASE("lint.tables_and_columns_without_use") {
  Texts files = good();
  put(files, "b.json", R"("tables": {)", R"("tables": { "spare": { "key": "k", "columns": { "k": "string" } }, "empty": { "key": "k", "columns": { "k": "string" } }, )");
  put(files, "b.json", R"("label": "count" })", R"("label": "count" }, { "reply": "=event.data.id in db.empty" })");
  put(files, "b.json", R"("times": "int", "n": "int")", R"("times": "int", "n": "int", "never": "int", "wrong": "int")");
  put(files, "s.json", "c.times <= 1", "c.times <= 1 && c.wrong != 7");
  put(files, "s.json", "c.n >= 0", "true");
  CHECK(bites(files, "FT-LINT-021 b.spare"));
  CHECK(bites(files, "FT-LINT-021 b.empty"));
  CHECK(bites(files, "FT-LINT-022 b.counts.never"));
  CHECK(bites(files, "FT-LINT-022 b.counts.wrong"));
  CHECK(bites(files, "note FT-LINT-022 b.counts"));  // n is written and not read
  CHECK_FALSE(bites(files, "FT-LINT-021 b.counts"));
}

TEST_CASE("lint.options_and_timers_without_use") {
  Texts files = good();
  put(files, "a.json", R"("options": {)", R"("options": { "idle": { "type": "bool", "default": true },)");
  put(files, "b.json", R"("tables": {)", R"("timers": { "late": {}, "deaf": {} }, "tables": {)");
  put(files, "b.json", R"("label": "count" })", R"("label": "count" }, { "timer": "deaf", "key": "=event.data.id", "after_ms": 5 })");
  CHECK(bites(files, "FT-LINT-023 a.idle"));
  CHECK(bites(files, "FT-LINT-024 b.late"));
  CHECK(bites(files, "FT-LINT-024 b.deaf"));
  put(files, "a.json", R"({ "reply": "ok" })", R"({ "reply": "ok", "only": { "idle": true } })");
  CHECK_FALSE(bites(files, "FT-LINT-023 a.idle"));
}

TEST_CASE("lint.what_a_scenario_allows_is_set_apart_and_unused_allowances_are_told") {
  Texts files = good();
  put(files, "s.json", R"("things": {})", R"("things": {}, "spare": {})");
  put(files, "s.json", R"("title")", R"("lint": { "allow": [ { "code": "FT-LINT-003", "on": "bus", "reason": "for later" },
    { "code": "FT-LINT-014", "on": "b", "reason": "never" } ] }, "title")");
  CHECK_FALSE(bites(files, "FT-LINT-003 bus.spare"));
  CHECK(bites(files, "FT-LINT-025 b"));
  const Scenario scenario = load(files);
  const auto allowed = topology::lint(scenario).allowed;
  REQUIRE(allowed.size() == 1);
  CHECK(allowed[0].subject == "bus.spare");
  CHECK(allowed[0].reason == "for later");
}

TEST_CASE("lint.an_allowance_of_an_unknown_code_is_an_error") {
  Texts files = good();
  put(files, "s.json", R"("title")", R"("lint": { "allow": [ { "code": "FT-LINT-999", "on": "b", "reason": "r" } ] }, "title")");
  LoadOptions options;
  options.files = &files;
  Diagnostics diagnostics;
  CHECK_FALSE(load_scenario("s.json", options, diagnostics));
  REQUIRE(diagnostics.all().size() == 1);
  CHECK(diagnostics.all()[0].code == "FT-REF-014");
  CHECK(diagnostics.all()[0].hint.find("FT-LINT-") != std::string::npos);
}

TEST_CASE("lint.warns_of_risks_and_of_what_cannot_be_meant") {
  Texts files = good();
  put(files, "a.json", R"("options": {)", R"("weaknesses": [ { "when": { "mode": "x" }, "says": "It is weak.", "better": "y", "on_duplicates": true } ],
    "options": { "mode": { "enum": ["x", "y"], "default": "x" },)");
  put(files, "a.json", R"({ "reply": "ok" })", R"({ "reply": "ok", "only": { "mode": ["x", "y"] } })");
  put(files, "a.json", R"("while": "size(db.outbox) > 0")", R"("while": "true")");
  put(files, "s.json", R"("b": { "use": "b" })", R"("b": { "use": "b", "retry": { "attempts": 10, "backoff_s": 60 } })");
  put(files, "s.json", R"("title")", R"("faults": [ { "name": "f", "kind": "loss" } ], "run": { "horizon_s": 120 }, "title")");
  CHECK(bites(files, "FT-RISK-003 a.mode"));
  CHECK(bites(files, "FT-RUN-002 a.relay"));
  CHECK(bites(files, "FT-RUN-003 f"));
  CHECK(bites(files, "FT-RUN-004 run"));
  files = good();
  put(files, "s.json", R"("clients": { "people": { "sends": "Go", "to": "a", "count": 1, "data": { "id": "x", "n": 1 } } },)", "");
  put(files, "a.json", R"("pollers": { "relay": {)", R"("pollers": {}, "doc": { "relay": {)");
  CHECK(bites(files, "FT-RUN-001 scenario"));
}

TEST_CASE("lint.damaged_files_that_still_load_are_studied_without_a_crash") {
  // Every text in quotes is put in place of every other, file by file: most of it is refused, the rest makes no sense.
  std::size_t loaded = 0;
  for (const auto& [file, text] : good()) {
    std::vector<std::pair<std::size_t, std::size_t>> quoted;
    for (std::size_t at = text.find('"'); at != std::string::npos;) {
      const std::size_t end = text.find('"', at + 1);
      quoted.emplace_back(at, end + 1 - at);
      at = text.find('"', end + 1);
    }
    for (const auto& [at, length] : quoted) {
      for (std::size_t other = 0; other < quoted.size(); other += 3) {
        Texts files = good();
        files[file].replace(at, length, text.substr(quoted[other].first, quoted[other].second));
        LoadOptions options;
        options.files = &files;
        Diagnostics diagnostics;
        const auto scenario = load_scenario("s.json", options, diagnostics);
        if (!scenario) continue;
        ++loaded;
        for (const topology::Finding& f : topology::lint(*scenario).findings) CHECK_FALSE(f.diagnostic.message.empty());
      }
    }
  }
  CHECK(loaded > 100);
}
