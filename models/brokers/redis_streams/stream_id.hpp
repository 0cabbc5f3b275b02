// SPDX-License-Identifier: Apache-2.0
// The id of a stream entry: milliseconds and a sequence number within them, compared in that order (RS-ADD-1). Reading an id
// from text never throws; what a missing sequence number means depends on the command, so the caller says it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flowtank::redis {

struct StreamId {
  std::uint64_t ms = 0;
  std::uint64_t seq = 0;
  friend auto operator<=>(const StreamId&, const StreamId&) = default;
};
inline constexpr StreamId first_id{0, 0};
inline constexpr StreamId last_possible_id{~std::uint64_t{0}, ~std::uint64_t{0}};

// "ms-seq" or "ms"; the latter has `seq_if_missing`.
std::optional<StreamId> parse_id(std::string_view text, std::uint64_t seq_if_missing = 0);
// A whole number without sign, as Redis writes one.
std::optional<std::uint64_t> parse_number(std::string_view text);
std::optional<std::int64_t> parse_signed(std::string_view text);
std::string to_text(const StreamId& id);

// The id right after or before; nothing beyond the ends.
std::optional<StreamId> next(const StreamId& id);
std::optional<StreamId> previous(const StreamId& id);

}  // namespace flowtank::redis
