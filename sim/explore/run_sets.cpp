// SPDX-License-Identifier: Apache-2.0
// See run_sets.hpp: what is decided once from the System, and what is tried in a state. Every check here is one condition
// of the argument there; whatever is not recognised counts as touched by somebody else.
#include "sim/explore/run_sets.hpp"

#include <algorithm>

#include <sim/base/check.hpp>
#include <sim/world/component.hpp>

#include "sim/explore/fault_concerns.hpp"
#include "sim/explore/service_frames.hpp"

namespace flowtank::explore {
namespace {

/// How far a run has got at one instruction.
unsigned phase(Waiting waiting) {
  switch (waiting) {
    case Waiting::nothing: return 0;
    case Waiting::request_left: return 1;
    default: return 2;
  }
}

bool looks(flowtank::Access access) {
  return access == flowtank::Access::read || access == flowtank::Access::absent || access == flowtank::Access::test || access == flowtank::Access::scan;
}

bool contains(const std::vector<Action>& actions, const Action& action) { return std::find(actions.begin(), actions.end(), action) != actions.end(); }

}  // namespace

RunSets::RunSets(const World& world, Watched watched) : system_(world.system()), watched_(std::move(watched)), around_(world), locals_(most_locals(system_)), known_(known_states) {
  if (!watched_.beyond.empty()) why_not_ = watched_.beyond;
  find_faults();
  find_harmless_looks(world);
  find_groups(world);
  for (std::uint32_t c = 0; c < system_.channels.size(); ++c) any_at_once_ = any_at_once_ || world.manners(c).at_once;
  for (std::uint32_t b = 0; b < system_.brokers.size(); ++b) {
    only_lanes_ = only_lanes_ && dynamic_cast<const SeparateLanes*>(&world.broker(b)) != nullptr;
  }
}

void RunSets::find_faults() {
  for (const Fault& fault : system_.faults) {
    if (why_not_.empty() && lasts(fault.kind)) why_not_ = "the fault \"" + fault.name + "\" lasts, and decides what steps do";
    if (why_not_.empty() && fault.when.after.message != none) why_not_ = "the fault \"" + fault.name + "\" strikes only after an event";
    lanes_disturbed_ = lanes_disturbed_ || fault.kind == FaultKind::outage || fault.kind == FaultKind::queue_limit || fault.kind == FaultKind::unroutable ||
                       fault.kind == FaultKind::wrong_key;  // an orphan may get the key of any lane
    about_.push_back(services_struck(system_, fault));
  }
}

// Whether an instance is up or a broker out, where no fault can change it; where other runs wait and what transaction they
// are in, which a commit goes through for those that look at old rows or wait for a lock of a table that is not theirs. (Answers
// look there, too, for who waits: a member that answers is refused.)
void RunSets::find_harmless_looks(const World& world) {
  const Runs& runs = world.runs();
  for (std::uint32_t i = 0; i < runs.instance_count(); ++i) harmless_.push_back(component_key(ComponentKind::instance, i, 0));
  for (std::uint32_t b = 0; !lanes_disturbed_ && b < system_.brokers.size(); ++b) harmless_.push_back(component_key(ComponentKind::outage, b, 0));
  std::sort(harmless_.begin(), harmless_.end());
  for (std::uint32_t frame = 0; frame < runs.frame_count(); ++frame) {
    harmless_cells_.push_back(runs.cell(frame, Runs::at_waiting));
    if (!around_.has_snapshots()) harmless_cells_.push_back(runs.cell(frame, Runs::at_transaction));
  }
  std::sort(harmless_cells_.begin(), harmless_cells_.end());
}

void RunSets::find_groups(const World& world) {
  const Runs& runs = world.runs();
  for (std::uint32_t frame = 0; frame < runs.frame_count(); ++frame) {
    const std::uint32_t service = runs.service_of_frame(frame), instance = runs.instance_of_frame(frame);
    groups_.push_back({frame, frame + 1});
    const bool last = frame + 1 == runs.frames_end(instance);
    if (last && around_.is_single(service) && !system_.services[service].pollers.empty()) groups_.push_back({runs.frames_begin(instance), frame + 1});
  }
}

bool RunSets::off(const World& world) const {
  if (!why_not_.empty()) return true;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    if (concern(system_.faults[f].kind) == Concern::blocks && world.faults().budget(f) != 0) return true;
  }
  return false;
}

bool RunSets::crashes_left(const World& world, std::uint32_t service) const {
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    if (about_[f][service] && concern(system_.faults[f].kind) == Concern::kills && world.faults().budget(f) != 0) return true;
  }
  return false;
}

bool RunSets::reorders(const World& world, std::uint32_t subscription) const {
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    if (fault.kind != FaultKind::reorder || world.faults().budget(f) == 0) continue;
    std::vector<FaultSelector> places = fault.also;
    places.push_back(fault.on);
    for (const FaultSelector& on : places) {
      if (on.channel == none || on.channel == system_.subscriptions[subscription].channel) return true;
    }
  }
  return false;
}

const SeparateLanes* RunSets::lanes(const World& world, std::uint32_t channel) const {
  return lanes_disturbed_ ? nullptr : dynamic_cast<const SeparateLanes*>(&world.broker(system_.channels[channel].broker));
}

// ---- one run, or those of an instance --------------------------------------------------------------------------------

bool RunSets::may_have_set(const World& world, Frames frames) const {
  const Runs& runs = world.runs();
  const std::uint32_t service = runs.service_of_frame(frames.begin);
  const std::uint32_t instance = runs.instance_of_frame(frames.begin);
  const bool whole = frames.begin == runs.frames_begin(instance) && frames.end == runs.frames_end(instance);
  if (crashes_left(world, service) && !(whole && around_.is_single(service) && only_lanes_)) return false;
  bool any = false;
  for (std::uint32_t frame = frames.begin; frame < frames.end; ++frame) {
    if (runs.active(frame)) {
      if (!may_go_on(world, frame, frames)) return false;
      any = any || runs.waiting_of(frame) != Waiting::lock;
    } else if (runs.poller_of(frame) == none || !around_.keeps_to_itself(runs.poller_of(frame), frames)) {
      return false;  // a run may start there, and meet the others
    }
  }
  return any;
}

bool RunSets::may_go_on(const World& world, std::uint32_t frame, Frames frames) const {
  const Runs& runs = world.runs();
  const std::uint64_t transaction = world.cells().peek(runs.cell(frame, Runs::at_transaction));
  if (transaction == 1 + static_cast<std::uint64_t>(Isolation::snapshot)) return false;
  switch (runs.waiting_of(frame)) {
    case Waiting::nothing: return may_step(world, frame, frames);
    case Waiting::request_left: return may_publish(world, frame, frames);
    case Waiting::answer_ok:
    case Waiting::call_ok:
    case Waiting::call_error: return true;
    case Waiting::lock: return around_.keeps_to_itself(runs.handler_of(frame), frames);  // of another of them
    default: return false;
  }
}

bool RunSets::may_step(const World& world, std::uint32_t frame, Frames frames) const {
  const Runs& runs = world.runs();
  const std::uint32_t handler = runs.handler_of(frame);
  const Program& program = system_.handlers[handler].program;
  const Instruction& at = runs.instruction(frame);
  if (system_.handlers[handler].atomic) return false;  // what is left of it is one action, whatever comes next
  switch (at.op) {
    case Op::begin: {
      const Isolation isolation = program.transactions[at.a].isolation;
      if (isolation == Isolation::snapshot || (isolation == Isolation::serializable && around_.has_snapshots())) return false;
      return around_.keeps_to_itself(handler, frames);
    }
    case Op::commit: return !around_.has_snapshots() && around_.keeps_to_itself(handler, frames);
    case Op::read:
    case Op::statement_let:
    case Op::insert:
    case Op::update:
    case Op::erase:
    case Op::rollback: return around_.keeps_to_itself(handler, frames);
    case Op::publish: return program.publishes[at.a].confirm && !any_at_once_;
    case Op::reply: return runs.replies_to(frame) == absent_word;  // nobody waits for it
    case Op::effect:
    case Op::choose:
    case Op::settle:
    case Op::wait:
    case Op::fail:
    case Op::end: return true;
    default: return false;
  }
}

// Nobody else can come first at the end of the lanes that the request goes to, but a copy of the same.
bool RunSets::may_publish(const World& world, std::uint32_t frame, Frames frames) const {
  const std::uint32_t channel = world.runs().publish_channel(frame);
  if (lanes(world, channel) == nullptr || !around_.is_only_publisher(channel, frames)) return false;
  const Word message = world.runs().request_of(frame);
  const auto key_of = [&](Word m) { return world.pool().content(world.pool().find(world.pool().value(m).items()[field_key])); };
  bool disturbed = false;
  world.wire().orphans().each(world.cells(), [&](Word item) {
    if (world.wire().channel_of(item) != channel) return;
    const Word other = world.wire().orphan_message(item);
    disturbed = disturbed || (other != message && key_of(other) == key_of(message));
  });
  return !disturbed;
}

bool RunSets::is_of_runs(const World& world, const Action& action, Frames frames) const {
  switch (action.kind) {
    case ActionKind::step:
    case ActionKind::request_effect:
    case ActionKind::answer:
    case ActionKind::fault_no_answer:
    case ActionKind::fault_no_request:
    case ActionKind::fault_error:
    case ActionKind::fault_publish:
    case ActionKind::fault_commit: return frames.has(action.a);
    case ActionKind::fault_crash: return action.a == world.runs().instance_of_frame(frames.begin);
    default: return false;
  }
}

// Of the copy at the head of its lane, which a run handles.
bool RunSets::is_duplicate_of_held(const World& world, const Action& action, Frames frames) const {
  if (action.kind != ActionKind::fault_duplicate || action.choice != 0) return false;
  const Runs& runs = world.runs();
  for (std::uint32_t frame = frames.begin; frame < frames.end; ++frame) {
    const Origin from = runs.origin_of(frame);
    const bool held = from.kind == OriginKind::message && !from.settled && from.token == 0;
    if (held && action.a == from.source && action.word == runs.input_of(frame)) return true;
  }
  return false;
}

bool RunSets::set_of(World& world, const AfterAction& after_action, Frames frames, const std::vector<Action>& enabled, std::size_t begin,
                     std::vector<Action>& out) {
  out.clear();
  if (off(world) || !may_have_set(world, frames)) return false;
  for (std::size_t i = begin; i < enabled.size(); ++i) {
    if (is_of_runs(world, enabled[i], frames)) out.push_back(enabled[i]);
    if (enabled[i].kind == ActionKind::poll && frames.has(enabled[i].a)) return false;  // it would join them, again and again
  }
  if (out.empty() || is_fault(out.front().kind)) return false;
  bool duplicates = false;
  for (const Action& member : out) {
    if (!try_member(world, after_action, frames, member)) return false;
    if (!disables_own_only(world, frames, enabled, begin, out, member, duplicates)) return false;
  }
  if (!duplicates) return true;
  const std::size_t own = out.size();
  for (std::size_t i = begin; i < enabled.size(); ++i) {
    if (is_duplicate_of_held(world, enabled[i], frames)) out.push_back(enabled[i]);
  }
  for (std::size_t i = own; i < out.size(); ++i) {
    if (!try_member(world, after_action, frames, out[i]) || !disables_own_only(world, frames, enabled, begin, out, out[i], duplicates)) return false;
  }
  return true;
}

// Applies one member, looks, and undoes it; what is enabled after it is in enabled_after_.
bool RunSets::try_member(World& world, const AfterAction& after_action, Frames frames, const Action& action) {
  const Runs& runs = world.runs();
  bool to_itself = true;
  held_.clear();
  for (std::uint32_t frame = frames.begin; frame < frames.end; ++frame) {
    if (!runs.active(frame)) continue;
    const Origin from = runs.origin_of(frame);
    const bool holds = from.kind == OriginKind::message && !from.settled;
    held_.push_back({frame, runs.handler_of(frame), runs.pc_of(frame), holds ? from.source : none, phase(runs.waiting_of(frame)),
                     runs.replies_to(frame) != absent_word});
    to_itself = to_itself && around_.keeps_to_itself(held_.back().handler, frames);
  }
  allow_components(world, frames, action);
  const World::Mark here = world.mark();
  footprint_.clear();
  after_footprint_.clear();
  world.cells().record_into(&footprint_);
  const bool possible = world.apply(action);
  world.cells().record_into(&after_footprint_);
  FLOWTANK_CHECK(possible, "an enabled action was refused");
  if (after_action) after_action(world);
  world.cells().record_into(nullptr);
  bool good = touches_own_only(world, frames, to_itself) && is_seen_alone(frames);
  for (const Held& before : held_) good = good && leaves_well(world, before, action);
  lets_go_ = false;
  if (good) {
    enabled_after_.clear();
    world.enabled(enabled_after_);
    for (const Held& before : held_) lets_go_ = lets_go_ || (before.subscription != none && has_let_go(world, before));
  }
  world.undo(here);
  if (after_action) after_action(world);  // nothing has happened: observers forget what the member violated
  return good;
}

// In the state after the member: the copy that the run handled is settled.
bool RunSets::has_let_go(const World& world, const Held& before) const {
  return !world.runs().active(before.frame) || world.runs().origin_of(before.frame).settled;
}

// In the state after the member: what became of a run.
bool RunSets::leaves_well(const World& world, const Held& before, const Action& action) const {
  const Runs& runs = world.runs();
  const bool ended = !runs.active(before.frame);
  if (ended && (before.owes_answer || !around_.is_alone(world, before.frame))) return false;
  if (before.subscription != none && has_let_go(world, before)) {
    if (lanes(world, system_.subscriptions[before.subscription].channel) == nullptr || reorders(world, before.subscription)) return false;
  }
  if (ended || is_fault(action.kind) || action.a != before.frame) return true;
  const Waiting waiting = runs.waiting_of(before.frame);
  if (waiting == Waiting::lock) return true;  // a run that waits has no action until another of them lets go
  const bool goes_on = waiting == Waiting::nothing || waiting == Waiting::request_left || waiting == Waiting::answer_ok;
  const bool further = runs.pc_of(before.frame) > before.pc || (runs.pc_of(before.frame) == before.pc && phase(waiting) > before.phase);
  return goes_on && runs.handler_of(before.frame) == before.handler && further;
}

// What a member may touch beside cells of the runs and rows of their tables.
void RunSets::allow_components(World& world, Frames frames, const Action& action) {
  allowed_.clear();
  const Runs& runs = world.runs();
  for (std::uint32_t frame = frames.begin; frame < frames.end; ++frame) {
    if (!runs.active(frame)) continue;
    const Origin from = runs.origin_of(frame);
    if (from.kind == OriginKind::message && !from.settled) {
      if (const SeparateLanes* broker = lanes(world, system_.subscriptions[from.source].channel)) {
        broker->lane_components(world, from.source, runs.input_of(frame), from.attempts, allowed_);
      }
    }
    if (runs.waiting_of(frame) != Waiting::request_left) continue;
    const std::uint32_t channel = runs.publish_channel(frame);
    const Word message = runs.request_of(frame);
    const SeparateLanes* broker = lanes(world, channel);
    for (std::uint32_t s = 0; broker != nullptr && s < system_.subscriptions.size(); ++s) {
      if (system_.subscriptions[s].channel == channel) broker->lane_components(world, s, message, 0, allowed_);
    }
    const Word orphan[] = {Pool::of_int_small(channel), message};
    allowed_.push_back(component_key(ComponentKind::request, 1U << 20, world.pool().content(world.pool().intern_list(orphan)), 0));
  }
  if (is_fault(action.kind)) allowed_.push_back(component_key(ComponentKind::budget, action.fault, 0));
}

// In the state after the member. What has no cell is an absent row or a key set of a table that a handler of the runs names.
bool RunSets::touches_own_only(World& world, Frames frames, bool to_itself) {
  const Runs& runs = world.runs();
  const Cell first = runs.cell(frames.begin, Runs::at_position);
  const auto end = static_cast<Cell>(runs.cell(frames.end - 1, Runs::at_local0) + locals_[runs.service_of_frame(frames.begin)]);
  written_.clear();
  for (const Touch& touch : footprint_) {
    if (touch.cell >= first && touch.cell < end) continue;
    if (std::find(allowed_.begin(), allowed_.end(), touch.component) != allowed_.end()) continue;
    if (looks(touch.access) && std::binary_search(harmless_.begin(), harmless_.end(), touch.component)) continue;
    if (touch.cell == no_cell) {
      if (!to_itself) return false;
      continue;
    }
    if (looks(touch.access) && std::binary_search(harmless_cells_.begin(), harmless_cells_.end(), touch.cell)) continue;
    const std::uint32_t table = world.store().table_of(touch.cell);
    if (table == none || !around_.is_own(table, frames)) return false;
    if (!looks(touch.access)) written_.push_back(table);
  }
  std::sort(written_.begin(), written_.end());
  written_.erase(std::unique(written_.begin(), written_.end()), written_.end());
  return true;
}

// Whoever sees what the member wrote sees writes of these frames alone. Locks count as written: nobody sees them.
bool RunSets::is_seen_alone(Frames frames) const {
  bool seen = false;
  for (const std::vector<std::uint32_t>& tables : watched_.properties) {
    const bool sees = std::any_of(tables.begin(), tables.end(), [&](std::uint32_t t) { return std::binary_search(written_.begin(), written_.end(), t); });
    if (!sees) continue;
    seen = true;
    if (!std::all_of(tables.begin(), tables.end(), [&](std::uint32_t t) { return around_.is_only_writer(t, frames); })) return false;
  }
  // Monitors move only of those that saw something.
  return seen || std::all_of(after_footprint_.begin(), after_footprint_.end(), [](const Touch& touch) { return looks(touch.access); });
}

// Whatever else was enabled is so after the member, too, but what that spent of the same budget and duplicates of what it settled:
// also where an equal copy still offers the same duplicate, since that copy may be lost first.
bool RunSets::disables_own_only(const World& world, Frames frames, const std::vector<Action>& enabled, std::size_t begin,
                                const std::vector<Action>& set, const Action& taken, bool& duplicates) {
  const auto same_copy = [](const Action& a, const Action& b) {
    const bool strikes_copies = a.kind == ActionKind::fault_duplicate || a.kind == ActionKind::fault_lose;
    return strikes_copies && a.kind == b.kind && a.fault == b.fault && a.a == b.a && a.b == b.b && a.word == b.word;
  };
  for (std::size_t i = begin; i < enabled.size(); ++i) {
    const Action& other = enabled[i];
    if (contains(set, other)) continue;
    if (is_fault(taken.kind) && is_fault(other.kind) && taken.fault == other.fault) continue;
    if (is_duplicate_of_held(world, other, frames)) {
      duplicates = duplicates || lets_go_ || !contains(enabled_after_, other);
      continue;
    }
    const auto is_it = [&](const Action& later) { return later == other || same_copy(later, other); };
    if (std::none_of(enabled_after_.begin(), enabled_after_.end(), is_it)) return false;
  }
  return true;
}

// ---- one state ----------------------------------------------------------------------------------------------------

const RunSets::Known& RunSets::known(World& world, const AfterAction& after_action, const std::vector<Action>* actions, std::size_t begin) {
  const uint128 here = world.fingerprint();
  Known& known = known_[static_cast<std::size_t>(here >> 7) % known_states];
  if (known.state == here && here != 0) return known;
  known.state = here;
  known.set.clear();
  if (actions == nullptr) {
    enabled_.clear();
    world.enabled(enabled_);
    actions = &enabled_;
  }
  for (const Frames& frames : groups_) {
    if (!set_of(world, after_action, frames, *actions, begin, candidate_)) continue;
    if (known.set.empty() || candidate_.size() < known.set.size()) known.set = candidate_;
    if (known.set.size() == 1) break;
  }
  return known;
}

bool RunSets::reduce(World& world, const AfterAction& after_action, std::vector<Action>& actions, std::size_t begin) {
  if (actions.size() - begin < 2 || off(world)) return false;
  const Known& here = known(world, after_action, &actions, begin);
  if (here.set.empty() || here.set.size() >= actions.size() - begin) return false;
  actions.resize(begin);
  actions.insert(actions.end(), here.set.begin(), here.set.end());
  return true;
}

const Action* RunSets::next(World& world, const AfterAction& after_action) {
  if (off(world)) return nullptr;
  if (std::none_of(groups_.begin(), groups_.end(), [&](const Frames& frames) { return may_have_set(world, frames); })) return nullptr;
  const Known& here = known(world, after_action, nullptr, 0);
  return here.set.size() == 1 ? &here.set.front() : nullptr;
}

}  // namespace flowtank::explore
