// SPDX-License-Identifier: Apache-2.0
// States by lookup: at records chosen at random, what a trace says every component holds is what a World holds that ran
// to that point, for all shipped scenarios; and the history of a component is every change of it.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/trace/file_records.hpp>
#include <sim/trace/reader.hpp>
#include <sim/world/evaluation.hpp>

#include "tests/trace/recorded_run.hpp"

namespace flowtank {
namespace {

namespace fs = std::filesystem;

using State = std::map<std::string, std::string>;

std::string name_of(const Component& c, const Pool& pool) {
  return fmt::format("{} {} {} {}", static_cast<int>(c.kind), c.owner, to_text(pool.value(c.key)), c.field);
}

// What the trace says. Timers' due times are observations beside the state; copies are checked apart.
State from_trace(const TraceReader& reader, const FileRecords& records, RecordId at) {
  State state;
  for (const HeldValue& held : reader.state_at(at)) {
    Component component = reader.component(held.component);
    component.key = records.word(component.key);
    if (component.kind == StateKind::copies || component.kind == StateKind::broker) continue;
    if (component.kind == StateKind::timer && component.field == 1) continue;
    state[name_of(component, records.pool())] = to_text(records.pool().value(records.word(held.value)));
  }
  return state;
}

class Looking {
 public:
  explicit Looking(World& world) : world_(world) {}

  State look() {
    const System& system = world_.system();
    for (std::uint32_t t = 0; t < system.tables.size(); ++t) {
      std::vector<Cell> rows;
      world_.store().scan(t, rows);
      for (const Cell row : rows) {
        std::vector<Word> columns;
        for (std::uint32_t c = 0; c < system.tables[t].columns.size(); ++c) columns.push_back(world_.store().column(row, c));
        put(StateKind::row, t, columns[0], 0, to_text(world_.pool().value(row_word(world_, t, columns))));
      }
    }
    const Runs& runs = world_.runs();
    for (std::uint32_t f = 0; f < runs.frame_count(); ++f) {
      if (!runs.active(f)) continue;
      const auto field = [](RunField of) { return static_cast<std::uint8_t>(of); };
      put(StateKind::run, f, absent_word, field(RunField::handler), std::to_string(runs.handler_of(f)));
      put(StateKind::run, f, absent_word, field(RunField::step), std::to_string(runs.instruction(f).step));
      if (runs.input_of(f) != absent_word) put(StateKind::run, f, absent_word, field(RunField::input), to_text(world_.pool().value(runs.input_of(f))));
      number(StateKind::run, f, absent_word, field(RunField::waiting), static_cast<std::uint64_t>(runs.waiting_of(f)));
      number(StateKind::run, f, absent_word, field(RunField::attempts), runs.origin_of(f).attempts);
    }
    const Wire& wire = world_.wire();
    const Cells& cells = world_.cells();
    const auto bag = [&](StateKind kind, std::uint32_t owner, const Bag& items) {
      items.each(cells, [&](Word item) { number(kind, owner, item, 0, items.count(cells, item)); });
    };
    for (std::uint32_t s = 0; s < system.services.size(); ++s) bag(StateKind::request, s, wire.requests(s));
    for (std::uint32_t c = 0; c < system.clients.size(); ++c) {
      bag(StateKind::unanswered, c, wire.unanswered(c));
      number(StateKind::client, c, absent_word, 0, wire.sent_by(c));
    }
    for (std::uint32_t t = 0; t < system.timers.size(); ++t) bag(StateKind::timer, t, wire.pending(t));
    bag(StateKind::on_the_way, 0, wire.orphans());
    for (std::uint32_t i = 0; i < runs.instance_count(); ++i) number(StateKind::instance, i, absent_word, 0, world_.faults().state_of(i));
    for (std::uint32_t f = 0; f < system.faults.size(); ++f) number(StateKind::budget, f, absent_word, 0, world_.faults().budget_of(f));
    for (std::uint32_t b = 0; b < system.brokers.size(); ++b) number(StateKind::outage, b, absent_word, 0, world_.faults().outage_of(b));
    for (std::uint32_t s = 0; s < system.subscriptions.size(); ++s) number(StateKind::backlog, s, absent_word, 0, world_.broker_of(s).unsettled(world_, s));
    return state_;
  }

 private:
  void put(StateKind kind, std::uint32_t owner, Word key, std::uint8_t field, std::string now) {
    state_[name_of({kind, field, owner, key}, world_.pool())] = std::move(now);
  }
  void number(StateKind kind, std::uint32_t owner, Word key, std::uint8_t field, std::uint64_t value) {
    if (value != 0) put(kind, owner, key, field, std::to_string(value));
  }

  World& world_;
  State state_;
};

std::string difference(const State& trace, const State& world) {
  for (const auto& [name, now] : world) {
    const auto found = trace.find(name);
    if (found == trace.end()) return name + " is missing, the World has " + now;
    if (found->second != now) return name + " is " + found->second + ", the World has " + now;
  }
  for (const auto& [name, now] : trace) {
    if (world.find(name) == world.end()) return name + " is " + now + ", the World has none";
  }
  return "";
}

// Copies in queues: as many as the broker counts, where the broker tells of them.
std::string copies_differ(const TraceReader& reader, RecordId at, World& world) {
  std::map<std::uint32_t, std::uint64_t> counted;
  const FileRecords records(reader);
  for (const HeldValue& held : reader.state_at(at)) {
    const Component component = reader.component(held.component);
    if (component.kind == StateKind::copies) counted[component.owner] += static_cast<std::uint64_t>(records.pool().value(records.word(held.value)).i);
  }
  const System& system = world.system();
  for (std::uint32_t s = 0; s < system.subscriptions.size(); ++s) {
    if (system.brokers[system.channels[system.subscriptions[s].channel].broker].kind != "ideal") continue;
    const std::uint64_t expected = world.broker_of(s).unsettled(world, s);
    if (counted[s] != expected) return fmt::format("subscription {}: {} copies, the broker has {}", s, counted[s], expected);
  }
  return "";
}

std::string record_name(std::size_t record) { return fmt::format("record {}", record); }

std::vector<std::string> shipped_scenarios() {
  std::vector<std::string> files;
  const fs::path folder = fs::path(FLOWTANK_SOURCE_DIR) / "scenarios";
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".json" && entry.path().string().find("/schema/") == std::string::npos) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Applies the same actions with the same numbers of records, and looks where the trace is to be compared.
std::string compare_states(const TraceReader& reader, World& world, const System& system, std::uint64_t actions, std::uint64_t salt) {
  const FileRecords records(reader);
  Trace trace(TraceScope::of(TraceLevel::full));
  world.record_into(&trace);
  world.reset(system.bounds.seed);
  std::string found;
  for (std::uint64_t n = 0; n < actions && world.advance(system.bounds.horizon); ++n) {
    if (mix64(salt + n) % std::max<std::uint64_t>(actions / 8, 1) != 0 && n > 3) continue;
    if (trace.empty()) continue;
    const auto at = static_cast<RecordId>(trace.size() - 1);
    found = difference(from_trace(reader, records, at), Looking(world).look());
    if (found.empty()) found = copies_differ(reader, at, world);
    if (!found.empty()) {
      found = record_name(at) + ": " + found;
      break;
    }
  }
  world.record_into(nullptr);
  return found;
}

TEST_CASE("states.a_lookup_gives_what_the_world_held_in_every_shipped_scenario") {
  constexpr std::uint64_t most_actions = 3000;
  std::size_t compared = 0;
  for (const std::string& file : shipped_scenarios()) {
    INFO(file);
    Diagnostics diagnostics;
    const auto scenario = load_scenario(file, LoadOptions{}, diagnostics);
    REQUIRE(scenario.has_value());
    const System& system = *scenario->system;
    const auto world = make_world(system, shipped_brokers(), Mode::timed, system.bounds.seed, diagnostics);
    REQUIRE(world != nullptr);
    LiveTrace live(test::identity_of(TraceLevel::full, system.bounds.seed), names_of(*world), world->pool());
    Trace trace(TraceScope::of(TraceLevel::full));
    trace.stream_to(&live);
    world->record_into(&trace);
    world->reset(system.bounds.seed);
    std::uint64_t actions = 0;
    while (actions < most_actions && world->advance(system.bounds.horizon)) ++actions;
    world->record_into(nullptr);
    trace.finish();
    const auto bytes = live.file({});
    const auto reader = TraceReader::of_bytes(bytes, "run", diagnostics);
    REQUIRE(reader != nullptr);
    const auto again = make_world(system, shipped_brokers(), Mode::timed, system.bounds.seed, diagnostics);
    CHECK(compare_states(*reader, *again, system, actions, hash_bytes(file).lo) == "");
    compared += 1;
  }
  CHECK(compared == shipped_scenarios().size());
  CHECK(compared >= 5);
}

TEST_CASE("states.keyframes_and_deltas_agree_over_many_chunks") {
  const auto system = test::troubled_system(4000);
  const auto world = test::world_of(*system);
  const auto bytes = test::recorded_file(*world, TraceLevel::full, system->bounds.seed);
  Diagnostics diagnostics;
  const auto reader = TraceReader::of_bytes(bytes, "run", diagnostics);
  REQUIRE(reader != nullptr);
  const auto keyframes = std::count_if(reader->chunks().begin(), reader->chunks().end(), [](const ChunkPlace& c) { return c.keyframe; });
  REQUIRE(reader->chunks().size() > 20);
  CHECK(keyframes > 2);
  CHECK(static_cast<std::size_t>(keyframes) < reader->chunks().size());
  const auto again = test::world_of(*system);
  CHECK(compare_states(*reader, *again, *system, reader->end()->actions, 5) == "");
  // The planted bug: a state that is one record too old is noticed.
  const FileRecords records(*reader);
  bool noticed = false;
  for (RecordId id = 5000; id < 5100; ++id) noticed = noticed || from_trace(*reader, records, id) != from_trace(*reader, records, id - 1);
  CHECK(noticed);
}

TEST_CASE("states.the_history_of_a_component_is_every_change_of_it") {
  const auto system = test::troubled_system(500);
  const auto world = test::world_of(*system);
  const auto bytes = test::recorded_file(*world, TraceLevel::full);
  Diagnostics diagnostics;
  const auto reader = TraceReader::of_bytes(bytes, "run", diagnostics);
  REQUIRE(reader != nullptr);
  std::size_t rows = 0, changes = 0, recorded = 0;
  for (std::uint32_t number = 0; number < reader->components(); ++number) {
    const Component component = reader->component(number);
    const auto history = reader->changes_of(number);
    REQUIRE_FALSE(history.empty());
    CHECK(history.front().old == 0);
    bool linked = true;
    for (std::size_t i = 1; i < history.size(); ++i) linked = linked && history[i].old == history[i - 1].now && history[i].record >= history[i - 1].record;
    CHECK(linked);
    if (component.kind != StateKind::row || system->tables[component.owner].role == TableRole::observation) continue;
    ++rows;
    changes += history.size();
    for (const Delta& delta : history) {
      const Record record = reader->record(delta.record);
      CHECK(record.kind == RecordKind::row_changed);
      CHECK(record.detail == delta.now);
    }
  }
  for (std::size_t id = 0; id < reader->size(); ++id) recorded += reader->record(static_cast<RecordId>(id)).kind == RecordKind::row_changed ? 1 : 0;
  CHECK(rows > 500);
  CHECK(changes == recorded);
}

}  // namespace
}  // namespace flowtank
