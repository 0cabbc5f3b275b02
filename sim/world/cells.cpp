// SPDX-License-Identifier: Apache-2.0
// See cells.hpp: fingerprint shares, undo and the exact encoding.
#include "sim/world/cells.hpp"

#include <algorithm>

namespace flowtank {

Cell Cells::allocate(Holds holds, std::uint64_t key) {
  cells_.push_back(0);
  if (tracking_) keys_.push_back(holds == Holds::quiet ? 0 : key << 2 | static_cast<std::uint64_t>(holds));
  return static_cast<Cell>(cells_.size() - 1);
}

inline uint128 Cells::share(Cell cell, std::uint64_t value) const {
  if (value == 0) return 0;
  const std::uint64_t key = keys_[cell];
  const Hash128 content =
      (key & 3) == static_cast<std::uint64_t>(Holds::word) ? pool_->content(value) : Hash128{value, 0};
  return fingerprint_share(key, content);
}

void Cells::next_pass() const {
  if (seen_in_.size() < cells_.size()) seen_in_.resize(cells_.size() + cells_.size() / 2, 0);
  if (++pass_ == 0) {
    std::fill(seen_in_.begin(), seen_in_.end(), 0U);
    pass_ = 1;
  }
}

// The first entry of a cell since the last time has what the fingerprint knows of it.
void Cells::bring_up_to_date() const {
  next_pass();
  uint128 difference = 0;
  for (std::size_t i = hashed_; i < log_.size(); ++i) {
    const Undo& entry = log_[i];
    if (keys_[entry.cell] == 0 || seen_in_[entry.cell] == pass_) continue;
    seen_in_[entry.cell] = pass_;
    const std::uint64_t now = cells_[entry.cell];
    if (now != entry.old) difference += share(entry.cell, now) - share(entry.cell, entry.old);
  }
  fingerprint_ += difference;
  hashed_ = log_.size();
}

void Cells::note(Cell cell, Access access) const {
  if (keys_[cell] != 0) footprint_->push_back({keys_[cell] >> 2, access, cell});
}

void Cells::changes_since(const Mark& mark, std::vector<Change>& out) const {
  next_pass();
  for (std::size_t i = mark.log; i < log_.size(); ++i) {
    const Undo& entry = log_[i];
    if (seen_in_[entry.cell] == pass_) continue;
    seen_in_[entry.cell] = pass_;
    const std::uint64_t now = cells_[entry.cell];
    if (now != entry.old) out.push_back({entry.cell, now});
  }
}

uint128 Cells::recomputed_fingerprint() const {
  uint128 sum = 0;
  for (Cell cell = 1; cell < keys_.size(); ++cell) {
    if (keys_[cell] != 0) sum += share(cell, cells_[cell]);
  }
  return sum;
}

void Cells::encode(std::string& out) const {
  std::vector<std::pair<std::uint64_t, Cell>> present;
  for (Cell cell = 1; cell < keys_.size(); ++cell) {
    if (keys_[cell] != 0 && cells_[cell] != 0) present.emplace_back(keys_[cell], cell);
  }
  std::sort(present.begin(), present.end());
  auto put = [&](std::uint64_t x) {
    for (int k = 0; k < 8; ++k) out.push_back(static_cast<char>(x >> (8 * k)));
  };
  for (const auto& [key, cell] : present) {
    put(key);
    if ((key & 3) == static_cast<std::uint64_t>(Holds::word)) {
      flowtank::encode(pool_->value(cells_[cell]), out);
    } else {
      put(cells_[cell]);
    }
  }
}

void Cells::truncate_and_zero(std::size_t size) {
  cells_.resize(size);
  if (tracking_) keys_.resize(size);
  std::fill(cells_.begin(), cells_.end(), 0);
  log_.clear();
  fingerprint_ = 0;
  hashed_ = 0;
}

std::size_t Cells::memory_bytes() const {
  return (cells_.capacity() + keys_.capacity()) * sizeof(std::uint64_t) + log_.capacity() * sizeof(Undo) +
         seen_in_.capacity() * sizeof(std::uint32_t);
}

}  // namespace flowtank
