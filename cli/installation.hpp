// SPDX-License-Identifier: Apache-2.0
// What this program is and where it lives: its version, how it was built, and its own models. They are found
// relative to the executable, so that an installation can be moved and no path of a build is in the program.
#pragma once

#include <string>
#include <vector>

namespace flowtank::cli {

// "0.1.0", as CMake has it.
std::string_view version();

// "GCC 12.2.0, RelWithDebInfo": what made this program.
std::string compiler_text();

// One line, or (json) an object with version, compiler, build type, features and versions of formats.
std::string version_text(bool json);

// Adds the folders of FLOWTANK_MODELS (separated by colons) and that of the installed models, if it is there.
void add_installed_models(std::vector<std::string>& folders);

}  // namespace flowtank::cli
