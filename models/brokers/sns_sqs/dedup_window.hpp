// SPDX-License-Identifier: Apache-2.0
// What a FIFO queue or topic remembers of deduplication ids: each for five minutes from the first send that was accepted, also
// after its message was received and deleted (SQS-DEDUP-1). A suppressed send does not begin the window anew.
// Under exploration there is no time and the window does not end; then what is remembered is part of the state.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include <sim/world/cells.hpp>
#include <sim/world/component.hpp>
#include <sim/world/content_index.hpp>

namespace flowtank::sns_sqs {

class DedupWindow {
 public:
  static constexpr std::int64_t length_ns = 300'000'000'000;

  void build(std::uint64_t owner) { owner_ = owner; }
  void forget() {
    index_.clear();
    cells_.clear();
    reset();
  }
  void reset() {
    accepted_.clear();
    order_.clear();
  }

  // The note of the send that was accepted with this id, if that is less than five minutes ago; else nullptr, and from now on
  // `note` is the note of this id. Notes are the caller's own and not part of the state; the pointer is good until the
  // next call.
  const std::uint64_t* accepted_before(Cells& cells, const Pool& pool, Word id, std::int64_t now, std::uint64_t note) {
    if (cells.tracking()) return tracked(cells, pool, id);
    while (!order_.empty() && order_.front().first <= now - length_ns) {
      const auto known = accepted_.find(order_.front().second);
      if (known != accepted_.end() && known->second.first == order_.front().first) accepted_.erase(known);
      order_.pop_front();
    }
    const auto [at, is_new] = accepted_.try_emplace(id, now, note);
    if (!is_new) return &at->second.second;
    order_.emplace_back(now, id);
    return nullptr;
  }

 private:
  const std::uint64_t* tracked(Cells& cells, const Pool& pool, Word id) {
    std::uint32_t at = index_.find(id);
    if (at == 0) {
      cells_.push_back(cells.allocate(Cells::Holds::number, component_key(ComponentKind::idempotency_key, owner_, pool.content(id), 7)));
      at = static_cast<std::uint32_t>(cells_.size());
      index_.put(id, at);
    }
    static constexpr std::uint64_t nothing = 0;
    if (cells.get(cells_[at - 1]) != 0) return &nothing;
    cells.set(cells_[at - 1], 1);
    return nullptr;
  }

  std::uint64_t owner_ = 0;
  std::map<Word, std::pair<std::int64_t, std::uint64_t>> accepted_;  // timed: when, and the note
  std::deque<std::pair<std::int64_t, Word>> order_;
  ContentIndex index_;       // explorations
  std::vector<Cell> cells_;
};

}  // namespace flowtank::sns_sqs
