// SPDX-License-Identifier: Apache-2.0
// See handling.hpp. The run is started with its copy already settled, so that no broker hears of it.
#include "sim/family/handling.hpp"

#include <algorithm>

#include <sim/base/check.hpp>

namespace flowtank::family {

namespace {
constexpr std::uint32_t most_steps = 2000;  // of one handling: more is a loop
}

void Watch::run_ended(World& world, const Actor& actor, RunOutcome outcome) {
  if (into_ != nullptr && outcome == RunOutcome::failed) ++into_->failed;
  const Trigger trigger = system_.handlers[actor.handler].trigger;
  if (outcome != RunOutcome::well || (trigger != Trigger::message && trigger != Trigger::command)) return;
  const Input input{actor.handler, actor.input, trigger == Trigger::message ? actor.subscription : none};
  if (into_ == nullptr) {
    ended_ = input;
    if (known_.emplace(std::pair{input.handler, input.message}, inputs_.size()).second) inputs_.push_back(input);
    world.set_monitor(input.handler, input.message, 1);
  }
}

void Watch::row_changed(World&, std::uint32_t table, Word key, std::span<const Word> before, std::span<const Word> after) {
  if (into_ == nullptr) return;
  into_->rows.push_back({table, key, {before.begin(), before.end()}, {after.begin(), after.end()}});
}

void Watch::effect(World&, std::uint32_t effect, Word key, std::int64_t amount) {
  if (into_ != nullptr) into_->effects.push_back({effect, key, amount});
}

void Watch::sent(World&, const Actor&, std::uint32_t, Word message) {
  if (into_ != nullptr) into_->sent.push_back(message);
  if (remember_) messages_.push_back(message);
}

void Watch::made(World&, const Actor&, Word message) {
  if (remember_ && into_ == nullptr) messages_.push_back(message);
}

std::vector<char> Handling::free_frames() const {
  const Runs& runs = world_.runs();
  std::vector<char> free(runs.frame_count());
  for (std::uint32_t frame = 0; frame < runs.frame_count(); ++frame) free[frame] = runs.active(frame) ? 0 : 1;
  return free;
}

void Handling::own_actions(const std::vector<char>& free_before, std::vector<Action>& out) const {
  std::vector<Action> all;
  world_.enabled(all, false);
  const Runs& runs = world_.runs();
  for (const Action& action : all) {
    switch (action.kind) {
      case ActionKind::step:
      case ActionKind::request_effect:
      case ActionKind::answer:
        if (free_before[action.a] != 0 && runs.poller_of(action.a) == none) out.push_back(action);
        break;
      case ActionKind::command_deliver: {
        const std::uint64_t sender = world_.wire().sender_of(action.word);
        const std::uint64_t frame = sender != 0 && sender % 2 == 0 ? (sender - 2) / 2 : free_before.size();
        if (frame < free_before.size() && free_before[frame] != 0) out.push_back(action);
        break;
      }
      default: break;
    }
  }
  // A timeout fires only where nothing else goes on: with nothing else going on, answers come.
  const auto timeout = [](const Action& action) { return action.kind == ActionKind::answer && action.choice == 1; };
  if (!std::all_of(out.begin(), out.end(), timeout)) std::erase_if(out, timeout);
}

std::vector<std::pair<std::uint32_t, Word>> Handling::timers() const {
  std::vector<std::pair<std::uint32_t, Word>> all;
  for (std::uint32_t t = 0; t < world_.system().timers.size(); ++t) {
    world_.wire().pending(t).each(world_.cells(), [&](Word key) { all.emplace_back(t, key); });
  }
  return all;
}

Handling::Blocked Handling::each_end(const Input& input, std::uint32_t attempts, const std::function<void(const Consequences&)>& then) {
  return start(input, attempts, then, false);
}

Handling::Blocked Handling::each_crash(const Input& input, const std::function<void(const Consequences&)>& then) { return start(input, 0, then, true); }

Handling::Blocked Handling::start(const Input& input, std::uint32_t attempts, const std::function<void(const Consequences&)>& then, bool crashes) {
  const System& system = world_.system();
  const std::uint32_t service = system.handlers[input.handler].service;
  Going going;
  going.frame = world_.runs().free_frame(world_, service);
  if (going.frame == none) return Blocked::no_place;
  going.free_before = free_frames();
  going.timers_before = timers();
  going.then = &then;
  going.crashes = crashes;
  if (crashes) {
    const Runs& runs = world_.runs();
    const std::uint32_t instance = runs.instance_of_frame(going.frame);
    for (std::uint32_t frame = runs.frames_begin(instance); frame < runs.frames_end(instance); ++frame) {
      if (runs.active(frame)) return Blocked::no_place;
    }
  }
  Origin from;
  from.kind = input.subscription == none ? OriginKind::command : OriginKind::message;
  from.settled = input.subscription != none;
  from.attempts = attempts;
  if (input.subscription != none) from.source = input.subscription;

  const bool fires = system.handlers[input.handler].trigger == Trigger::timer;
  const std::uint32_t timer = system.handlers[input.handler].timer;
  const World::Mark before = world_.mark();
  const Input ended = watch_.ended_;
  Consequences* const outer = std::exchange(watch_.into_, &consequences_);
  const Consequences so_far = consequences_;
  Blocked blocked = Blocked::no;
  if (!fires) world_.runs().start(world_, going.frame, input.handler, input.message, from, no_record);
  else if (world_.wire().pending(timer).count(world_.cells(), input.message) != 0) world_.wire().fire_timer(world_, timer, input.message, going.frame);
  go_on(going, blocked);
  watch_.into_ = outer;
  watch_.ended_ = ended;
  consequences_ = so_far;
  world_.undo(before);
  return blocked;
}

void Handling::end(const Going& going) {
  const std::size_t known = consequences_.timers.size();
  for (const auto& timer : timers()) {
    if (std::find(going.timers_before.begin(), going.timers_before.end(), timer) == going.timers_before.end()) consequences_.timers.push_back(timer);
  }
  (*going.then)(consequences_);
  consequences_.timers.resize(known);
}

// The instance dies with this run only; what it had asked for is still on the way, and takes effect.
void Handling::crash(const Going& going) {
  const World::Mark mark = world_.mark();
  const Consequences so_far = consequences_;
  crashed_before_ = world_.runs().step_of(going.frame).label;
  world_.runs().crash(world_, world_.runs().instance_of_frame(going.frame));
  (*going.then)(consequences_);
  consequences_ = so_far;
  world_.undo(mark);
}

void Handling::go_on(Going& going, Blocked& blocked) {
  if (going.crashes && going.steps != 0 && !going.settled && world_.runs().active(going.frame)) crash(going);
  std::vector<Action> actions;
  own_actions(going.free_before, actions);
  if (actions.empty()) {
    bool over = true;
    for (std::uint32_t frame = 0; frame < going.free_before.size(); ++frame) {
      if (going.free_before[frame] != 0 && world_.runs().active(frame)) over = false;
    }
    if (over && !going.crashes) end(going);
    else if (over) return;
    else blocked = Blocked::waits;
    return;
  }
  if (++going.steps > most_steps) {
    blocked = Blocked::waits;
    return;
  }
  // Only what the environment decides makes a difference; the rest runs in the documented order.
  const Action first = actions.front();
  std::erase_if(actions, [&](const Action& action) { return action.kind != first.kind || action.a != first.a; });
  const bool decided = actions.size() > 1 && first.kind == ActionKind::step;
  if (!decided) actions.resize(1);
  for (const Action& action : actions) {
    const World::Mark mark = world_.mark();
    const Consequences so_far = consequences_;
    const std::uint32_t steps = going.steps;
    const bool settled = going.settled;
    if (action.kind == ActionKind::step && action.a == going.frame && world_.runs().instruction(action.a).op == Op::settle) going.settled = true;
    if (decided) choices_.push_back(action.choice);
    world_.apply(action);
    go_on(going, blocked);
    if (decided) choices_.pop_back();
    if (decided) {
      going.steps = steps;
      going.settled = settled;
      world_.undo(mark);
      consequences_ = so_far;
    }
  }
}

}  // namespace flowtank::family
