// SPDX-License-Identifier: Apache-2.0
// What every component of a run holds, and each change of it: the deltas of a trace at the level full. A component has a
// name that a person can read (kind, owner, key, field), so that rows, queues, handler runs, timers and a broker's
// offsets are all kept by one mechanism, and the state at any record is a lookup.
//
// Invariant: the deltas of all records, applied in order to nothing, give what current() says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sim/base/pool.hpp>

#include "sim/trace/record.hpp"
#include <sim/base/word_index.hpp>

namespace flowtank {

// The numbers are part of the file format: only added to, at the end.
enum class StateKind : std::uint8_t {
  row,         // owner = table; now = the row as a record
  run,         // owner = frame; field: RunField
  copies,      // owner = subscription, key = message; now = how many copies are stored and not settled
  backlog,     // owner = subscription; now = how many copies of it are not settled, as the broker counts
  request,     // owner = service, key = the request [message, sender, attempt]; now = how many wait
  on_the_way,  // key = [channel, message]; now = how many publishes without a waiting sender are on the way
  unanswered,  // owner = client, key = the request; now = how many it waits for
  timer,       // owner = timer, key; field 0: now = set or not, field 1: when it is due
  client,      // owner = client; now = requests sent
  instance,    // owner = instance; now = 0 up, 1 down, 2 and more: paused by fault n - 2
  budget,      // owner = fault; now = strikes left
  outage,      // owner = broker; now = 0, or 1 + the fault
  broker,      // owner = broker; key and field are its own: offsets, epochs, leaders
};
inline constexpr std::size_t state_kinds = static_cast<std::size_t>(StateKind::broker) + 1;

enum class RunField : std::uint8_t { handler, step, input, waiting, attempts };
inline constexpr std::size_t run_fields = 5;

struct Component {
  StateKind kind = StateKind::row;
  std::uint8_t field = 0;
  std::uint32_t owner = 0;
  Word key = absent_word;
  friend bool operator==(const Component&, const Component&) = default;
};

struct Delta {
  RecordId record = no_record;  // the state after this record includes it
  std::uint32_t component = 0;
  Word old = absent_word;
  Word now = absent_word;
};

class StateLog {
 public:
  // A change at `record`; nothing when it is none. Numbers are words of small integers, absent is "not there".
  void change(RecordId record, const Component& component, Word now) {
    if (now == absent_word && find(component) == 0) return;
    const std::uint32_t at = number_of(component);
    Word& held = current_[at];
    if (held == now) return;
    deltas_.push_back({record, at, held, now});
    live_ += (held == absent_word ? 1U : 0U);
    live_ -= (now == absent_word ? 1U : 0U);
    held = now;
  }
  Word current(const Component& component) const {
    const std::uint32_t at = find(component);
    return at == 0 ? absent_word : current_[at - 1];
  }

  const std::vector<Component>& components() const { return components_; }
  std::size_t live() const { return live_; }  // components that hold something

  // Deltas that are not in a chunk yet, by record.
  const std::vector<Delta>& deltas() const { return deltas_; }
  // Moves those of records before `end` to `out`.
  void take_before(RecordId end, std::vector<Delta>& out);

  struct Held {
    std::uint32_t component;
    Word now;
  };
  // The state without the deltas that are not taken yet: components that hold something, by number.
  void keyframe(std::vector<Held>& out) const;

  void clear();

 private:
  static std::uint64_t hash_of(const Component& c) {
    return mix64(static_cast<std::uint64_t>(c.kind) << 56 ^ std::uint64_t{c.field} << 48 ^ std::uint64_t{c.owner}) ^ mix64(c.key + 1);
  }
  std::uint32_t number_of(const Component& component);
  std::uint32_t find(const Component& component) const;  // number + 1, or 0
  void grow();

  std::vector<Component> components_;
  std::vector<Word> current_;
  std::vector<std::uint32_t> slots_;  // number + 1; open addressing
  std::vector<Delta> deltas_;
  std::size_t live_ = 0;
};

}  // namespace flowtank
