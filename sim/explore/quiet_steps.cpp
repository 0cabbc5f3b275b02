// SPDX-License-Identifier: Apache-2.0
// See quiet_steps.hpp: what is found once from the System, and what is looked at in every state.
#include "sim/explore/quiet_steps.hpp"

#include <algorithm>

#include <sim/base/check.hpp>
#include <sim/world/component.hpp>

#include "sim/explore/fault_concerns.hpp"
#include "sim/explore/service_frames.hpp"

namespace flowtank::explore {

QuietSteps::QuietSteps(const World& world) : system_(world.system()), known_(known_states) {
  for (std::uint32_t f = 0; f < system_.faults.size() && why_not_.empty(); ++f) {
    if (lasts(system_.faults[f].kind)) why_not_ = "the fault \"" + system_.faults[f].name + "\" lasts, and decides what steps do";
  }
  find_writers(world);
  locals_ = most_locals(system_);
  for (const Fault& fault : system_.faults) about_.push_back(services_struck(system_, fault));
  find_places(system_);
  find_named_places(system_);
  for (std::uint32_t i = 0; i < world.runs().instance_count(); ++i) up_.push_back(component_key(ComponentKind::instance, i, 0));
}

void QuietSteps::find_writers(const World& world) {
  writers_.resize(system_.tables.size());
  for (std::uint32_t h = 0; h < system_.handlers.size(); ++h) {
    const std::vector<std::uint32_t> frames = frames_of(world, h);
    const Program& program = system_.handlers[h].program;
    const auto writes = [&](std::uint32_t table) { writers_[table].insert(writers_[table].end(), frames.begin(), frames.end()); };
    for (const InsertSpec& spec : program.inserts) writes(spec.table);
    for (const UpdateSpec& spec : program.updates) writes(spec.table);
    for (const EraseSpec& spec : program.erases) writes(spec.table);
  }
  for (auto& frames : writers_) {
    std::sort(frames.begin(), frames.end());
    frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
  }
}

bool QuietSteps::is_private(std::uint32_t table, std::uint32_t frame) const {
  const Table& spec = system_.tables[table];
  // Observations are written by the World; what is not durable goes with the crash of any instance.
  if (spec.service == none || !spec.durable) return false;
  return std::all_of(writers_[table].begin(), writers_[table].end(), [frame](std::uint32_t writer) { return writer == frame; });
}

void QuietSteps::find_places(const System& system) {
  for (const Handler& handler : system.handlers) {
    const Program& program = handler.program;
    std::vector<Place>& places = places_.emplace_back(program.code.size());
    for (std::size_t pc = 0; pc < program.code.size(); ++pc) {
      const Instruction& at = program.code[pc];
      Place& place = places[pc];
      std::vector<ExprId> expressions;
      bool escapes = false;
      const auto reads = [&](ExprId expression) {
        if (expression == none) return;
        const expr::Program& text = system.expressions[expression];
        escapes = escapes || text.tables_escape();
        for (const expr::TableAccess& access : text.accesses()) place.tables.push_back(static_cast<std::uint32_t>(access.table.u));
      };
      switch (at.op) {
        case Op::begin: place.quiet = program.transactions[at.a].isolation == Isolation::read_committed; break;
        case Op::read:
        case Op::statement_let:
          place.quiet = true;
          reads(at.b);
          break;
        case Op::insert:
          place.quiet = true;
          place.tables.push_back(program.inserts[at.a].table);
          for (const ExprId column : program.inserts[at.a].columns) reads(column);
          break;
        case Op::update:
          place.quiet = true;
          place.tables.push_back(program.updates[at.a].table);
          reads(program.updates[at.a].key);
          reads(program.updates[at.a].guard);
          for (const Assignment& set : program.updates[at.a].set) reads(set.value);
          break;
        case Op::erase:
          place.quiet = true;
          place.tables.push_back(program.erases[at.a].table);
          reads(program.erases[at.a].key);
          break;
        case Op::wait:
        case Op::call: place.quiet = true; break;  // call: its answer alone, see may_be_quiet()
        case Op::publish: place.quiet = place.publishes = true; break;
        default: break;
      }
      place.quiet = place.quiet && !escapes && !handler.atomic;  // atomic: an action is more than this instruction
    }
  }
}

// Handlers with a step at which a crash or an error is aimed: whether it can strike changes with the position.
void QuietSteps::find_named_places(const System& system) {
  named_.assign(system.handlers.size(), false);
  for (const Fault& fault : system.faults) {
    if (concern(fault.kind) != Concern::kills && concern(fault.kind) != Concern::raises) continue;
    std::vector<FaultSelector> places = fault.also;
    places.push_back(fault.on);
    for (const FaultSelector& on : places) {
      if (on.step.empty() && on.position == StepPosition::any) continue;
      for (std::uint32_t h = 0; h < system.handlers.size(); ++h) {
        if ((on.service == none || on.service == system.handlers[h].service) && (on.handler == none || on.handler == h)) named_[h] = true;
      }
    }
  }
}

bool QuietSteps::blocked(const World& world) const {
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    if (concern(system_.faults[f].kind) == Concern::blocks && world.faults().budget(f) != 0) return true;
  }
  return false;
}

QuietSteps::Strikes QuietSteps::strikes_left(const World& world, std::uint32_t service) const {
  Strikes strikes;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    if (!about_[f][service] || world.faults().budget(f) == 0) continue;
    switch (concern(system_.faults[f].kind)) {
      case Concern::none: break;
      case Concern::kills: strikes.kills = true; break;
      case Concern::raises: strikes.raises = true; break;
      case Concern::publishes: strikes.on_publish = true; break;
      case Concern::blocks: break;  // see blocked()
    }
  }
  return strikes;
}

bool QuietSteps::reduce(World& world, const std::function<void(World&)>& after_action, std::vector<Action>& actions, std::size_t begin) {
  if (!why_not_.empty() || actions.size() - begin < 2 || !has_candidate(world)) return false;
  const uint128 here = world.fingerprint();
  Known& known = known_[static_cast<std::size_t>(here) % known_states];
  if (known.state != here || here == 0) {
    known = {here, find(world, after_action, actions, begin), {}};
    if (known.quiet != none) known.action = actions[begin + known.quiet];
  }
  if (known.quiet == none) return false;
  actions[begin] = actions[begin + known.quiet];
  actions.resize(begin + 1);
  return true;
}

const Action* QuietSteps::next(World& world, const std::function<void(World&)>& after_action) {
  if (!why_not_.empty() || !has_candidate(world)) return nullptr;
  const uint128 here = world.fingerprint();
  Known& known = known_[static_cast<std::size_t>(here) % known_states];
  if (known.state != here || here == 0) {
    enabled_.clear();
    world.enabled(enabled_);
    known = {here, find(world, after_action, enabled_, 0), {}};
    if (known.quiet != none) known.action = enabled_[known.quiet];
  }
  return known.quiet == none ? nullptr : &known.action;
}

// Is it worth listing what is enabled?
bool QuietSteps::has_candidate(const World& world) const {
  for (std::uint32_t c = 0; c < system_.clients.size(); ++c) {
    if (system_.clients[c].script.empty() && world.wire().sent_by(c) < system_.clients[c].count) return true;
  }
  const Runs& runs = world.runs();
  bool any = false;
  runs.each_active([&](std::uint32_t frame) {
    const ActionKind kind = runs.waiting_of(frame) == Waiting::nothing ? ActionKind::step : ActionKind::answer;
    any = any || may_be_quiet(world, {.kind = kind, .a = frame});
  });
  return any;
}

std::uint32_t QuietSteps::find(World& world, const std::function<void(World&)>& after_action, const std::vector<Action>& actions, std::size_t begin) {
  if (blocked(world)) return none;
  for (std::size_t i = begin; i < actions.size() && !is_fault(actions[i].kind); ++i) {
    const Action& action = actions[i];
    const bool quiet = action.kind == ActionKind::client_send
                           ? is_quiet_request(world, after_action, action, actions, begin)
                           : may_be_quiet(world, action) && is_quiet(world, after_action, action, actions, begin,
                                                                     strikes_left(world, world.runs().service_of_frame(action.a)));
    if (quiet) return static_cast<std::uint32_t>(i - begin);
  }
  return none;
}

bool QuietSteps::may_be_quiet(const World& world, const Action& action) const {
  if (action.kind != ActionKind::step && action.kind != ActionKind::answer) return false;
  const Runs& runs = world.runs();
  // The answer of a publish or call is as good a candidate as the step itself; faults are looked at only then.
  if (!places_[runs.handler_of(action.a)][runs.pc_of(action.a)].quiet) return false;
  return may_be_quiet(world, action, strikes_left(world, runs.service_of_frame(action.a)));
}

bool QuietSteps::may_be_quiet(const World& world, const Action& action, const Strikes& strikes) const {
  if (action.kind != ActionKind::step && action.kind != ActionKind::answer) return false;
  const std::uint32_t frame = action.a;
  const Runs& runs = world.runs();
  const std::uint32_t handler = runs.handler_of(frame);
  const Place& place = places_[handler][runs.pc_of(frame)];
  if (!place.quiet || ((strikes.kills || strikes.raises) && named_[handler])) return false;
  const Op op = runs.instruction(frame).op;
  if (action.kind == ActionKind::answer) {
    // What is seen has happened elsewhere already; seeing it is the run's own business.
    const Waiting waiting = runs.waiting_of(frame);
    return (op == Op::publish && waiting == Waiting::answer_ok) ||
           (op == Op::call && (waiting == Waiting::call_ok || waiting == Waiting::call_error));
  }
  if (op == Op::call) return false;
  if (place.publishes) return !strikes.kills && !strikes.raises && !strikes.on_publish;
  if (!std::all_of(place.tables.begin(), place.tables.end(), [&](std::uint32_t t) { return is_private(t, frame); })) return false;
  // Others' commits write into transactions under snapshot isolation.
  const std::uint64_t transaction = world.cells().peek(runs.cell(frame, Runs::at_transaction));
  return transaction == 0 || transaction == 1 + static_cast<std::uint64_t>(Isolation::read_committed);
}

bool QuietSteps::is_quiet(World& world, const std::function<void(World&)>& after_action, const Action& action,
                          const std::vector<Action>& actions, std::size_t begin, const Strikes& strikes) {
  const Runs& runs = world.runs();
  const std::uint32_t frame = action.a, handler = runs.handler_of(frame), pc = runs.pc_of(frame);
  const bool struck_before = runs.waiting_of(frame) == Waiting::nothing;
  const OriginKind started_by = runs.origin_of(frame).kind;
  const World::Mark here = world.mark();
  footprint_.clear();
  world.cells().record_into(&footprint_);
  const bool possible = world.apply(action);
  world.cells().record_into(nullptr);
  FLOWTANK_CHECK(possible, "an enabled action was refused");
  const auto applied = world.fingerprint();
  if (after_action) after_action(world);
  const bool ends = !runs.active(frame);
  bool quiet = world.fingerprint() == applied && touches_own_only(world, frame, places_[handler][pc], ends);
  if (quiet && ends) {
    quiet = started_by != OriginKind::message && !strikes.kills && !strikes.raises && is_alone(world, frame);
  } else if (quiet) {
    const Waiting waiting = runs.waiting_of(frame);
    const bool sent = places_[handler][pc].publishes && action.kind == ActionKind::step;
    quiet = runs.handler_of(frame) == handler && (sent ? waiting == Waiting::request_left : waiting == Waiting::nothing && runs.pc_of(frame) > pc);
    const bool struck_after = waiting == Waiting::nothing && runs.instruction(frame).op != Op::end;
    quiet = quiet && !(strikes.raises && struck_before && !struck_after);
  }
  const auto strikes_run = [&](const Action& fault) {
    return (fault.kind == ActionKind::fault_crash && fault.a == runs.instance_of_frame(frame)) ||
           (fault.kind == ActionKind::fault_error && fault.a == frame);
  };
  if (quiet && (ends || std::any_of(actions.begin() + static_cast<std::ptrdiff_t>(begin), actions.end(), strikes_run))) {
    enabled_after_.clear();
    world.enabled(enabled_after_);
  }
  world.undo(here);
  if (!quiet || (ends && !leaves_others(actions, begin, action))) return false;
  for (std::size_t i = begin; i < actions.size(); ++i) {
    const Action& fault = actions[i];
    if (!strikes_run(fault)) continue;
    if (std::find(enabled_after_.begin(), enabled_after_.end(), fault) == enabled_after_.end()) return false;
    if (!absorbed(world, after_action, action, fault)) return false;
  }
  return true;
}

// Its frame is all that its service has for what comes in, or a poller's own.
bool QuietSteps::is_alone(const World& world, std::uint32_t frame) const {
  if (world.runs().poller_of(frame) != none) return true;
  const Service& service = system_.services[world.runs().service_of_frame(frame)];
  return service.instances == 1 && service.concurrency == 1;
}

// Everything else that was enabled is so after the step, too.
bool QuietSteps::leaves_others(const std::vector<Action>& actions, std::size_t begin, const Action& taken) const {
  for (std::size_t i = begin; i < actions.size(); ++i) {
    if (actions[i] == taken) continue;
    if (std::find(enabled_after_.begin(), enabled_after_.end(), actions[i]) == enabled_after_.end()) return false;
  }
  return true;
}

// Its own number goes up, and contents are added to bags: of requests, and of those that it may ask again.
bool QuietSteps::is_quiet_request(World& world, const std::function<void(World&)>& after_action, const Action& action,
                                  const std::vector<Action>& actions, std::size_t begin) {
  if (!system_.clients[action.a].script.empty()) return false;
  const World::Mark here = world.mark();
  footprint_.clear();
  world.cells().record_into(&footprint_);
  const bool possible = world.apply(action);
  world.cells().record_into(nullptr);
  FLOWTANK_CHECK(possible, "an enabled action was refused");
  const auto applied = world.fingerprint();
  if (after_action) after_action(world);
  const std::uint64_t sent = component_key(ComponentKind::client, action.a, 0);
  bool quiet = world.fingerprint() == applied;
  for (const Touch& touch : footprint_) quiet = quiet && (touch.component == sent || touch.access == flowtank::Access::add);
  if (quiet) {
    enabled_after_.clear();
    world.enabled(enabled_after_);
  }
  world.undo(here);
  return quiet && leaves_others(actions, begin, action);
}

// Own cells of the frame, but what it was started by must not change unless the run ends; rows, claims and key sets of private tables;
// whether its instance is up, which nothing changes without time. What has no cell is an absent row or a key set of
// a table that the instruction names.
bool QuietSteps::touches_own_only(const World& world, std::uint32_t frame, const Place& place, bool ends) const {
  const Runs& runs = world.runs();
  const Cell first = runs.cell(frame, Runs::at_position);
  const auto end = static_cast<Cell>(runs.cell(frame, Runs::at_local0) + locals_[runs.service_of_frame(frame)]);
  for (const Touch& touch : footprint_) {
    const bool looks = touch.access == flowtank::Access::read || touch.access == flowtank::Access::absent ||
                       touch.access == flowtank::Access::test || touch.access == flowtank::Access::scan;
    if (touch.cell == no_cell) {
      if (place.tables.empty()) return false;
      continue;
    }
    if (touch.cell >= first && touch.cell < end) {
      if (touch.cell == runs.cell(frame, Runs::at_origin) && !looks && !ends) return false;
      continue;
    }
    if (looks && std::find(up_.begin(), up_.end(), touch.component) != up_.end()) continue;
    const std::uint32_t table = world.store().table_of(touch.cell);
    if (table == none || std::find(place.tables.begin(), place.tables.end(), table) == place.tables.end()) return false;
  }
  return true;
}

bool QuietSteps::absorbed(World& world, const std::function<void(World&)>& after_action, const Action& step, const Action& fault) {
  const World::Mark here = world.mark();
  const auto take = [&](const Action& action) {
    world.apply(action);
    if (after_action) after_action(world);
  };
  take(fault);
  const auto alone = world.fingerprint();
  world.undo(here);
  take(step);
  take(fault);
  const auto after = world.fingerprint();
  world.undo(here);
  return alone == after;
}

}  // namespace flowtank::explore
