// SPDX-License-Identifier: Apache-2.0
// See profile.hpp: names of releases and which profile a full version number belongs to.
#include "models/brokers/rabbitmq/profile.hpp"

#include <charconv>

namespace flowtank::rabbitmq {

std::optional<Release> release_of(std::string_view version) {
  std::uint32_t major = 0, minor = 0;
  const char* const end = version.data() + version.size();
  const auto first = std::from_chars(version.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, minor);
  if (second.ec != std::errc() || (second.ptr != end && *second.ptr != '.')) return std::nullopt;
  if (major == 3 && minor >= 10) return minor < 13 ? Release::r3_10 : Release::r3_13;
  if (major == 4) return minor < 3 ? Release::r4_0 : Release::r4_3;
  return std::nullopt;
}

std::string_view to_text(Release release) {
  switch (release) {
    case Release::r3_10: return "3.10";
    case Release::r3_13: return "3.13";
    case Release::r4_0: return "4.0";
    case Release::r4_3: return "4.3";
  }
  return "";
}

}  // namespace flowtank::rabbitmq
