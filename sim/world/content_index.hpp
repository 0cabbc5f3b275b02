// SPDX-License-Identifier: Apache-2.0
// A map from a Word (or an odd 64-bit hash) to a 32-bit number: where the row of a key lives, which lane a
// key has. Words of the pool are indices that grow in the order of discovery, so they are looked up in
// pages of 64 neighbours: what was found together lies together, and a long run does not pay a cache
// miss for every key as in a hash table. All other keys live in a WordIndex. A key without neighbours
// costs 256 bytes, a table whose keys are every 13th content 52. Entries are only added; nothing iterates
// it, so its layout decides nothing.
#pragma once

#include <cstdint>
#include <vector>

#include <sim/base/large_memory.hpp>
#include <sim/base/pool.hpp>

#include <sim/base/word_index.hpp>

namespace flowtank {

class ContentIndex {
 public:
  // 0 when the key is unknown.
  std::uint32_t find(std::uint64_t key) const {
    if (!Pool::is_pooled(key)) return others_.find(key);
    const std::uint64_t at = Pool::index(key), page = at / page_size;
    return page < pages_.size() ? values_[pages_[page] + at % page_size] : 0;
  }

  // Sets the number of a key (key and value are not 0).
  void put(std::uint64_t key, std::uint32_t value) {
    if (!Pool::is_pooled(key)) return others_.put(key, value);
    const std::uint64_t at = Pool::index(key), page = at / page_size;
    if (values_.empty()) values_.resize(page_size);  // page 0: nothing is known
    if (page >= pages_.size()) pages_.resize(page + 1, 0);
    if (pages_[page] == 0) {
      pages_[page] = static_cast<std::uint32_t>(values_.size());
      values_.resize(values_.size() + page_size);
    }
    values_[pages_[page] + at % page_size] = value;
  }

  void clear() {
    others_.clear();
    pages_.clear();
    values_.clear();
  }
  std::size_t memory_bytes() const {
    return others_.memory_bytes() + (pages_.capacity() + values_.capacity()) * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::uint64_t page_size = 64;
  WordIndex others_;
  std::vector<std::uint32_t> pages_;   // where in values_ the page begins; 0: not there
  LargeVector<std::uint32_t> values_;
};

}  // namespace flowtank
