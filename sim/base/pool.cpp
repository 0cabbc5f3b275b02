// SPDX-License-Identifier: Apache-2.0
// See pool.hpp. Children of a composite are pooled before it, so that two composites are compared by
// looking at their immediate items only.
#include "sim/base/pool.hpp"

#include <algorithm>
#include <cstring>

#include "sim/base/check.hpp"

namespace flowtank {
namespace {

Hash128 seed(Kind kind, std::uint32_t tag, std::uint64_t size) {
  return combine(Hash128{static_cast<std::uint64_t>(kind) + 1, tag}, size);
}

// The hash of a composite grows by one item: two multiplications, each of all of the item and half of
// what was there, so that an item with one word zero still counts.
Hash128 with_item(Hash128 h, Hash128 item) {
  const std::uint64_t a = fold_multiply(h.lo ^ item.lo ^ 0x9e3779b97f4a7c15ULL, item.hi ^ 0xa0761d6478bd642fULL);
  const std::uint64_t b = fold_multiply(h.hi ^ item.hi ^ 0xe7037ed1a0b428dbULL, item.lo ^ 0x8ebc6af09c88c6e3ULL);
  return {a + (h.hi << 23 | h.hi >> 41), b + (h.lo << 37 | h.lo >> 27)};
}

// One NaN, one zero.
double canonical(double d) {
  if (d != d) return std::bit_cast<double>(std::uint64_t{0x7ff8000000000000ULL});
  return d == 0 ? 0.0 : d;
}

bool same_shallow(const Value& a, const Value& b) {
  return a.kind == b.kind && a.tag == b.tag && a.u == b.u;
}

}  // namespace

Pool::Pool() : table_(64) {
  entries_.reserve(64);
}

std::byte* Pool::allocate(std::size_t bytes) {
  bytes = (bytes + 7) & ~std::size_t{7};
  while (chunk_ < chunks_.size() && chunks_[chunk_].size() - offset_ < bytes) {
    ++chunk_;
    offset_ = 0;
  }
  if (chunk_ == chunks_.size()) {
    chunks_.emplace_back(std::max(bytes, std::size_t{4096} << std::min<std::size_t>(chunks_.size(), 12)));
  }
  std::byte* at = chunks_[chunk_].data() + offset_;
  offset_ += bytes;
  return at;
}

void Pool::grow() {
  LargeVector<Slot> bigger(table_.size() * 2);
  const std::size_t mask = bigger.size() - 1;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t at = entries_[i].hash.lo & mask;
    while (bigger[at].index != 0) at = (at + 1) & mask;
    bigger[at] = {static_cast<std::uint32_t>(i + 1), static_cast<std::uint32_t>(entries_[i].hash.hi)};
  }
  table_.swap(bigger);
}

template <typename Same>
Pool::Slot* Pool::probe(Hash128 hash, const Same& same) {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = hash.lo & mask;
  const auto part = static_cast<std::uint32_t>(hash.hi);
  while (table_[at].index != 0) {
    if (table_[at].hash == part) {
      const Entry& entry = entries_[table_[at].index - 1];
      if (entry.hash == hash && same(entry.value)) break;
    }
    at = (at + 1) & mask;
  }
  return &table_[at];
}

Word Pool::add(Slot* slot, Entry entry) {
  FLOWTANK_CHECK(entries_.size() < 0xfffffff0U, "pool of interned values is full");
  entries_.push_back(entry);
  const std::size_t index = entries_.size() - 1;
  *slot = {static_cast<std::uint32_t>(index + 1), static_cast<std::uint32_t>(entry.hash.hi)};
  if (entries_.size() * 2 > table_.size()) grow();
  return static_cast<Word>(index) << 3 | tag_pooled;
}

Word Pool::intern_text(Kind kind, std::string_view text) {
  const Hash128 hash = hash_bytes(text, static_cast<std::uint64_t>(kind) + 1);
  Slot* slot = probe(hash, [&](const Value& v) { return v.kind == kind && v.text() == text; });
  if (slot->index != 0) return static_cast<Word>(slot->index - 1) << 3 | tag_pooled;
  auto* object = new (allocate(sizeof(Object) + text.size()))
      Object{static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(entries_.size() + 1)};
  if (!text.empty()) std::memcpy(reinterpret_cast<char*>(object + 1), text.data(), text.size());
  return add(slot, {Value::of_object(kind, object), hash});
}

Word Pool::intern_scalar(const Value& value) {
  const Hash128 hash = combine(seed(value.kind, value.tag, 0), value.u);
  Slot* slot = probe(hash, [&](const Value& v) { return same_shallow(v, value); });
  if (slot->index != 0) return static_cast<Word>(slot->index - 1) << 3 | tag_pooled;
  return add(slot, {value, hash});
}

Word Pool::intern_items(Kind kind, std::uint32_t tag, std::span<const Word> items) {
  Hash128 hash = seed(kind, tag, items.size());
  for (const Word item : items) hash = with_item(hash, content(item));
  const bool is_map = kind == Kind::map;
  const std::size_t count = is_map ? items.size() / 2 : items.size();
  Slot* slot = probe(hash, [&](const Value& v) {
    if (v.kind != kind || v.tag != tag || v.object->size != count) return false;
    const auto stored = is_map ? v.pairs() : v.items();
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!same_shallow(stored[i], this->value(items[i]))) return false;
    }
    return true;
  });
  if (slot->index != 0) return static_cast<Word>(slot->index - 1) << 3 | tag_pooled;
  auto* object = new (allocate(sizeof(Object) + items.size() * sizeof(Value)))
      Object{static_cast<std::uint32_t>(count), static_cast<std::uint32_t>(entries_.size() + 1)};
  auto* out = reinterpret_cast<Value*>(object + 1);
  for (std::size_t i = 0; i < items.size(); ++i) out[i] = value(items[i]);
  return add(slot, {Value::of_object(kind, object, tag), hash});
}

Word Pool::intern_values(Kind kind, std::uint32_t tag, std::span<const Value> items) {
  constexpr std::size_t few = 16;
  Word small[few];
  if (items.size() <= few) {
    for (std::size_t i = 0; i < items.size(); ++i) small[i] = intern(items[i]);
    return intern_items(kind, tag, {small, items.size()});
  }
  std::vector<Word> words(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) words[i] = intern(items[i]);
  return intern_items(kind, tag, words);
}

Hash128 Pool::content_of(const Value& value) {
  switch (value.kind) {
    case Kind::absent:
    case Kind::external:
    case Kind::error: return {};
    case Kind::string:
    case Kind::bytes:
    case Kind::type: return hash_bytes(value.text(), static_cast<std::uint64_t>(value.kind) + 1);
    case Kind::list:
    case Kind::map:
    case Kind::record: {
      const auto items = value.kind == Kind::map ? value.pairs() : value.items();
      Hash128 hash = seed(value.kind, value.tag, items.size());
      for (const Value& item : items) hash = with_item(hash, content_of(item));
      return hash;
    }
    default: {
      const Value plain = value.kind == Kind::real ? Value::of_real(canonical(value.d)) : value;
      const Word word = small_word(plain);
      return word != absent_word ? Hash128{word, ~word} : combine(seed(plain.kind, plain.tag, 0), plain.u);
    }
  }
}

Word Pool::small_word(const Value& value) {
  switch (value.kind) {
    case Kind::null: return of_null();
    case Kind::boolean: return of_bool(value.b);
    case Kind::int64:
    case Kind::duration: {
      if (value.i < -small_limit || value.i >= small_limit) return absent_word;
      return static_cast<Word>(value.i) << 3 | (value.kind == Kind::int64 ? tag_int : tag_duration);
    }
    case Kind::real: {
      const auto bits = std::bit_cast<std::uint64_t>(value.d);
      return (bits & 7) == 0 ? bits | tag_real : absent_word;
    }
    default: return absent_word;
  }
}

Word Pool::intern(const Value& value) {
  switch (value.kind) {
    case Kind::absent: return absent_word;
    case Kind::null: return of_null();
    case Kind::boolean: return of_bool(value.b);
    case Kind::int64:
      if (value.i >= -small_limit && value.i < small_limit) return of_int_small(value.i);
      return intern_scalar(value);
    case Kind::duration:
      if (value.i >= -small_limit && value.i < small_limit) return static_cast<Word>(value.i) << 3 | tag_duration;
      return intern_scalar(value);
    case Kind::real: {
      const Value plain = Value::of_real(canonical(value.d));
      const Word word = small_word(plain);
      return word != absent_word ? word : intern_scalar(plain);
    }
    case Kind::uint64:
    case Kind::timestamp: return intern_scalar(value);
    case Kind::string:
    case Kind::bytes:
    case Kind::type:
    case Kind::list:
    case Kind::map:
    case Kind::record: break;
    case Kind::external:
    case Kind::error: FLOWTANK_CHECK(false, "external and error values cannot be part of a state");
  }
  // Already ours: the entry is known by its index.
  if (value.object->pooled != 0 && value.object->pooled <= entries_.size() &&
      entries_[value.object->pooled - 1].value.object == value.object) {
    return static_cast<Word>(value.object->pooled - 1) << 3 | tag_pooled;
  }
  if (value.kind <= Kind::bytes || value.kind == Kind::type) return intern_text(value.kind, value.text());
  return intern_values(value.kind, value.tag, value.kind == Kind::map ? value.pairs() : value.items());
}

Word Pool::find(const Value& value) const {
  auto* self = const_cast<Pool*>(this);
  if (value.has_object()) {
    if (value.object->pooled != 0 && value.object->pooled <= entries_.size() &&
        entries_[value.object->pooled - 1].value.object == value.object) {
      return static_cast<Word>(value.object->pooled - 1) << 3 | tag_pooled;
    }
    if (value.kind <= Kind::bytes || value.kind == Kind::type) {
      const Hash128 hash = hash_bytes(value.text(), static_cast<std::uint64_t>(value.kind) + 1);
      const Slot* slot =
          self->probe(hash, [&](const Value& v) { return v.kind == value.kind && v.text() == value.text(); });
      return slot->index == 0 ? absent_word : static_cast<Word>(slot->index - 1) << 3 | tag_pooled;
    }
  }
  // Scalars and composites: interning them is harmless (append-only, bounded by what is looked up).
  if (value.kind == Kind::error || value.kind == Kind::external) return absent_word;
  return self->intern(value);
}

void Pool::truncate(const Mark& mark) {
  if (entries_.size() > 2 * mark.entries) {
    // Less is kept than dropped: start the table anew.
    entries_.resize(mark.entries);
    std::fill(table_.begin(), table_.end(), Slot{});
    const std::size_t all = table_.size() - 1;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      std::size_t at = entries_[i].hash.lo & all;
      while (table_[at].index != 0) at = (at + 1) & all;
      table_[at] = {static_cast<std::uint32_t>(i + 1), static_cast<std::uint32_t>(entries_[i].hash.hi)};
    }
    chunk_ = mark.chunk;
    offset_ = mark.offset;
    return;
  }
  // Newest first: later entries never lie before older ones in a probe sequence, so that blanking
  // their slots keeps the rest reachable.
  const std::size_t mask = table_.size() - 1;
  while (entries_.size() > mark.entries) {
    std::size_t at = entries_.back().hash.lo & mask;
    while (table_[at].index != entries_.size()) at = (at + 1) & mask;
    table_[at] = {};
    entries_.pop_back();
  }
  chunk_ = mark.chunk;
  offset_ = mark.offset;
}

std::size_t Pool::memory_bytes() const {
  std::size_t total = entries_.capacity() * sizeof(Entry) + table_.capacity() * sizeof(Slot);
  for (const auto& chunk : chunks_) total += chunk.size();
  return total;
}

}  // namespace flowtank
