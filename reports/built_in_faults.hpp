// SPDX-License-Identifier: Apache-2.0
// What goes wrong by how a system is built: no entry of "faults" strikes, an option or the scenario itself has the weakness.
// `flowtank explain fault` names these beside the kinds that strike, so that nobody looks for them in vain.
#pragma once

#include <span>
#include <string_view>

namespace flowtank::reports {

struct BuiltInFault {
  std::string_view name;       // "two_relays"
  std::string_view catalogue;  // number in the catalogue of faults: "F09"
  std::string_view summary;    // one sentence
  std::string_view shown;      // how a scenario has it
  std::string_view scenarios;  // where it bites, and its control; empty: none ships
  std::string_view source;
};

// In the order of the catalogue.
std::span<const BuiltInFault> built_in_faults();

}  // namespace flowtank::reports
