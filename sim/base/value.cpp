// SPDX-License-Identifier: Apache-2.0
// See value.hpp: order, canonical encoding, text form and the arena of values.
#include "sim/base/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "sim/base/check.hpp"

namespace flowtank {
namespace {

double canonical(double d) {
  if (d != d) return std::bit_cast<double>(std::uint64_t{0x7ff8000000000000ULL});
  return d == 0 ? 0.0 : d;
}

template <typename T>
int three_way(T a, T b) { return a < b ? -1 : (b < a ? 1 : 0); }

int compare_real(double a, double b) {
  const bool a_nan = a != a, b_nan = b != b;
  if (a_nan || b_nan) return static_cast<int>(b_nan) - static_cast<int>(a_nan);
  return three_way(a, b);
}

int compare_text(std::string_view a, std::string_view b) {
  const int c = a.compare(b);
  return c < 0 ? -1 : (c > 0 ? 1 : 0);
}

int compare_items(std::span<const Value> a, std::span<const Value> b) {
  const std::size_t n = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < n; ++i) {
    if (const int c = compare(a[i], b[i])) return c;
  }
  return three_way(a.size(), b.size());
}

void put_u64(std::string& out, std::uint64_t x) {
  for (int k = 0; k < 8; ++k) out.push_back(static_cast<char>(x >> (8 * k)));
}

}  // namespace

int compare(const Value& a, const Value& b) {
  if (a.kind != b.kind) return three_way(a.kind, b.kind);
  switch (a.kind) {
    case Kind::absent:
    case Kind::null: return 0;
    case Kind::boolean: return three_way(a.b, b.b);
    case Kind::int64:
    case Kind::duration: return three_way(a.i, b.i);
    case Kind::uint64: return three_way(a.u, b.u);
    case Kind::real: return compare_real(a.d, b.d);
    case Kind::timestamp: return a.i != b.i ? three_way(a.i, b.i) : three_way(a.tag, b.tag);
    case Kind::external: return a.tag != b.tag ? three_way(a.tag, b.tag) : three_way(a.u, b.u);
    default: break;
  }
  if (a.object == b.object && a.tag == b.tag) return 0;
  switch (a.kind) {
    case Kind::list: return compare_items(a.items(), b.items());
    case Kind::record:
      return a.tag != b.tag ? three_way(a.tag, b.tag) : compare_items(a.items(), b.items());
    case Kind::map: return compare_items(a.pairs(), b.pairs());
    default: return compare_text(a.text(), b.text());
  }
}

void* Arena::allocate(std::size_t bytes) {
  bytes = (bytes + 7) & ~std::size_t{7};
  if (bytes > limit_ - std::min(used_, limit_)) return nullptr;
  while (chunk_ < chunks_.size() && chunks_[chunk_].size - offset_ < bytes) {
    ++chunk_;
    offset_ = 0;
  }
  if (chunk_ == chunks_.size()) {
    const std::size_t size = std::max<std::size_t>(bytes, std::size_t{4096} << std::min<std::size_t>(chunks_.size(), 12));
    chunks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
  }
  void* at = chunks_[chunk_].memory.get() + offset_;
  offset_ += bytes;
  used_ += bytes;
  return at;
}

void Arena::reset() {
  chunk_ = 0;
  offset_ = 0;
  used_ = 0;
}

Value Arena::make_text(Kind kind, std::string_view text, std::uint32_t tag) {
  Value v = make_concat(kind, text, {});
  v.tag = tag;
  return v;
}

Value Arena::make_concat(Kind kind, std::string_view left, std::string_view right) {
  const std::size_t size = left.size() + right.size();
  if (size > 0xffffffffU) return {};
  void* at = allocate(sizeof(Object) + size);
  if (at == nullptr) return {};
  auto* object = new (at) Object{static_cast<std::uint32_t>(size), 0};
  char* text = reinterpret_cast<char*>(object + 1);
  if (!left.empty()) std::memcpy(text, left.data(), left.size());
  if (!right.empty()) std::memcpy(text + left.size(), right.data(), right.size());
  return Value::of_object(kind, object);
}

Value Arena::make_items(Kind kind, std::span<const Value> items, std::uint32_t tag) {
  if (items.size() > 0xffffffffU) return {};
  void* at = allocate(sizeof(Object) + items.size_bytes());
  if (at == nullptr) return {};
  auto* object = new (at) Object{static_cast<std::uint32_t>(items.size()), 0};
  std::copy(items.begin(), items.end(), reinterpret_cast<Value*>(object + 1));
  return Value::of_object(kind, object, tag);
}

Value Arena::make_map(std::span<const Value> pairs) {
  Value v = make_items(Kind::map, pairs);
  if (v.kind == Kind::map) const_cast<Object*>(v.object)->size /= 2;
  return v;
}

void encode(const Value& value, std::string& out) {
  out.push_back(static_cast<char>(value.kind));
  switch (value.kind) {
    case Kind::absent:
    case Kind::null: return;
    case Kind::boolean: out.push_back(value.b ? 1 : 0); return;
    case Kind::int64:
    case Kind::duration:
    case Kind::uint64: put_u64(out, value.u); return;
    case Kind::real: put_u64(out, std::bit_cast<std::uint64_t>(canonical(value.d))); return;
    case Kind::timestamp: put_u64(out, value.u); put_u64(out, value.tag); return;
    case Kind::string:
    case Kind::bytes:
    case Kind::type:
      put_u64(out, value.object->size);
      out += value.text();
      return;
    case Kind::list:
    case Kind::record:
      put_u64(out, (std::uint64_t{value.tag} << 32) | value.object->size);
      for (const Value& item : value.items()) encode(item, out);
      return;
    case Kind::map:
      put_u64(out, value.object->size);
      for (const Value& item : value.pairs()) encode(item, out);
      return;
    case Kind::external:
    case Kind::error: break;
  }
  FLOWTANK_CHECK(false, "external and error values are not part of a state");
}

namespace {

void append_quoted(std::string_view text, std::string& out) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

void append_text(const Value& value, bool nested, std::string& out) {
  switch (value.kind) {
    case Kind::absent: out += "(absent)"; return;
    case Kind::null: out += "null"; return;
    case Kind::boolean: out += value.b ? "true" : "false"; return;
    case Kind::int64: out += fmt::format("{}", value.i); return;
    case Kind::uint64: out += fmt::format("{}u", value.u); return;
    case Kind::real: out += fmt::format("{}", canonical(value.d)); return;
    case Kind::duration: out += fmt::format("{}ns", value.i); return;
    case Kind::timestamp: out += fmt::format("{}.{:09}s", value.i, value.tag); return;
    case Kind::string:
      if (nested) append_quoted(value.text(), out);
      else out += value.text();
      return;
    case Kind::bytes: append_quoted(value.text(), out); return;
    case Kind::type:
    case Kind::error: out += value.text(); return;
    case Kind::external: out += fmt::format("<{}:{}>", value.tag, value.u); return;
    case Kind::list:
    case Kind::record:
    case Kind::map: break;
  }
  const bool is_map = value.kind == Kind::map;
  const auto items = is_map ? value.pairs() : value.items();
  out.push_back(is_map ? '{' : '[');
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0) out += is_map && i % 2 == 1 ? ": " : ", ";
    append_text(items[i], true, out);
  }
  out.push_back(is_map ? '}' : ']');
}

}  // namespace

std::string to_text(const Value& value) {
  std::string out;
  append_text(value, false, out);
  return out;
}

}  // namespace flowtank
