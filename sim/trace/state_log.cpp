// SPDX-License-Identifier: Apache-2.0
// See state_log.hpp. Components are numbered in the order in which they first change; the hash decides where a number
// is found and nothing else.
#include "sim/trace/state_log.hpp"

#include <algorithm>

namespace flowtank {

std::uint32_t StateLog::find(const Component& component) const {
  if (slots_.empty()) return 0;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash_of(component) & mask;; at = (at + 1) & mask) {
    if (slots_[at] == 0 || components_[slots_[at] - 1] == component) return slots_[at];
  }
}

void StateLog::grow() {
  slots_.assign(slots_.empty() ? 1024 : slots_.size() * 2, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < components_.size(); ++i) {
    std::size_t at = hash_of(components_[i]) & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

std::uint32_t StateLog::number_of(const Component& component) {
  if (const std::uint32_t known = find(component)) return known - 1;
  if ((components_.size() + 1) * 2 > slots_.size()) grow();
  components_.push_back(component);
  current_.push_back(absent_word);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash_of(component) & mask;
  while (slots_[at] != 0) at = (at + 1) & mask;
  slots_[at] = static_cast<std::uint32_t>(components_.size());
  return static_cast<std::uint32_t>(components_.size() - 1);
}

void StateLog::take_before(RecordId end, std::vector<Delta>& out) {
  const auto last = std::find_if(deltas_.begin(), deltas_.end(), [end](const Delta& d) { return d.record >= end; });
  out.insert(out.end(), deltas_.begin(), last);
  deltas_.erase(deltas_.begin(), last);
}

void StateLog::keyframe(std::vector<Held>& out) const {
  std::vector<Word> before = current_;
  for (auto delta = deltas_.rbegin(); delta != deltas_.rend(); ++delta) before[delta->component] = delta->old;
  out.clear();
  for (std::uint32_t at = 0; at < before.size(); ++at) {
    if (before[at] != absent_word) out.push_back({at, before[at]});
  }
}

void StateLog::clear() {
  components_.clear();
  current_.clear();
  slots_.clear();
  deltas_.clear();
  live_ = 0;
}

}  // namespace flowtank
