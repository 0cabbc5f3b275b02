// SPDX-License-Identifier: Apache-2.0
// Completions for shells, made of the table of commands: names, options, and what kind of file an operand or a value is.
#pragma once

#include <string>
#include <string_view>

namespace flowtank::cli {

// The script for "bash", "zsh" or "fish".
std::string completions_for(std::string_view shell);

}  // namespace flowtank::cli
