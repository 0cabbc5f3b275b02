// SPDX-License-Identifier: Apache-2.0
// Timestamps (years 1 to 9999, nanoseconds) and durations (64-bit nanoseconds): text forms, parts in
// time zones, arithmetic. The calendar is the proleptic Gregorian one; there are no leap seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sim/base/value.hpp>

#include "sim/expr/builtin.hpp"

namespace flowtank::expr {

inline constexpr std::int64_t first_second = -62135596800;  // 0001-01-01T00:00:00Z
inline constexpr std::int64_t last_second = 253402300799;   // 9999-12-31T23:59:59Z

// RFC 3339 with any number of fraction digits (those behind the ninth are dropped); nothing when it is
// malformed or out of range.
std::optional<Value> parse_timestamp(std::string_view text);
std::string format_timestamp(const Value& timestamp);

// A sum of decimal numbers with units h, m, s, ms, us, µs, ns after an optional sign: "1h30m", "-1.5s".
std::optional<Value> parse_duration(std::string_view text);
// Seconds with as many decimals as needed: "1.5s".
std::string format_duration(const Value& duration);

// Overflow errors outside the ranges of the types.
Value shift_timestamp(const Value& timestamp, std::int64_t nanoseconds, bool backwards);
Value timestamp_difference(const Value& a, const Value& b);

// Seconds east of UTC at that moment. `zone` is "+hh:mm", "-hh:mm", "hh:mm" or an embedded IANA name.
std::optional<std::int64_t> zone_offset(std::string_view zone, std::int64_t second);

// part: full_year ... milliseconds
std::int64_t timestamp_part(Builtin part, const Value& timestamp, std::int64_t offset_seconds);
// part: hours, minutes, seconds (the whole duration in them) or milliseconds (those of the second)
std::int64_t duration_part(Builtin part, const Value& duration);

struct Date {
  std::int64_t year;
  std::int64_t month;  // 1..12
  std::int64_t day;    // 1..31
};
std::int64_t days_from_date(const Date& date);  // since 1970-01-01
Date date_from_days(std::int64_t days);

}  // namespace flowtank::expr
