// SPDX-License-Identifier: Apache-2.0
// See rebuild.hpp. The ends come from an exploration; each is walked to once more, while an observer notes what is accepted.
#include "sim/family/rebuild.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <sim/base/check.hpp>
#include <sim/check/witness.hpp>
#include <sim/run/replay.hpp>
#include <sim/run/world_builder.hpp>

#include "sim/family/situation.hpp"

namespace flowtank::family {

namespace {

class Accepted final : public Observer {
 public:
  void accepted(World&, std::uint32_t channel, Word message) override {
    if (listening) all.emplace_back(channel, message);
  }
  bool listening = true;
  std::vector<std::pair<std::uint32_t, Word>> all;  // channel, message
};

// A handler that changes data (outboxes and inboxes are bookkeeping) although it is given no event; nothing: there is none.
std::optional<std::string> other_writer(const System& system, const Service& service) {
  const auto writes = [&](std::uint32_t h) {
    const Program& program = system.handlers[h].program;
    return std::any_of(program.code.begin(), program.code.end(), [&](const Instruction& at) {
      const std::uint32_t table = at.op == Op::insert   ? program.inserts[at.a].table
                                  : at.op == Op::update ? program.updates[at.a].table
                                  : at.op == Op::erase  ? program.erases[at.a].table
                                                        : none;
      return table != none && system.tables[table].role == TableRole::data;
    });
  };
  for (const auto* handlers : {&service.handlers, &service.pollers}) {
    for (const std::uint32_t h : *handlers) {
      if (system.handlers[h].trigger != Trigger::message && writes(h)) return system.handlers[h].name;
    }
  }
  return std::nullopt;
}

class Rebuilding {
 public:
  Rebuilding(const Scenario& scenario, World& world, const Mapping& mapping)
      : system_(*scenario.system), world_(world), mapping_(mapping), watch_(system_), handling_(world, watch_) {
    world_.add_observer(&watch_);
    world_.add_observer(&accepted_);
    world_.reset(system_.bounds.seed);
    initial_ = world_.mark();
  }

  void walk_to(const OneEnd& end) {
    accepted_.listening = false;
    world_.undo(initial_);
    accepted_.all.clear();
    accepted_.listening = true;
    const Replayed replayed = replay_strictly(world_, end.path);
    FLOWTANK_CHECK(replayed.complete, "the way to an end can be walked again");
    accepted_.listening = false;
  }

  // Builds the tables of the service anew; false when it heard of nothing.
  bool rebuild(RebuildReport::Projection& projection, std::vector<std::string>& live, std::vector<std::string>& rebuilt) {
    const std::uint32_t service = projection.service;
    std::vector<Input> inputs;
    for (const auto& [channel, message] : accepted_.all) {
      for (std::uint32_t s = 0; s < system_.subscriptions.size(); ++s) {
        if (system_.subscriptions[s].channel != channel || system_.subscriptions[s].service != service) continue;
        const std::uint32_t handler = world_.handler_for(service, s, world_.message_type(message));
        if (handler != none) inputs.push_back({handler, message, s});
      }
    }
    if (inputs.empty()) return false;
    live = table_lines(service);
    const World::Mark before = world_.mark();
    std::vector<Cell> rows;
    for (const std::uint32_t table : system_.services[service].tables) {
      rows.clear();
      world_.store().scan(table, rows);
      for (const Cell row : rows) world_.store().erase(table, row);
    }
    handle(inputs, 0, projection, rebuilt);
    world_.undo(before);
    ++projection.ends;
    return true;
  }

 private:
  // What the environment decides on the way is decided as it comes first.
  void handle(const std::vector<Input>& inputs, std::size_t at, RebuildReport::Projection& projection, std::vector<std::string>& rebuilt) {
    if (at == inputs.size()) {
      rebuilt = table_lines(projection.service);
      return;
    }
    bool done = false;
    ++projection.events;
    handling_.each_end(inputs[at], 0, [&](const Consequences& consequences) {
      if (std::exchange(done, true)) return;
      if (at + 1 == inputs.size()) {
        projection.raised += consequences.failed;
        projection.effects += consequences.effects.size();
        projection.sent += consequences.sent.size();
      }
      handle(inputs, at + 1, projection, rebuilt);
    });
    if (done) return;
    ++projection.blocked;
    handle(inputs, at + 1, projection, rebuilt);
  }

  std::vector<std::string> table_lines(std::uint32_t service) const {
    return end_lines(world_, mapping_, [&](std::uint32_t table) { return system_.tables[table].service == service && system_.tables[table].role == TableRole::data; });
  }

  const System& system_;
  World& world_;
  const Mapping& mapping_;
  Watch watch_;
  Accepted accepted_;
  Handling handling_;
  World::Mark initial_{};
};

}  // namespace

std::string_view name_of(RebuildVerdict verdict) {
  switch (verdict) {
    case RebuildVerdict::equal: return "equal";
    case RebuildVerdict::differs: return "differs";
    case RebuildVerdict::no_projection: return "not from events alone";
    case RebuildVerdict::vacuous: return "no events";
    case RebuildVerdict::blocked: return "not all events could be handled";
  }
  return "";
}

int RebuildReport::exit() const {
  bool shown = false, blocked = false;
  for (const Projection& projection : projections) {
    if (projection.verdict == RebuildVerdict::differs) return 1;
    shown = shown || projection.verdict == RebuildVerdict::equal;
    blocked = blocked || projection.verdict == RebuildVerdict::blocked;
  }
  return shown && !blocked && extent.complete && looked_at == ends ? 0 : 4;
}

std::optional<RebuildReport> check_rebuild(const Scenario& scenario, const BrokerRegistry& registry, const FamilyOptions& options,
                                           Diagnostics& diagnostics) {
  check_broker_faults(scenario, registry, diagnostics);
  if (!diagnostics.ok()) return std::nullopt;
  const auto mapping = make_mapping(scenario, options, diagnostics);
  if (!mapping) return std::nullopt;
  const auto ends = ends_of(scenario, registry, options, diagnostics);
  auto world = ends ? make_world(*scenario.system, registry, Mode::explore, scenario.system->bounds.seed, diagnostics) : nullptr;
  if (!world) return std::nullopt;
  const System& system = *scenario.system;
  RebuildReport report;
  report.extent = ends->extent;
  report.left_out = mapping->drops();
  report.ends = ends->different;
  report.looked_at = ends->examples.size();
  for (std::uint32_t s = 0; s < system.services.size(); ++s) {
    const auto& handlers = system.services[s].handlers;
    const bool hears = std::any_of(handlers.begin(), handlers.end(), [&](std::uint32_t h) { return system.handlers[h].trigger == Trigger::message; });
    if (!hears || system.services[s].tables.empty()) continue;
    RebuildReport::Projection projection;
    projection.service = s;
    projection.name = system.services[s].name;
    if (const auto writer = other_writer(system, system.services[s])) {
      projection.verdict = RebuildVerdict::no_projection;
      projection.why = *writer;
    }
    report.projections.push_back(std::move(projection));
  }
  Rebuilding rebuilding(scenario, *world, *mapping);
  for (const OneEnd& end : ends->examples) {
    rebuilding.walk_to(end);
    for (RebuildReport::Projection& projection : report.projections) {
      if (projection.verdict == RebuildVerdict::no_projection) continue;
      std::vector<std::string> live, rebuilt;
      const std::uint64_t blocked = projection.blocked;
      if (!rebuilding.rebuild(projection, live, rebuilt) || projection.verdict == RebuildVerdict::differs) continue;
      if (projection.blocked != blocked || (projection.verdict == RebuildVerdict::blocked && live == rebuilt)) {
        projection.verdict = RebuildVerdict::blocked;
        continue;
      }
      projection.verdict = live == rebuilt ? RebuildVerdict::equal : RebuildVerdict::differs;
      if (live == rebuilt) continue;
      difference_of(live, rebuilt, projection.live_only, projection.rebuilt_only);
      projection.business = end.business;
      projection.log = log_header(scenario, options.overrides, Driver::check, system.bounds.seed);
      projection.log.actions = end.path;
    }
  }
  return report;
}

}  // namespace flowtank::family
