// SPDX-License-Identifier: Apache-2.0
// The part of a consistency report about handlers (idempotent? in any order?), as the command line loaded its scenario. It costs a
// bounded number of states and is only asked for when the page is.
#pragma once

#include <string>
#include <vector>

#include <reports/html/report.hpp>

#include "cli/command_line.hpp"

namespace flowtank::cli {

// `overrides`: as the scenario was loaded with; models are looked for in the folders of `line`.
void add_handlers(reports::HtmlAside& html, const CommandLine& line, const Scenario& scenario, const std::vector<std::string>& overrides);

}  // namespace flowtank::cli
