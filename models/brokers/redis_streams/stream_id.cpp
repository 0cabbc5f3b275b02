// SPDX-License-Identifier: Apache-2.0
// See stream_id.hpp: reading, writing and stepping ids of stream entries, with carry from the sequence number to the
// milliseconds.
#include "models/brokers/redis_streams/stream_id.hpp"

#include <charconv>

#include <fmt/format.h>

namespace flowtank::redis {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_signed(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<StreamId> parse_id(std::string_view text, std::uint64_t seq_if_missing) {
  const std::size_t dash = text.find('-');
  const auto ms = parse_number(text.substr(0, dash));
  if (!ms) return std::nullopt;
  if (dash == std::string_view::npos) return StreamId{*ms, seq_if_missing};
  const auto seq = parse_number(text.substr(dash + 1));
  if (!seq) return std::nullopt;
  return StreamId{*ms, *seq};
}

std::string to_text(const StreamId& id) { return fmt::format("{}-{}", id.ms, id.seq); }

std::optional<StreamId> next(const StreamId& id) {
  if (id.seq != ~std::uint64_t{0}) return StreamId{id.ms, id.seq + 1};
  if (id.ms != ~std::uint64_t{0}) return StreamId{id.ms + 1, 0};
  return std::nullopt;
}

std::optional<StreamId> previous(const StreamId& id) {
  if (id.seq != 0) return StreamId{id.ms, id.seq - 1};
  if (id.ms != 0) return StreamId{id.ms - 1, ~std::uint64_t{0}};
  return std::nullopt;
}

}  // namespace flowtank::redis
