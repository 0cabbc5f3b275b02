// SPDX-License-Identifier: Apache-2.0
// The texts of --help: what the commands are for, with examples that can be typed as they are.
#pragma once

#include <string_view>

namespace flowtank::cli {

std::string_view main_help();
// Of a command, as its line of the main help says it: what follows its name ("SCENARIO.json"), and what it does.
std::string_view operand_of(std::string_view command);
std::string_view line_of(std::string_view command);
// Of a command: one sentence, the example shown with a mistake, and the end of its help.
std::string_view summary_of(std::string_view command);
std::string_view first_example_of(std::string_view command);
std::string_view examples_of(std::string_view command);

}  // namespace flowtank::cli
