// SPDX-License-Identifier: Apache-2.0
// See property_kinds.hpp: joins the tables and finds entries.
#include "sim/property/property_kinds.hpp"

#include <vector>

#include <sim/base/check.hpp>

namespace flowtank {

std::string_view to_text(PropertyForm form) {
  switch (form) {
    case PropertyForm::state: return "state predicate";
    case PropertyForm::monitor: return "per-key monitor";
    case PropertyForm::promise: return "promise";
    case PropertyForm::terminal: return "terminal check";
    case PropertyForm::family: return "family of runs";
    case PropertyForm::statistic: return "statistic";
    case PropertyForm::goal: return "goal";
  }
  return "";
}

std::string_view claim_of(PropertyForm form) {
  switch (form) {
    case PropertyForm::state: return "check proves it over all states; run observes it in those of one run.";
    case PropertyForm::monitor: return "check proves it over all histories within the bounds; run observes one.";
    case PropertyForm::promise: return "check proves that it always comes, also in runs that never end (under strong fairness); a deadline is judged by run.";
    case PropertyForm::terminal: return "check proves it over all states in which nothing more happens; run judges one end.";
    case PropertyForm::family: return "check compares all ends; a single run says nothing.";
    case PropertyForm::statistic: return "never proved: it is measured in runs with time, and check says INCONCLUSIVE.";
    case PropertyForm::goal: return "check proves that it can be reached, or that it cannot; run and campaigns observe that it was.";
  }
  return "";
}

std::span<const PropertyKindInfo> property_kinds() {
  static const std::vector<PropertyKindInfo> all = [] {
    std::vector<PropertyKindInfo> joined;
    for (const auto part : {property_tables::own(), property_tables::library(), property_tables::effects(),
                            property_tables::rows(), property_tables::flow(), property_tables::order(),
                            property_tables::sessions(), property_tables::goals()}) {
      joined.insert(joined.end(), part.begin(), part.end());
    }
    for (std::size_t i = 0; i < joined.size(); ++i) {
      FLOWTANK_CHECK(static_cast<std::size_t>(joined[i].kind) == i, "kinds of properties in the order of the enumeration");
    }
    return joined;
  }();
  return all;
}

const PropertyKindInfo& property_kind(PropertyKind kind) { return property_kinds()[static_cast<std::size_t>(kind)]; }

const PropertyKindInfo* find_property_kind(std::string_view name) {
  for (const PropertyKindInfo& info : property_kinds()) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

}  // namespace flowtank
