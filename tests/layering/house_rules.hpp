// SPDX-License-Identifier: Apache-2.0
// The house rules that a machine can check cheaply, each with what to do instead, and the list of
// exceptions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/layering/source_text.hpp"

namespace flowtank::layering {

// A file longer than this needs a line in exceptions.txt.
inline constexpr int most_lines = 500;

// Rules: spdx, purpose, pragma-once, name, length, and each ban under its own name, for example
// <random>.
void check_house_rules(const Tree& tree, std::vector<Complaint>& complaints);

// Removes the complaints that exceptions.txt (its text) allows; adds one under the rule "exception"
// for every line that is malformed or no longer needed.
std::vector<Complaint> apply_exceptions(std::string_view text, const Tree& tree,
                                        std::vector<Complaint> complaints);

}  // namespace flowtank::layering
