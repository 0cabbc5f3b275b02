// SPDX-License-Identifier: Apache-2.0
// See fault_kinds.hpp: joins the tables and finds entries.
#include "sim/world/fault_kinds.hpp"

#include <vector>

#include <sim/base/check.hpp>

namespace flowtank {

std::span<const FaultKindInfo> fault_kinds() {
  static const std::vector<FaultKindInfo> all = [] {
    std::vector<FaultKindInfo> joined;
    for (const auto part : {fault_tables::messages(), fault_tables::services(), fault_tables::links(),
                            fault_tables::stores(), fault_tables::brokers()}) {
      joined.insert(joined.end(), part.begin(), part.end());
    }
    FLOWTANK_CHECK(joined.size() == fault_kind_count, "an entry for each kind of fault");
    for (std::size_t i = 0; i < joined.size(); ++i) {
      FLOWTANK_CHECK(static_cast<std::size_t>(joined[i].kind) == i, "kinds of faults in the order of the enumeration");
    }
    return joined;
  }();
  return all;
}

const FaultKindInfo& fault_kind(FaultKind kind) { return fault_kinds()[static_cast<std::size_t>(kind)]; }

const FaultKindInfo* find_fault_kind(std::string_view name) {
  for (const FaultKindInfo& info : fault_kinds()) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = words.find_first_of(" |");
    if (words.substr(0, end) == word) return true;
    if (end == std::string_view::npos) return false;
    words.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace flowtank
