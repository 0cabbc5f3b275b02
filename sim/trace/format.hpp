// SPDX-License-Identifier: Apache-2.0
// The numbers of the trace file format, shared by writer and reader; FORMAT.md says it byte by byte. All numbers are little
// endian, spelled out, so that a file is the same on every machine.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace flowtank::trace_format {

using Bytes = std::span<const std::byte>;

inline constexpr std::uint64_t file_magic = 0x0a1a0a0d43525446ULL;    // "FTRC\r\n\x1a\n"
inline constexpr std::uint32_t chunk_magic = 0x4b435446U;              // "FTCK"
inline constexpr std::uint32_t footer_magic = 0x58495446U;             // "FTIX"
inline constexpr std::uint64_t end_magic = 0x0a444e4543525446ULL;      // "FTRCEND\n"
// A reader takes every minor version of its major one.
inline constexpr std::uint16_t major_version = 1;
inline constexpr std::uint16_t minor_version = 1;

inline constexpr std::size_t header_bytes = 64;     // before the names
inline constexpr std::size_t chunk_header_bytes = 104;
inline constexpr std::size_t column_entry_bytes = 16;
inline constexpr std::size_t footer_header_bytes = 64;
inline constexpr std::size_t index_entry_bytes = 64;
inline constexpr std::size_t tail_bytes = 24;
inline constexpr std::size_t slack_bytes = 8;       // zeros after the last column: a reader may load eight bytes anywhere

// Columns of a chunk, in this order. Newer minor versions add columns at the end.
enum class ColumnId : std::uint8_t {
  time, kind, outcome, service, instance, handler, step, place, subject, key, before, detail, says, parent, other_parent,
  value_end, value_bytes,
  component_kind, component_field, component_owner, component_key,
  delta_record, delta_component, delta_old, delta_now,
  held_component, held_now,
};
inline constexpr std::size_t columns = 27;

// How a value begins in the dictionary.
enum class ValueTag : std::uint8_t {
  null, no, yes, int64, uint64, real, string, bytes, type, timestamp, duration, list, map, record,
};

inline constexpr std::uint8_t flag_sentences = 1;   // header: records have sentences of authors
inline constexpr std::uint8_t flag_deltas = 2;      // header: chunks have deltas
inline constexpr std::uint32_t chunk_has_keyframe = 1;

template <typename T>
T get(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  static_assert(std::endian::native == std::endian::little, "big endian machines would swap here");
  return value;
}
template <typename T>
void put(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

// Bytes that a number needs; 0 for zero.
constexpr unsigned width_of(std::uint64_t number) { return (static_cast<unsigned>(std::bit_width(number)) + 7) / 8; }

// XXH64 (Yann Collet's specification, version 0.2) with seed 0: fast, and known to everybody.
std::uint64_t checksum(Bytes bytes);

}  // namespace flowtank::trace_format
