// SPDX-License-Identifier: Apache-2.0
// From the dictionary's bytes to contents. A value refers to earlier ones only, so it cannot contain itself; its depth and
// its size written out are bounded here.
#include "sim/trace/file_records.hpp"

#include <algorithm>

#include "sim/trace/varint.hpp"

namespace flowtank {

using namespace trace_format;  // NOLINT: the words of the format

Record FileRecords::operator[](std::size_t id) const {
  Record r = reader_.record(static_cast<RecordId>(id));
  r.subject = word(r.subject);
  r.key = word(r.key);
  r.before = word(r.before);
  r.detail = word(r.detail);
  r.says = word(r.says);
  return r;
}

Word FileRecords::word(std::uint64_t number) const {
  if (number == 0) return absent_word;
  std::uint32_t size = 0;
  return parse(static_cast<std::uint32_t>(std::min<std::uint64_t>(number, 0xffffffffU)), 0, size);
}

void FileRecords::forget_when_large() const {
  if (words_.size() < (std::size_t{1} << 18)) return;
  pool_ = Pool();
  known_.clear();
  words_.clear();
  sizes_.clear();
}

Word FileRecords::parse(std::uint32_t number, int depth, std::uint32_t& size) const {
  if (const std::uint32_t at = known_.find(number)) {
    size += sizes_[at - 1];
    return words_[at - 1];
  }
  const Bytes bytes = reader_.value_bytes(number);
  ByteReader in(bytes);
  const auto tag = static_cast<ValueTag>(in.byte());
  std::uint32_t parts = 1;
  Word word = absent_word;
  std::vector<Word> items;
  const auto children = [&] {
    while (in.left() != 0 && in.good() && parts < largest) {
      const std::uint64_t back = in.varint();
      const bool inside = back != 0 && back < number && depth < deepest;
      items.push_back(inside ? parse(static_cast<std::uint32_t>(number - back), depth + 1, parts) : Pool::of_null());
      parts += inside ? 0 : 1;
    }
  };
  const auto text = [&](Kind kind) {
    Arena arena;
    const Value value = arena.make_text(kind, in.rest());
    word = value.is(Kind::absent) ? pool_.intern_string("(too large)") : pool_.intern(value);
  };
  switch (tag) {
    case ValueTag::null: word = Pool::of_null(); break;
    case ValueTag::no: word = Pool::of_bool(false); break;
    case ValueTag::yes: word = Pool::of_bool(true); break;
    case ValueTag::int64: word = pool_.of_int(unzigzag(in.varint())); break;
    case ValueTag::uint64: word = pool_.intern(Value::of_uint(in.varint())); break;
    case ValueTag::real: {
      Value value = Value::of_real(0);
      value.u = in.word();
      word = pool_.intern(value);
      break;
    }
    case ValueTag::string: text(Kind::string); break;
    case ValueTag::bytes: text(Kind::bytes); break;
    case ValueTag::type: text(Kind::type); break;
    case ValueTag::timestamp: {
      const std::int64_t seconds = unzigzag(in.varint());
      // Outside CEL's years 1 to 9999 nothing prints it.
      constexpr std::int64_t first = -62135596800, last = 253402300799;
      const auto nanos = static_cast<std::uint32_t>(std::min<std::uint64_t>(in.varint(), 999'999'999));
      word = pool_.intern(Value::of_timestamp(std::clamp(seconds, first, last), nanos));
      break;
    }
    case ValueTag::duration: word = pool_.intern(Value::of_duration(unzigzag(in.varint()))); break;
    case ValueTag::list:
      children();
      word = pool_.intern_list(items);
      break;
    case ValueTag::map: {
      children();
      if (items.size() % 2 != 0) items.push_back(Pool::of_null());
      std::vector<Value> pairs;
      for (const Word item : items) pairs.push_back(pool_.value(item));
      Arena arena;
      const Value value = arena.make_map(pairs);
      word = value.is(Kind::absent) ? pool_.intern_string("(too large)") : pool_.intern(value);
      break;
    }
    case ValueTag::record: {
      const auto type = static_cast<std::uint32_t>(in.varint());
      children();
      word = pool_.intern_record(type, items);
      break;
    }
    default: word = pool_.intern_string("(of a kind that this version does not know)"); break;
  }
  if (bytes.empty() || !in.good()) word = pool_.intern_string("(damaged)");
  if (parts >= largest) word = pool_.intern_string("(too large)");
  parts = parts >= largest ? 1 : parts;
  words_.push_back(word);
  sizes_.push_back(parts);
  known_.put(number, static_cast<std::uint32_t>(words_.size()));
  size += parts;
  return word;
}

}  // namespace flowtank
