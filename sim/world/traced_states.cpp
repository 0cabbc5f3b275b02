// SPDX-License-Identifier: Apache-2.0
// What a trace of level full is told of the state: after every action the handler runs, instances and counters that
// differ from what was told last; rows, copies, requests and timers when they change. Observations only: a run is
// the same whether somebody records its states or not.
#include "sim/world/component.hpp"
#include "sim/world/evaluation.hpp"
#include "sim/world/world.hpp"

namespace flowtank {
namespace {

// The bags of Wire: which of them holds what.
constexpr std::uint64_t orphans_owner = 1U << 20;
constexpr std::uint64_t unanswered_owner = 1000;

}  // namespace

void World::trace_row(std::uint32_t table, Word key, std::span<const Word> after) {
  holds(StateKind::row, table, key, 0, after.empty() ? absent_word : row_word(*this, table, after));
}

void World::copies_change(std::uint32_t subscription, Word message, int more) {
  if (!tracing_states_) return;
  const Component component{StateKind::copies, 0, subscription, message};
  const Word held = trace_->states().current(component);
  const std::int64_t count = (held == absent_word ? 0 : pool_.value(held).i) + more;
  trace_->change(component, count == 0 ? absent_word : Pool::of_int_small(count));
}

void World::bag_changed(std::uint64_t kind, std::uint64_t owner, Word item, std::uint64_t count) {
  switch (static_cast<ComponentKind>(kind)) {
    case ComponentKind::request:
      if (owner >= orphans_owner) holds_number(StateKind::on_the_way, 0, item, 0, count);
      else holds_number(StateKind::request, static_cast<std::uint32_t>(owner), item, 0, count);
      break;
    case ComponentKind::client:
      if (owner >= unanswered_owner) holds_number(StateKind::unanswered, static_cast<std::uint32_t>(owner - unanswered_owner), item, 0, count);
      break;
    case ComponentKind::timer:
      holds_number(StateKind::timer, static_cast<std::uint32_t>(owner), item, 0, count);
      if (count == 0) holds(StateKind::timer, static_cast<std::uint32_t>(owner), item, 1, absent_word);
      break;
    default: break;  // of a broker: it tells of its copies itself
  }
}

void World::trace_frame(std::uint32_t frame) {
  TracedFrame now;
  if (runs_.active(frame)) {
    now.position = cells_.peek(runs_.cell(frame, Runs::at_position));
    now.waiting = cells_.peek(runs_.cell(frame, Runs::at_waiting)) & 15;
    now.input = cells_.peek(runs_.cell(frame, Runs::at_input));
    now.attempts = Origin::unpack(cells_.peek(runs_.cell(frame, Runs::at_origin))).attempts;
  }
  TracedFrame& told = traced_frames_[frame];
  if (told == now) return;
  told = now;
  const auto field = [](RunField f) { return static_cast<std::uint8_t>(f); };
  const bool runs = now.position != 0;
  const std::uint32_t handler = runs ? runs_.handler_of(frame) : none;
  holds(StateKind::run, frame, absent_word, field(RunField::handler), runs ? Pool::of_int_small(handler) : absent_word);
  holds(StateKind::run, frame, absent_word, field(RunField::step),
        runs ? Pool::of_int_small(system_.handlers[handler].program.code[runs_.pc_of(frame)].step) : absent_word);
  holds(StateKind::run, frame, absent_word, field(RunField::input), now.input);
  holds_number(StateKind::run, frame, absent_word, field(RunField::waiting), now.waiting);
  holds_number(StateKind::run, frame, absent_word, field(RunField::attempts), now.attempts);
}

void World::trace_states() {
  traced_frames_.resize(runs_.frame_count());
  for (std::uint32_t frame = 0; frame < runs_.frame_count(); ++frame) trace_frame(frame);
  std::size_t at = 0;
  const auto number = [&](StateKind kind, std::uint32_t owner, std::uint64_t value) {
    if (at == traced_numbers_.size()) traced_numbers_.push_back(0);
    std::uint64_t& told = traced_numbers_[at++];
    if (told == value) return;
    told = value;
    holds_number(kind, owner, absent_word, 0, value);
  };
  for (std::uint32_t i = 0; i < runs_.instance_count(); ++i) {
    number(StateKind::instance, i, faults_.state_of(i));
  }
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) number(StateKind::budget, f, faults_.budget_of(f));
  for (std::uint32_t b = 0; b < system_.brokers.size(); ++b) number(StateKind::outage, b, faults_.outage_of(b));
  for (std::uint32_t c = 0; c < system_.clients.size(); ++c) number(StateKind::client, c, wire_.sent_by(c));
  for (std::uint32_t s = 0; s < system_.subscriptions.size(); ++s) number(StateKind::backlog, s, broker_of(s).unsettled(*this, s));
  if (trace_->unclaimed()) note(RecordKind::step);
}

}  // namespace flowtank
