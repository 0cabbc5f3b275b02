// SPDX-License-Identifier: Apache-2.0
// Values: what expressions compute and what rows, messages and locals hold. A Value is 16 bytes,
// trivially copyable and immutable; strings, lists, maps and records point to objects owned by an
// Arena (temporary results of one evaluation) or by a Pool (interned contents, see pool.hpp).
//
// Two notions of sameness exist and are not to be mixed up. identical() is the identity of a content
// (1 and 1.0 differ, every NaN is one NaN, -0 is 0): states are compared with it. CEL equality, where
// 1 == 1.0, belongs to sim/expr.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowtank {

// The order of the enumerators is the order of kinds in compare() and part of the canonical encoding.
enum class Kind : std::uint8_t {
  absent,     // no row, no field; never the result of an expression
  null,
  boolean,    // b
  int64,      // i
  uint64,     // u
  real,       // d, IEEE double; NaN and -0 are canonicalised when interned
  string,     // object: UTF-8 bytes
  bytes,      // object: bytes
  list,       // object: values
  map,        // object: keys and values, sorted by compare() of the keys, keys unique
  record,     // object: fields by position; `tag` is the record type (an event type or a row type)
  type,       // object: the name of a CEL type
  timestamp,  // i: seconds in `i`, nanoseconds of the second in `tag`
  duration,   // i: nanoseconds
  external,   // u and tag: something that a Host knows (a table, a row); see expr/host.hpp
  error,      // object: message; `tag` is an expr::ErrorCode. Errors are values.
};

// Header of the objects behind a Value; the payload follows it directly. `pooled` is 0 for an object
// in an Arena, else the index in its Pool plus one.
struct Object {
  std::uint32_t size = 0;    // bytes of a string, elements of a list, pairs of a map, fields of a record
  std::uint32_t pooled = 0;
};

struct Value {
  Kind kind = Kind::absent;
  std::uint32_t tag = 0;
  union {
    bool b;
    std::int64_t i;
    std::uint64_t u;
    double d;
    const Object* object;
  };

  constexpr Value() : i(0) {}
  static constexpr Value of_null() { Value v; v.kind = Kind::null; return v; }
  static constexpr Value of_bool(bool x) { Value v; v.kind = Kind::boolean; v.i = 0; v.b = x; return v; }
  static constexpr Value of_int(std::int64_t x) { Value v; v.kind = Kind::int64; v.i = x; return v; }
  static constexpr Value of_uint(std::uint64_t x) { Value v; v.kind = Kind::uint64; v.u = x; return v; }
  static constexpr Value of_real(double x) { Value v; v.kind = Kind::real; v.d = x; return v; }
  static constexpr Value of_duration(std::int64_t ns) { Value v; v.kind = Kind::duration; v.i = ns; return v; }
  // seconds since 1970-01-01T00:00:00Z, nanoseconds 0..999,999,999 after it.
  static constexpr Value of_timestamp(std::int64_t seconds, std::uint32_t nanos) {
    Value v; v.kind = Kind::timestamp; v.tag = nanos; v.i = seconds; return v;
  }
  static constexpr Value of_external(std::uint32_t what, std::uint64_t handle) {
    Value v; v.kind = Kind::external; v.tag = what; v.u = handle; return v;
  }
  static Value of_object(Kind kind, const Object* object, std::uint32_t tag = 0) {
    Value v; v.kind = kind; v.tag = tag; v.object = object; return v;
  }

  bool is(Kind k) const { return kind == k; }
  bool has_object() const {
    return (kind >= Kind::string && kind <= Kind::type) || kind == Kind::error;
  }
  // string, bytes, type, error
  std::string_view text() const {
    return {reinterpret_cast<const char*>(object + 1), object->size};
  }
  // list: its elements; record: its fields
  std::span<const Value> items() const {
    return {reinterpret_cast<const Value*>(object + 1), object->size};
  }
  // map: key, value, key, value, ...; sorted by key
  std::span<const Value> pairs() const {
    return {reinterpret_cast<const Value*>(object + 1), std::size_t{2} * object->size};
  }
};
static_assert(sizeof(Value) == 16 && sizeof(Object) == 8);

// Total order of contents: kind first, then numbers by value, texts by bytes, lists and maps
// lexicographically. NaN is below every number. Independent of where the objects live.
int compare(const Value& a, const Value& b);
inline bool identical(const Value& a, const Value& b) { return compare(a, b) == 0; }

// Bump allocator for the objects of one evaluation; reset() keeps the memory.
// `limit` bounds the bytes in use between two resets; when it is reached the make_ functions return
// an absent Value, which callers turn into a "too large" error.
class Arena {
 public:
  explicit Arena(std::size_t limit = std::size_t{64} << 20) : limit_(limit) {}

  Value make_text(Kind kind, std::string_view text, std::uint32_t tag = 0);
  Value make_string(std::string_view text) { return make_text(Kind::string, text); }
  Value make_concat(Kind kind, std::string_view left, std::string_view right);
  // kind: list or record. The items are copied (the objects they point to are not).
  Value make_items(Kind kind, std::span<const Value> items, std::uint32_t tag = 0);
  Value make_list(std::span<const Value> items) { return make_items(Kind::list, items); }
  // `pairs` is key, value, ... already sorted by compare() with unique keys.
  Value make_map(std::span<const Value> pairs);

  void* allocate(std::size_t bytes);  // 8-aligned; nullptr when the limit is reached
  void reset();
  std::size_t used() const { return used_; }

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size;
  };
  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;   // index of the chunk in use
  std::size_t offset_ = 0;  // within it
  std::size_t used_ = 0;
  std::size_t limit_;
};

// Appends the canonical encoding of a value: its kind, then its content with explicit lengths, so that
// equal encodings mean identical values. External and error values have none (a CHECK).
void encode(const Value& value, std::string& out);

// The value as a person reads it in a report: o-1, 100, true, [1, 2], {status: "paid"}.
std::string to_text(const Value& value);

}  // namespace flowtank
