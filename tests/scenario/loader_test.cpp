// SPDX-License-Identifier: Apache-2.0
// What the loader makes of a file: positions of errors, overrides, options, lowering, wiring, lint.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "sim/scenario/scenario.hpp"

using namespace flowtank;

namespace {

using Texts = std::map<std::string, std::string>;

struct Loaded {
  Diagnostics diagnostics;
  std::optional<Scenario> scenario;

  explicit Loaded(const Texts& files, std::vector<std::string> overrides = {}, LoadPurpose purpose = LoadPurpose::run) {
    LoadOptions options;
    options.files = &files;
    options.overrides = std::move(overrides);
    options.purpose = purpose;
    scenario = load_scenario("s.json", options, diagnostics);
  }
  const System& system() const { return *scenario->system; }
  bool has(std::string_view code) const {
    return std::any_of(diagnostics.all().begin(), diagnostics.all().end(), [&](const Diagnostic& d) { return d.code == code; });
  }
  std::string told() const {
    std::string out;
    for (const Diagnostic& d : diagnostics.all()) out += d.code + " " + d.message + " | " + d.hint + "\n";
    return out;
  }
};

// A scenario with one service of a model with these steps for the command Do.
Texts with_steps(const std::string& steps) {
  return {{"s.json", R"json({ "flowtank": 1, "title": "t", "brokers": { "bus": { "kind": "ideal", "channels": { "things": {} } } },
                          "services": { "a": { "use": "m" } } })json"},
          {"m.json", R"json({ "flowtank": 1, "options": { "mode": { "enum": ["x", "y"], "default": "x" } },
             "commands": { "Do": { "key": "id", "fields": { "id": "string", "n": "int" } } },
             "events": { "Done": { "channel": "things", "key": "id", "fields": { "id": "string" } } },
             "tables": { "things": { "key": "id", "columns": { "id": "string", "n": "int" } },
                         "outbox": { "role": "outbox", "key": "id", "columns": { "id": "id", "event": "event", "sent": "bool" } } },
             "effects": { "wave": {} },
             "handlers": { "do": { "on": "Do", "steps": [)json" + steps + "] } } }"}};
}

std::vector<Op> ops(const Loaded& loaded) {
  std::vector<Op> out;
  for (const Instruction& instruction : loaded.system().handlers.at(0).program.code) out.push_back(instruction.op);
  return out;
}

}  // namespace

TEST_CASE("loader.reading_a_table_outside_of_a_transaction_is_a_step_of_its_own") {
  const Loaded outside(with_steps(R"json({ "if": "command.data.id in db.things", "then": [ { "stop": true } ] }, { "effect": "wave", "key": "=size(db.things)" })json"));
  INFO(outside.told());
  REQUIRE(outside.scenario);
  CHECK(ops(outside) == std::vector<Op>{Op::read, Op::branch, Op::jump, Op::read, Op::effect, Op::end});
  const Loaded inside(with_steps(R"json({ "transaction": [ { "let": { "k": "=size(db.things)" } }, { "let": { "two": 2 } },
                                      { "if": "size(db.things) > two", "then": [ { "rollback": true } ] } ] })json"));
  INFO(inside.told());
  REQUIRE(inside.scenario);
  CHECK(ops(inside) == std::vector<Op>{Op::begin, Op::statement_let, Op::let, Op::statement_let, Op::branch, Op::rollback, Op::jump, Op::commit, Op::end});
}

TEST_CASE("loader.conflicts_and_aborts_are_lowered_behind_the_commit") {
  const Loaded loaded(with_steps(R"json({ "transaction": [ { "insert": "things", "row": { "id": "=command.data.id" }, "on_conflict": [ { "reply": "known" }, { "stop": true } ] } ],
                                      "on_abort": [ { "fail": "again" } ] }, { "reply": "new" })json"));
  INFO(loaded.told());
  REQUIRE(loaded.scenario);
  const Program& program = loaded.system().handlers[0].program;
  CHECK(ops(loaded) == std::vector<Op>{Op::begin, Op::insert, Op::commit, Op::jump, Op::fail, Op::jump, Op::reply, Op::jump, Op::reply, Op::end});
  CHECK(program.transactions[0].on_abort == 4);
  CHECK(program.inserts[0].target == 6);
  CHECK(program.code[3].a == 8);
  CHECK(program.code[5].a == 8);
  CHECK(program.code[7].a == 9);
}

TEST_CASE("loader.a_wait_inside_of_one_action_is_warned_of") {
  const auto waiting = [](const std::string& isolation) {
    return Loaded(with_steps(R"json({ "transaction": [ { "insert": "things", "row": { "id": "=command.data.id", "n": 1 } }, { "wait": 5 } ], "isolation": ")json" + isolation + "\" }"));
  };
  const Loaded one_action = waiting("serializable");
  CHECK(one_action.scenario.has_value());
  CHECK(one_action.told().find("this wait takes no time") != std::string::npos);
  CHECK(waiting("read_committed").told().find("takes no time") == std::string::npos);
}

TEST_CASE("loader.loops_run_over_a_list_and_end_behind_their_jump") {
  const Loaded loaded(with_steps(R"json({ "for": "x", "in": "rows(db.things)", "do": [ { "effect": "wave", "key": "=x.id" } ] })json"));
  INFO(loaded.told());
  REQUIRE(loaded.scenario);
  CHECK(ops(loaded) == std::vector<Op>{Op::read, Op::loop_start, Op::loop_next, Op::effect, Op::jump, Op::end});
  CHECK(loaded.system().handlers[0].program.eaches[0].past == 5);
  CHECK(loaded.system().handlers[0].program.code[4].a == 2);
}

TEST_CASE("loader.an_outbox_step_makes_the_event_and_stores_it_unsent") {
  const Loaded loaded(with_steps(R"json({ "transaction": [ { "outbox": "Done", "data": { "id": "=command.data.id" } } ], "label": "do", "business": true, "isolation": "serializable" })json"));
  INFO(loaded.told());
  REQUIRE(loaded.scenario);
  CHECK(ops(loaded) == std::vector<Op>{Op::begin, Op::make_event, Op::insert, Op::commit, Op::end});
  const Program& program = loaded.system().handlers[0].program;
  CHECK(program.steps[program.code[0].step].business);
  CHECK(program.steps[program.code[0].step].label == "do");
  CHECK_FALSE(program.steps[program.code[3].step].business);
  CHECK(loaded.system().wiring[0][1 - (loaded.system().messages[0].command ? 0 : 1)] == 0);
}

TEST_CASE("loader.a_single_statement_runs_in_a_transaction_of_its_own_that_carries_its_label") {
  const Loaded loaded(with_steps(R"json({ "update": "things", "key": "=command.data.id", "if": "row.n < 5", "add": { "n": 1 }, "label": "count", "business": true })json"));
  INFO(loaded.told());
  REQUIRE(loaded.scenario);
  CHECK(ops(loaded) == std::vector<Op>{Op::begin, Op::update, Op::commit, Op::end});
  const Program& program = loaded.system().handlers[0].program;
  CHECK(program.transactions[0].isolation == Isolation::serializable);
  CHECK(program.steps[program.code[0].step].label == "count");
  CHECK(program.steps[program.code[0].step].business);
}

TEST_CASE("loader.only_keeps_a_step_for_the_chosen_option") {
  Texts files = with_steps(R"json({ "reply": 1, "only": { "mode": "x" } }, { "effect": "wave", "key": 1, "only": { "mode": ["y", "z"] } })json");
  CHECK(ops(Loaded(files)) == std::vector<Op>{Op::reply, Op::end});
  CHECK(ops(Loaded(files, {"services.a.with.mode=y"})) == std::vector<Op>{Op::effect, Op::end});
}

TEST_CASE("loader.overrides_change_the_file_before_it_is_read") {
  const Texts files = with_steps("");
  const Loaded loaded(files, {"services.a.instances=3", "run.seed=99", "title=another title"});
  REQUIRE(loaded.scenario);
  CHECK(loaded.system().services[0].instances == 3);
  CHECK(loaded.system().bounds.seed == 99);
  CHECK(loaded.scenario->title == "another title");
  CHECK(Loaded(files, {"services.a.with.mode=z"}).has("FT-REF-014"));
  const Loaded wrong(files, {"services.b.instances=3"});
  CHECK(wrong.has("FT-SET-002"));
  CHECK(wrong.diagnostics.all()[0].range.column == 10);
  CHECK(Loaded(files, {"nonsense"}).has("FT-SET-001"));
  CHECK(Loaded(files, {"services.a.instances.x=1"}).has("FT-SET-002"));
  CHECK(Loaded(files, {"services.a.instancs=1"}).has("FT-KEY-001"));
}

TEST_CASE("loader.an_override_finds_keys_that_have_dots") {
  Texts files = with_steps("");
  files["s.json"] = R"json({ "flowtank": 1, "title": "t", "brokers": { "bus": { "kind": "kafka", "enable.auto.commit": false, "topics": { "things": { "partitions": 2 } } } },
                             "services": { "a": { "use": "m" } } })json";
  const auto options_of = [&](std::vector<std::string> overrides) {
    const Loaded loaded(files, std::move(overrides));
    UNSCOPED_INFO(loaded.told());
    REQUIRE(loaded.scenario);
    return loaded.scenario->content;
  };
  const auto plain = options_of({});
  CHECK_FALSE(options_of({"brokers.bus.enable.auto.commit=true"}) == plain);
  CHECK_FALSE(options_of({"brokers.bus.max.poll.records=1"}) == plain);
  CHECK_FALSE(options_of({"brokers.bus.topics.things.partitions=3"}) == plain);
  CHECK_FALSE(options_of({"brokers.bus.topics.things.min.insync.replicas=1"}) == plain);
  CHECK(Loaded(files, {"brokers.bus.topics.things.partitions.x=3"}).has("FT-SET-002"));
  CHECK(Loaded(files, {"brokers.bos.enable.auto.commit=true"}).has("FT-SET-002"));
  CHECK(Loaded(files, {"services.a.enable.auto.commit=true"}).has("FT-SET-002"));
}

TEST_CASE("loader.an_override_finds_list_elements_whose_names_have_dots") {
  Texts files = with_steps("");
  files["s.json"] = R"json({ "flowtank": 1, "title": "t", "brokers": { "bus": { "kind": "ideal", "channels": { "things": {} } } }, "services": { "a": { "use": "m" } },
                             "faults": [ { "name": "dup", "kind": "duplicate" }, { "name": "dup.1", "kind": "duplicate" } ] })json";
  CHECK(Loaded(files, {"faults.dup.1.budget=0"}).system().faults[1].when.budget == 0);
  CHECK(Loaded(files, {"faults.dup.budget=0"}).system().faults[0].when.budget == 0);
  CHECK(Loaded(files, {"faults.1.budget=0"}).system().faults[1].when.budget == 0);
  CHECK(Loaded(files, {"faults.dup.2.budget=0"}).has("FT-SET-002"));
}

TEST_CASE("loader.the_content_hash_follows_every_text") {
  Texts files = with_steps("");
  const Loaded first(files);
  CHECK(first.scenario->content == Loaded(files).scenario->content);
  CHECK_FALSE(first.scenario->content == Loaded(files, {"run.seed=2"}).scenario->content);
  files["m.json"] += " ";
  CHECK_FALSE(first.scenario->content == Loaded(files).scenario->content);
}

TEST_CASE("loader.check_reduces_the_workload_only_for_explorations") {
  Texts files = with_steps("");
  files["s.json"] = R"json({ "flowtank": 1, "title": "t", "brokers": { "bus": { "kind": "ideal", "channels": { "things": {} } } }, "services": { "a": { "use": "m" } },
    "clients": { "c": { "sends": "Do", "to": "a", "count": 50, "data": { "id": "='i' + string(n)", "n": "=n" } } },
    "check": { "clients": { "c": 2 }, "states": 1000 } })json";
  CHECK(Loaded(files).system().clients[0].count == 50);
  const Loaded check(files, {}, LoadPurpose::check);
  CHECK(check.system().clients[0].count == 2);
  CHECK(check.scenario->check.states == 1000);
}

TEST_CASE("loader.errors_in_expressions_point_at_the_very_characters") {
  Texts files = with_steps("");
  files["s.json"] = "{ \"flowtank\": 1, \"title\": \"t\",\n \"services\": { \"a\": { \"use\": \"m\" } },\n \"properties\": [ { \"name\": \"p\",\n"
                    "   \"always\": \"=rows(a.things).all(t, \\\"\\u00e4\\\" != t.idd)\" } ] }";
  const Loaded loaded(files);
  REQUIRE(loaded.diagnostics.errors() == 1);
  const Diagnostic& d = loaded.diagnostics.all()[0];
  CHECK(d.code == "FT-CEL-014");
  CHECK(d.range.line == 4);
  const std::string line = "   \"always\": \"=rows(a.things).all(t, \\\"\\u00e4\\\" != t.idd)\" } ] }";
  CHECK(d.range.column == line.find("idd") + 1);
  CHECK(d.range.length == 3);
  CHECK(d.pointer == "/properties/0/always");
  CHECK(d.hint.find("\"id\"") != std::string::npos);
}

TEST_CASE("loader.models_extend_models_entry_by_entry") {
  Texts files = with_steps("");
  files["base.json"] = files["m.json"];
  files["m.json"] = R"json({ "flowtank": 1, "extends": "base.json", "effects": { "nod": {} }, "handlers": { "do": { "on": "Do", "steps": [ { "effect": "nod", "key": 1 } ] } } })json";
  const Loaded loaded(files);
  INFO(loaded.told());
  REQUIRE(loaded.scenario);
  CHECK(loaded.system().effects.size() == 2);
  CHECK(ops(loaded) == std::vector<Op>{Op::effect, Op::end});
  files["base.json"] = R"json({ "flowtank": 1, "extends": "m.json" })json";
  const Loaded circle(files);
  CHECK(circle.has("FT-MODEL-002"));
}

TEST_CASE("loader.one_event_has_one_shape") {
  Texts files = with_steps("");
  files["s.json"] = R"json({ "flowtank": 1, "title": "t", "services": { "a": { "use": "m" }, "b": { "use": "other" } } })json";
  files["other.json"] = R"json({ "flowtank": 1, "events": { "Done": { "channel": "things", "key": "id", "fields": { "id": "int" } } } })json";
  CHECK(Loaded(files).has("FT-TYPE-004"));
}

TEST_CASE("loader.all_errors_come_at_once_and_in_the_order_of_the_file") {
  Texts files = with_steps("");
  files["s.json"] = "{ \"flowtank\": 1,\n \"titel\": \"t\",\n \"services\": { \"a\": { \"use\": \"m\", \"instances\": -1 } },\n"
                    " \"faults\": [ { \"kind\": \"loss\", \"probability\": 2 } ],\n \"run\": { \"horizon_s\": -1 } }";
  const Loaded loaded(files);
  std::vector<std::string> codes;
  for (const Diagnostic& d : loaded.diagnostics.all()) codes.push_back(d.code);
  CHECK(codes == std::vector<std::string>{"FT-KEY-002", "FT-KEY-001", "FT-RANGE-004", "FT-RANGE-006", "FT-RANGE-005"});
}
