// SPDX-License-Identifier: Apache-2.0
// See world_walk.hpp: identities, chains and places from contents, and the World that only goes forward.
#include "sim/campaign/world_walk.hpp"

#include <algorithm>

#include <sim/base/check.hpp>
#include <sim/run/world_builder.hpp>

namespace flowtank::campaign {
namespace {

// Actions of a handler run: `a` is its frame.
bool of_frame(const Action& action) {
  switch (action.kind) {
    case ActionKind::step:
    case ActionKind::request_effect:
    case ActionKind::answer:
    case ActionKind::fault_no_answer:
    case ActionKind::fault_error:
    case ActionKind::fault_redeliver:
    case ActionKind::fault_reply:
    case ActionKind::fault_commit:
    case ActionKind::fault_read: return true;
    case ActionKind::fault_no_request:
    case ActionKind::fault_publish: return action.a != none;  // else of a sender that is gone
    default: return false;
  }
}

// Those whose `b` is a broker's number of a copy, which depends on history; the message says which it is.
bool names_copy(ActionKind kind) {
  return kind == ActionKind::deliver || kind == ActionKind::fault_duplicate || kind == ActionKind::fault_lose || kind == ActionKind::fault_reorder;
}

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) { return fold_multiply(a + 0x9e3779b97f4a7c15ULL, b ^ 0xa0761d6478bd642fULL); }

std::uint64_t content(const World& world, Word word) {
  const Hash128 hash = world.pool().content(word);
  return hash.lo ^ hash.hi >> 1;
}

constexpr std::uint64_t channels = std::uint64_t{1} << 32, others = std::uint64_t{2} << 32;

}  // namespace

std::unique_ptr<World> make_walking_world(const System& system, const BrokerRegistry& registry, Diagnostics& diagnostics) {
  auto world = make_world(system, registry, Mode::forward, system.bounds.seed, diagnostics);
  FLOWTANK_CHECK(!world || (!world->timed() && !world->cells().tracking()), "a World that only goes forward has no time and tracks nothing");
  return world;
}

WorldWalk::WorldWalk(World& world, Checker& checker) : world_(world), checker_(checker) {
  for (const Handler& handler : world.system().handlers) reached_.emplace_back(handler.program.code.size(), std::uint8_t{0});
}

void WorldWalk::restart() {
  world_.reset(world_.system().bounds.seed);
  checker_.start(world_);
}

void WorldWalk::apply(const Action& action) {
  world_.runs().mark_executed(is_fault(action.kind) ? nullptr : &reached_);
  const bool possible = world_.apply(action);
  world_.runs().mark_executed(nullptr);
  FLOWTANK_CHECK(possible, "an enabled action was refused");
  checker_.after_action(world_);
}

std::uint64_t WorldWalk::end() {
  std::uint64_t sum = 0;
  const System& system = world_.system();
  for (std::uint32_t t = 0; t < system.tables.size(); ++t) {
    rows_.clear();
    world_.store().scan(t, rows_);
    for (const Cell row : rows_) {
      std::uint64_t one = t;
      for (std::uint32_t c = 0; c < system.tables[t].columns.size(); ++c) one = mixed(one, content(world_, world_.store().column(row, c)));
      sum += mix64(one);
    }
  }
  std::uint64_t rest = 0;
  for (std::uint32_t f = 0; f < system.faults.size(); ++f) rest = mixed(rest, world_.faults().budget(f) + 1);
  return mix64(sum + rest);
}

std::uint64_t WorldWalk::identity(const Action& action) const {
  const std::uint64_t kind = static_cast<std::uint64_t>(action.kind) << 48 | static_cast<std::uint64_t>(action.fault) << 32 | action.choice;
  if (of_frame(action)) {
    const Runs& runs = world().runs();
    const std::uint64_t at = static_cast<std::uint64_t>(runs.handler_of(action.a)) << 32 | runs.pc_of(action.a);
    return mix64(mixed(kind, at) + content(world(), runs.input_of(action.a)));
  }
  const std::uint64_t b = names_copy(action.kind) ? 0 : action.b;
  return mix64(mixed(kind, std::uint64_t{action.a} << 32 | b) + content(world(), action.word));
}

std::uint64_t WorldWalk::chain(const Action& action) const {
  const World& w = world();
  std::uint64_t owner = std::uint64_t{action.a} << 8 | static_cast<std::uint64_t>(action.kind);
  Word subject = action.word;
  if (of_frame(action)) {
    owner = w.runs().service_of_frame(action.a);
    subject = w.runs().input_of(action.a);
    if (subject == absent_word) owner = channels | w.runs().handler_of(action.a);  // a poller
  } else if (action.kind == ActionKind::deliver) {
    owner = w.system().subscriptions[action.a].service;
  } else if (action.kind == ActionKind::command_deliver) {
    owner = action.a;
  } else if (action.kind == ActionKind::poll) {
    owner = channels | w.runs().poller_of(action.a);
  } else if (action.kind == ActionKind::client_send || action.kind == ActionKind::broker) {
    owner = mixed(owner, action.b);
  }
  return mix64(mixed(owner, 0x636861696eULL) + content(w, subject));
}

std::uint64_t WorldWalk::place(const Action& action) const {
  const World& w = world();
  if (action.kind == ActionKind::request_effect) {
    if (w.runs().waiting_of(action.a) == Waiting::request_left) return channels | w.runs().publish_channel(action.a);
    return w.runs().service_of_frame(action.a);
  }
  if (of_frame(action) || action.kind == ActionKind::poll) return w.runs().service_of_frame(action.a);
  switch (action.kind) {
    case ActionKind::deliver: return w.system().subscriptions[action.a].service;
    case ActionKind::command_deliver: return action.a;
    case ActionKind::timer_fire: return w.system().timers[action.a].service;
    case ActionKind::restart:
    case ActionKind::pause_over: return w.runs().service_of_instance(action.kind == ActionKind::restart ? action.a : action.b);
    default: return others | static_cast<std::uint64_t>(action.kind) << 8 | std::min<std::uint32_t>(action.a, 255);
  }
}

std::uint64_t WorldWalk::feature() const {
  const World& w = world();
  std::uint64_t sum = 0;
  w.runs().each_active([&](std::uint32_t frame) {
    const std::uint64_t at = static_cast<std::uint64_t>(w.runs().handler_of(frame)) << 32 | std::uint64_t{w.runs().pc_of(frame)} << 8 |
                             static_cast<std::uint64_t>(w.runs().waiting_of(frame));
    sum += mix64(at + 1);
  });
  std::uint64_t rest = 0;
  for (std::uint32_t f = 0; f < w.system().faults.size(); ++f) rest = mixed(rest, w.faults().budget(f) + 1);
  for (std::uint32_t s = 0; s < w.system().subscriptions.size(); ++s) {
    rest = mixed(rest, std::min<std::uint64_t>(w.broker_of(s).unsettled(w, s), 3) + 1);
  }
  return mix64(sum + rest);
}

}  // namespace flowtank::campaign
