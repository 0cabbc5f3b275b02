// SPDX-License-Identifier: Apache-2.0
// The embedded table of time zones: name to changes of the offset and the rule that holds after them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace flowtank::expr {

// From `at` on (minutes since 1970-01-01T00:00Z) the offset is `offset` minutes
// east of UTC.
struct ZoneChange {
  std::int32_t at;
  std::int16_t offset;
};

struct ZoneData {
  std::int32_t first_offset;  // minutes, before the first change
  std::span<const ZoneChange> changes;
  std::string_view rule;      // POSIX TZ, for example "CET-1CEST,M3.5.0,M10.5.0/3"
};

// Nothing for a name that is not embedded.
std::optional<ZoneData> find_zone(std::string_view name);

}  // namespace flowtank::expr
