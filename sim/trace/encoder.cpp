// SPDX-License-Identifier: Apache-2.0
// See encoder.hpp and FORMAT.md. A column stores its least number and the distance from it, in as many bytes as the largest
// distance needs.
#include "sim/trace/encoder.hpp"

#include <algorithm>

#include <sim/base/check.hpp>

#include "sim/trace/varint.hpp"

namespace flowtank {

using namespace trace_format;  // NOLINT: the words of the format

void ChunkEncoder::add_bytes(const Value& value, std::uint32_t number) {
  const auto tag = [&](ValueTag t) { blob_.push_back(static_cast<std::byte>(t)); };
  const auto text = [&](ValueTag t) {
    tag(t);
    const auto* bytes = reinterpret_cast<const std::byte*>(value.text().data());
    blob_.insert(blob_.end(), bytes, bytes + value.text().size());
  };
  const auto child = [&](const Value& item) {
    const std::uint32_t of = number_of_value(item);
    put_varint(blob_, of == 0 ? 0 : number - of);
  };
  switch (value.kind) {
    case Kind::null: tag(ValueTag::null); break;
    case Kind::boolean: tag(value.b ? ValueTag::yes : ValueTag::no); break;
    case Kind::int64:
      tag(ValueTag::int64);
      put_varint(blob_, zigzag(value.i));
      break;
    case Kind::uint64:
      tag(ValueTag::uint64);
      put_varint(blob_, value.u);
      break;
    case Kind::real:
      tag(ValueTag::real);
      blob_.resize(blob_.size() + 8);
      put(blob_.data() + blob_.size() - 8, value.u);
      break;
    case Kind::string: text(ValueTag::string); break;
    case Kind::bytes: text(ValueTag::bytes); break;
    case Kind::type: text(ValueTag::type); break;
    case Kind::timestamp:
      tag(ValueTag::timestamp);
      put_varint(blob_, zigzag(value.i));
      put_varint(blob_, value.tag);
      break;
    case Kind::duration:
      tag(ValueTag::duration);
      put_varint(blob_, zigzag(value.i));
      break;
    case Kind::list:
      tag(ValueTag::list);
      for (const Value& item : value.items()) child(item);
      break;
    case Kind::map:
      tag(ValueTag::map);
      for (const Value& item : value.pairs()) child(item);
      break;
    case Kind::record:
      tag(ValueTag::record);
      put_varint(blob_, value.tag);
      for (const Value& item : value.items()) child(item);
      break;
    case Kind::absent:
    case Kind::external:
    case Kind::error: FLOWTANK_CHECK(false, "such a value cannot be part of a record");
  }
}

std::uint32_t ChunkEncoder::number_of(Word word) {
  if (word == absent_word) return 0;
  if (Pool::is_pooled(word)) {
    const std::uint64_t index = Pool::index(word);
    if (index < pooled_.size() && pooled_[index] != 0) return pooled_[index];
  } else if (const std::uint32_t known = others_.find(word)) {
    return known;
  }
  return add(word);
}

// Parts are numbered before the whole.
std::uint32_t ChunkEncoder::add(Word word) {
  const Value value = pool_.value(word);
  if (value.is(Kind::list) || value.is(Kind::record)) {
    for (const Value& item : value.items()) number_of_value(item);
  } else if (value.is(Kind::map)) {
    for (const Value& item : value.pairs()) number_of_value(item);
  }
  FLOWTANK_CHECK(progress_.values < 0xfffffff0U, "a trace holds at most 2^32 values");
  const std::uint32_t number = ++progress_.values;
  if (Pool::is_pooled(word)) {
    const std::uint64_t index = Pool::index(word);
    if (index >= pooled_.size()) pooled_.resize(std::max<std::size_t>(index + 1, pooled_.size() * 2));
    pooled_[index] = number;
  } else {
    others_.put(word, number);
  }
  add_bytes(value, number);
  ends_.push_back(static_cast<std::uint32_t>(blob_.size()));
  return number;
}

template <typename F>
void ChunkEncoder::column(ColumnId id, std::size_t count, F&& value) {
  std::uint64_t least = ~std::uint64_t{0}, most = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t v = value(i);
    least = std::min(least, v);
    most = std::max(most, v);
  }
  if (count == 0) least = 0;
  const unsigned width = width_of(count == 0 ? 0 : most - least);
  const std::size_t at = chunk_header_bytes + static_cast<std::size_t>(id) * column_entry_bytes;
  const std::size_t begin = used_;
  used_ += width * count;
  if (out_.size() < used_ + slack_bytes) out_.resize((used_ + slack_bytes) * 2);
  put(out_.data() + at, least);
  put(out_.data() + at + 8, static_cast<std::uint32_t>(begin));
  put(out_.data() + at + 12, std::uint32_t{width});
  if (width == 0) return;
  std::byte* to = out_.data() + begin;
  for (std::size_t i = 0; i < count; ++i, to += width) put(to, value(i) - least);
}

void ChunkEncoder::translate(const RawChunk& chunk) {
  blob_.clear();
  ends_.clear();
  const auto words = [&](std::vector<std::uint32_t>& to, const auto& from) {
    to.resize(chunk.count);
    for (std::uint32_t i = 0; i < chunk.count; ++i) to[i] = number_of(from[i]);
  };
  words(subject_, chunk.subject);
  words(key_, chunk.key);
  words(before_, chunk.before);
  words(detail_, chunk.detail);
  words(says_, chunk.says);
  component_key_.clear();
  for (const Component& component : chunk.components) component_key_.push_back(number_of(component.key));
  old_.clear();
  now_.clear();
  for (const Delta& delta : chunk.deltas) {
    old_.push_back(number_of(delta.old));
    now_.push_back(number_of(delta.now));
  }
  held_.clear();
  for (const StateLog::Held& held : chunk.keyframe) held_.push_back(number_of(held.now));
}

void ChunkEncoder::record_columns(const RawChunk& chunk) {
  const std::size_t n = chunk.count;
  // Times as offsets from the chunk's first, so that a run before the start of time would do too.
  column(ColumnId::time, n, [&](std::size_t i) { return static_cast<std::uint64_t>(chunk.time[i]) - static_cast<std::uint64_t>(chunk.time[0]); });
  column(ColumnId::kind, n, [&](std::size_t i) { return std::uint64_t{chunk.kind[i]}; });
  column(ColumnId::outcome, n, [&](std::size_t i) { return std::uint64_t{chunk.outcome[i]}; });
  // "None" is all ones in memory and 0 in the file.
  column(ColumnId::service, n, [&](std::size_t i) { return std::uint64_t{static_cast<std::uint16_t>(chunk.service[i] + 1)}; });
  column(ColumnId::instance, n, [&](std::size_t i) { return std::uint64_t{chunk.instance[i]}; });
  column(ColumnId::handler, n, [&](std::size_t i) { return std::uint64_t{static_cast<std::uint16_t>(chunk.handler[i] + 1)}; });
  column(ColumnId::step, n, [&](std::size_t i) { return std::uint64_t{chunk.step[i] + 1}; });
  column(ColumnId::place, n, [&](std::size_t i) { return std::uint64_t{chunk.place[i] + 1}; });
  column(ColumnId::subject, n, [&](std::size_t i) { return std::uint64_t{subject_[i]}; });
  column(ColumnId::key, n, [&](std::size_t i) { return std::uint64_t{key_[i]}; });
  column(ColumnId::before, n, [&](std::size_t i) { return std::uint64_t{before_[i]}; });
  column(ColumnId::detail, n, [&](std::size_t i) { return std::uint64_t{detail_[i]}; });
  column(ColumnId::says, n, [&](std::size_t i) { return std::uint64_t{says_[i]}; });
  // Parents as distances back; 0: none.
  const auto back = [&](const auto& parents, std::size_t i) {
    const std::uint64_t id = chunk.first + i;
    return parents[i] < id ? id - parents[i] : 0;
  };
  column(ColumnId::parent, n, [&](std::size_t i) { return back(chunk.parent, i); });
  column(ColumnId::other_parent, n, [&](std::size_t i) { return back(chunk.other_parent, i); });
}

void ChunkEncoder::state_columns(const RawChunk& chunk) {
  const auto& components = chunk.components;
  column(ColumnId::component_kind, components.size(), [&](std::size_t i) { return static_cast<std::uint64_t>(components[i].kind); });
  column(ColumnId::component_field, components.size(), [&](std::size_t i) { return std::uint64_t{components[i].field}; });
  column(ColumnId::component_owner, components.size(), [&](std::size_t i) { return std::uint64_t{components[i].owner}; });
  column(ColumnId::component_key, components.size(), [&](std::size_t i) { return std::uint64_t{component_key_[i]}; });
  const auto& deltas = chunk.deltas;
  column(ColumnId::delta_record, deltas.size(), [&](std::size_t i) { return std::uint64_t{deltas[i].record - chunk.first}; });
  column(ColumnId::delta_component, deltas.size(), [&](std::size_t i) { return std::uint64_t{deltas[i].component}; });
  column(ColumnId::delta_old, deltas.size(), [&](std::size_t i) { return std::uint64_t{old_[i]}; });
  column(ColumnId::delta_now, deltas.size(), [&](std::size_t i) { return std::uint64_t{now_[i]}; });
  const auto& held = chunk.keyframe;
  column(ColumnId::held_component, held.size(), [&](std::size_t i) { return std::uint64_t{held[i].component}; });
  column(ColumnId::held_now, held.size(), [&](std::size_t i) { return std::uint64_t{held_[i]}; });
}

Bytes ChunkEncoder::encode(const RawChunk& chunk) {
  const std::uint32_t first_value = progress_.values + 1;
  translate(chunk);
  used_ = chunk_header_bytes + columns * column_entry_bytes;
  if (out_.size() < used_ + slack_bytes) out_.resize(std::size_t{1} << 18);
  std::fill(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(used_), std::byte{0});
  record_columns(chunk);
  column(ColumnId::value_end, ends_.size(), [&](std::size_t i) { return std::uint64_t{ends_[i]}; });
  const std::size_t entry = chunk_header_bytes + static_cast<std::size_t>(ColumnId::value_bytes) * column_entry_bytes;
  put(out_.data() + entry, std::uint64_t{blob_.size()});
  put(out_.data() + entry + 8, static_cast<std::uint32_t>(used_));
  if (out_.size() < used_ + blob_.size() + slack_bytes) out_.resize((used_ + blob_.size() + slack_bytes) * 2);
  std::copy(blob_.begin(), blob_.end(), out_.begin() + static_cast<std::ptrdiff_t>(used_));
  used_ += blob_.size();
  state_columns(chunk);
  const std::size_t total = (used_ + slack_bytes + 7) & ~std::size_t{7};
  if (out_.size() < total) out_.resize(total);
  std::fill(out_.begin() + static_cast<std::ptrdiff_t>(used_), out_.begin() + static_cast<std::ptrdiff_t>(total), std::byte{0});
  FLOWTANK_CHECK(total <= 0xffffffffU, "a chunk of a trace is smaller than 4 GB");
  used_ = total;

  KindSet kinds = 0;
  for (std::uint32_t i = 0; i < chunk.count; ++i) kinds |= KindSet{1} << chunk.kind[i];
  if (chunk.has_keyframe) progress_.last_keyframe = progress_.chunks;
  progress_.last_time = chunk.time[chunk.count - 1];
  std::byte* h = out_.data();
  put(h, chunk_magic);
  put(h + 4, static_cast<std::uint32_t>(total));
  put(h + 16, progress_.chunks);
  put(h + 20, chunk.first);
  put(h + 24, chunk.count);
  put(h + 28, static_cast<std::uint32_t>(columns));
  put(h + 32, chunk.time[0]);
  put(h + 40, progress_.last_time);
  put(h + 48, first_value);
  put(h + 52, static_cast<std::uint32_t>(ends_.size()));
  put(h + 56, chunk.first_component);
  put(h + 60, static_cast<std::uint32_t>(chunk.components.size()));
  put(h + 64, static_cast<std::uint32_t>(chunk.deltas.size()));
  put(h + 68, static_cast<std::uint32_t>(chunk.keyframe.size()));
  put(h + 72, chunk.has_keyframe ? chunk_has_keyframe : 0U);
  put(h + 76, progress_.last_keyframe);
  put(h + 80, kinds);
  put(h + 88, progress_.running);
  const std::uint64_t sum = checksum(Bytes(out_).subspan(16, total - 16));
  put(h + 8, sum);
  progress_.running = run_on(progress_.running, sum);
  ++progress_.chunks;
  progress_.records += chunk.count;
  progress_.components = chunk.first_component + static_cast<std::uint32_t>(chunk.components.size());
  return Bytes(out_).first(total);
}

void ChunkEncoder::append_index_entry(std::uint64_t offset, std::vector<std::byte>& out) const {
  const std::byte* h = out_.data();
  out.resize(out.size() + index_entry_bytes);
  std::byte* e = out.data() + out.size() - index_entry_bytes;
  put(e, offset);
  std::copy(h + 4, h + 8, e + 8);      // bytes
  std::copy(h + 20, h + 28, e + 12);   // first record, records
  std::copy(h + 72, h + 76, e + 20);   // flags
  std::copy(h + 32, h + 48, e + 24);   // first and last time
  std::copy(h + 48, h + 52, e + 40);   // first value
  std::copy(h + 56, h + 60, e + 44);   // first component
  std::copy(h + 80, h + 88, e + 48);   // kinds
  std::copy(h + 64, h + 68, e + 56);   // deltas
  std::copy(h + 76, h + 80, e + 60);   // chunk of the keyframe
}

}  // namespace flowtank
