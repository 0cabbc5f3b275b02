// SPDX-License-Identifier: Apache-2.0
// Interned contents. A Pool gives every distinct content one Word: 64 bits that fit a cell of the World,
// compare equal exactly when the contents are identical(), and are zero exactly when there is nothing
// (absent). Small integers, booleans and most doubles live in the word itself; everything else is an
// index into the append-only pool, which undo never touches.
//
// Invariant: the index of a content depends on the order of discovery, therefore a Word never enters a
// fingerprint, an order or an output; content() and value() do.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "sim/base/hash.hpp"
#include "sim/base/large_memory.hpp"
#include "sim/base/value.hpp"

namespace flowtank {

using Word = std::uint64_t;
inline constexpr Word absent_word = 0;

class Pool {
 public:
  Pool();

  // The word of a value; deep copies what is not pooled yet. External and error values cannot be
  // interned (CHECK).
  Word intern(const Value& value);
  Word intern_string(std::string_view text) { return intern_text(Kind::string, text); }
  // A record of type `type` or a list with these fields; the hot path of messages.
  Word intern_record(std::uint32_t type, std::span<const Word> fields) { return intern_items(Kind::record, type, fields); }
  Word intern_list(std::span<const Word> items) { return intern_items(Kind::list, 0, items); }

  static constexpr Word of_int_small(std::int64_t i) { return static_cast<Word>(i) << 3 | tag_int; }
  static constexpr Word of_bool(bool b) { return Word{b ? 2U : 1U} << 3 | tag_constant; }
  static constexpr Word of_null() { return tag_constant; }
  Word of_int(std::int64_t i) {
    return i >= -small_limit && i < small_limit ? of_int_small(i) : intern(Value::of_int(i));
  }

  // Is it an index into the pool, and which? Indices grow in the order of discovery.
  static constexpr bool is_pooled(Word word) { return (word & 7) == tag_pooled; }
  static constexpr std::uint64_t index(Word word) { return word >> 3; }

  // The value of a word; objects are owned by the pool and live as long as it does (or until truncate).
  [[gnu::always_inline]] Value value(Word word) const {
    switch (word & 7) {
      case tag_absent: return {};
      case tag_int: return Value::of_int(static_cast<std::int64_t>(word) >> 3);
      case tag_pooled: return entries_[word >> 3].value;
      case tag_constant: return word >> 3 == 0 ? Value::of_null() : Value::of_bool(word >> 3 == 2);
      case tag_real: return Value::of_real(std::bit_cast<double>(word & ~Word{7}));
      default: return Value::of_duration(static_cast<std::int64_t>(word) >> 3);
    }
  }

  // Identity of the content, independent of this pool. Absent has {0, 0}.
  [[gnu::always_inline]] Hash128 content(Word word) const {
    if ((word & 7) == tag_pooled) return entries_[word >> 3].hash;
    return word == 0 ? Hash128{} : Hash128{word, ~word};
  }

  // content() of the word that intern() would give; nothing is interned. External and error values have {0, 0}.
  static Hash128 content_of(const Value& value);

  // The interned word of a value if it exists; absent_word otherwise. Never grows the pool.
  Word find(const Value& value) const;

  // Everything interned after mark() can be dropped at once (a World is reset, not rebuilt).
  struct Mark {
    std::size_t entries;
    std::size_t chunk;
    std::size_t offset;
  };
  Mark mark() const { return {entries_.size(), chunk_, offset_}; }
  void truncate(const Mark& mark);

  std::size_t size() const { return entries_.size(); }
  std::size_t memory_bytes() const;

 private:
  struct Entry {
    Value value;
    Hash128 hash;
  };
  // Part of the hash lies beside the index, so that a probe looks only at entries that are most likely equal.
  struct Slot {
    std::uint32_t index = 0;  // index + 1; 0 = free
    std::uint32_t hash = 0;
  };
  static constexpr Word tag_absent = 0, tag_int = 1, tag_pooled = 2, tag_constant = 3, tag_real = 4, tag_duration = 5;
  static constexpr std::int64_t small_limit = std::int64_t{1} << 60;

  // The word of a scalar that fits one (reals: canonical), else absent_word.
  static Word small_word(const Value& value);
  Word intern_text(Kind kind, std::string_view text);
  Word intern_scalar(const Value& value);
  Word intern_items(Kind kind, std::uint32_t tag, std::span<const Word> items);
  Word intern_values(Kind kind, std::uint32_t tag, std::span<const Value> items);
  template <typename Same>
  Slot* probe(Hash128 hash, const Same& same);
  Word add(Slot* slot, Entry entry);
  std::byte* allocate(std::size_t bytes);
  void grow();

  LargeVector<Entry> entries_;
  LargeVector<Slot> table_;  // open addressing
  std::vector<LargeVector<std::byte>> chunks_;
  std::size_t chunk_ = 0;
  std::size_t offset_ = 0;
};

}  // namespace flowtank
