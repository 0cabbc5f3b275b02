// SPDX-License-Identifier: Apache-2.0
// Timer classes under exploration: a race timer may fire before a message that is on its way, a slow one fires
// only when nothing else can happen, the shortest first. And the times that they take.
#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/trace/trace.hpp>
#include <sim/world/world.hpp>

#include "tests/world/all_states.hpp"

namespace flowtank {
namespace {

// A handler sets two timers and publishes; whoever comes first writes its name.
std::set<std::string> who_comes_first(const std::string& short_timer, const std::string& long_timer) {
  const std::string model = fmt::format(R"json({{
    "flowtank": 1, "name": "m",
    "commands": {{ "Go": {{ "key": "id", "fields": {{ "id": "string" }} }} }},
    "events": {{ "Gone": {{ "channel": "c", "key": "id", "fields": {{ "id": "string" }} }} }},
    "timers": {{ "short_one": {}, "long_one": {} }},
    "tables": {{ "first": {{ "key": "id", "columns": {{ "id": "string", "by": "string" }} }} }},
    "handlers": {{
      "go": {{ "on": "Go", "steps": [ {{ "timer": "short_one", "key": "=command.data.id", "after_ms": 10 }},
        {{ "timer": "long_one", "key": "=command.data.id", "after_ms": 1000 }}, {{ "publish": "Gone", "data": {{ "id": "=command.data.id" }} }} ] }},
      "gone": {{ "on": "Gone", "steps": [ {{ "insert": "first", "row": {{ "id": "x", "by": "event" }}, "on_conflict": "ignore" }} ] }},
      "short_fires": {{ "on": "short_one", "steps": [ {{ "insert": "first", "row": {{ "id": "x", "by": "short" }}, "on_conflict": "ignore" }} ] }},
      "long_fires": {{ "on": "long_one", "steps": [ {{ "insert": "first", "row": {{ "id": "x", "by": "long" }}, "on_conflict": "ignore" }} ] }}
    }} }})json", short_timer, long_timer);
  const std::string scenario = R"json({ "flowtank": 1, "title": "t",
    "brokers": { "b": { "kind": "ideal", "channels": { "c": {} } } },
    "services": { "s": { "use": "m" } },
    "clients": { "u": { "sends": "Go", "to": "s", "count": 1, "data": { "id": "o-1" } } } })json";
  const std::map<std::string, std::string> files = {{"s.json", scenario}, {"m.json", model}};
  LoadOptions options;
  options.files = &files;
  Diagnostics diagnostics;
  const auto loaded = load_scenario("s.json", options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.pointer << ": " << d.message);
  REQUIRE(loaded.has_value());
  World world(*loaded->system, create_brokers(*loaded->system, shipped_brokers(), diagnostics), Mode::explore);
  std::set<std::string> first;
  test::visit_all_states(world, [&](const std::vector<Action>&) {
    const Cell row = world.store().find(0, world.pool().intern_string("x"));
    if (!world.store().present(row)) return true;
    first.insert(to_text(world.pool().value(world.store().column(row, 1))));
    return false;
  });
  return first;
}

TEST_CASE("timers.a_race_timer_may_fire_before_anything_else") {
  CHECK(who_comes_first("{}", R"({ "class": "race" })") == std::set<std::string>{"event", "long", "short"});
}

TEST_CASE("timers.a_slow_timer_waits_until_nothing_else_can_happen") {
  CHECK(who_comes_first(R"({ "class": "slow" })", R"({ "class": "slow" })") == std::set<std::string>{"event"});
  CHECK(who_comes_first("{}", R"({ "class": "slow" })") == std::set<std::string>{"event", "short"});
}

// A command sets a timer `after`; when it fires in a timed run, in nanoseconds, or the first diagnostic.
std::string fires_at(const std::string& after) {
  const std::string model = fmt::format(R"json({{ "flowtank": 1, "name": "m",
    "options": {{ "hold": {{ "type": "duration", "default": "40ms", "doc": "h" }} }},
    "commands": {{ "Go": {{ "key": "id", "fields": {{ "id": "string", "wait": "int" }} }} }},
    "timers": {{ "t": {{}} }},
    "handlers": {{ "go": {{ "on": "Go", "steps": [ {{ "timer": "t", "key": "=command.data.id", "after_ms": {} }} ] }},
                  "fires": {{ "on": "t", "steps": [ {{ "wait": {{ "constant_ms": 0 }} }} ] }} }} }})json", after);
  const std::string scenario = R"json({ "flowtank": 1, "title": "t", "services": { "s": { "use": "m" } },
    "clients": { "u": { "sends": "Go", "to": "s", "count": 1, "arrivals": "at_once", "data": { "id": "o-1", "wait": 7 } } } })json";
  const std::map<std::string, std::string> files = {{"s.json", scenario}, {"m.json", model}};
  LoadOptions options;
  options.files = &files;
  Diagnostics diagnostics;
  const auto loaded = load_scenario("s.json", options, diagnostics);
  if (!loaded) return diagnostics.all().front().message;
  World world(*loaded->system, create_brokers(*loaded->system, shipped_brokers(), diagnostics), Mode::timed);
  Trace trace(TraceScope{kinds_of({RecordKind::timer_set, RecordKind::timer_fired}), false, false});
  world.record_into(&trace);
  world.reset(1);
  while (world.advance(Time::never())) {}
  world.record_into(nullptr);
  return trace.size() == 2 ? std::to_string((trace[1].time - trace[0].time).nanoseconds()) : "no timer fired";
}

TEST_CASE("timers.take_times_as_everything_else_does") {
  CHECK(fires_at("10") == "10000000");
  CHECK(fires_at("1.5") == "1500000");
  CHECK(fires_at(R"("1.5s")") == "1500000000");
  CHECK(fires_at(R"("250us")") == "250000");
  CHECK(fires_at(R"("=options.hold")") == "40000000");
  CHECK(fires_at(R"j("=options.hold + duration('1ms')")j") == "41000000");
  CHECK(fires_at(R"("=command.data.wait * 2")") == "14000000");
  CHECK(fires_at(R"("=double(command.data.wait) / 2.0")") == "3500000");
  CHECK(fires_at("-1") == "the time is negative");
  CHECK(fires_at("-0.5") == "the time is negative");
  CHECK(fires_at(R"("soon")") == "\"soon\" is not a time");
  CHECK(fires_at(R"("=command.data.id")").find("is a number of milliseconds or a duration") != std::string::npos);
  CHECK(fires_at("1e300") == "the time is too long");
  CHECK(fires_at(R"("='x' == 'x'")").find("is a number of milliseconds or a duration") != std::string::npos);
}

}  // namespace
}  // namespace flowtank
