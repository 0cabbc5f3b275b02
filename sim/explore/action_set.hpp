// SPDX-License-Identifier: Apache-2.0
// Sets of actions by number, as bits. Closures of stubborn sets are unions and differences of such sets, a
// few words each, computed for every state of a search. Invariant: bits past the universe are zero.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace flowtank::explore {

class ActionSet {
 public:
  ActionSet() = default;
  explicit ActionSet(std::uint32_t universe) : words_((universe + 63) / 64) {}

  void clear() { words_.assign(words_.size(), 0); }
  void insert(std::uint32_t action) { words_[action / 64] |= bit(action); }
  bool contains(std::uint32_t action) const { return (words_[action / 64] & bit(action)) != 0; }
  std::uint32_t size() const {
    int count = 0;
    for (const std::uint64_t word : words_) count += std::popcount(word);
    return static_cast<std::uint32_t>(count);
  }
  bool intersects(const ActionSet& other) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if ((words_[i] & other.words_[i]) != 0) return true;
    }
    return false;
  }
  std::uint32_t common(const ActionSet& other) const {
    int count = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) count += std::popcount(words_[i] & other.words_[i]);
    return static_cast<std::uint32_t>(count);
  }
  /// Inserts all of `other`; calls each(a) for every action that was not there.
  template <typename Each>
  void unite(const ActionSet& other, Each&& each) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      std::uint64_t fresh = other.words_[i] & ~words_[i];
      words_[i] |= fresh;
      for (; fresh != 0; fresh &= fresh - 1) {
        each(static_cast<std::uint32_t>(i * 64) + static_cast<std::uint32_t>(std::countr_zero(fresh)));
      }
    }
  }

 private:
  static std::uint64_t bit(std::uint32_t action) { return std::uint64_t{1} << (action % 64); }

  std::vector<std::uint64_t> words_;
};

}  // namespace flowtank::explore
