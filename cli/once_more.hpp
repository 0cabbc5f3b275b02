// SPDX-License-Identifier: Apache-2.0
// --verify-determinism of whole results: the question is asked once more and both answers are compared. It goes by itself
// where CI runs Flowtank, since nobody looks at a single run there; what it finds is a fault of Flowtank (exit code 3).
#pragma once

#include <functional>
#include <optional>

#include <sim/check/result.hpp>

#include "cli/face.hpp"

namespace flowtank::cli {

// Prints and gives false when the answer is another one the second time. True, and nothing is asked, where neither the command
// line nor CI wants it, or where time, memory or a user ended the first: these do not come at the same place twice.
bool same_once_more(const CommandLine& line, const Face& face, const Result& first, const std::function<std::optional<Result>(Diagnostics&)>& ask);

}  // namespace flowtank::cli
