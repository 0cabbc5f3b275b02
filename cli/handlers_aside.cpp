// SPDX-License-Identifier: Apache-2.0
// See handlers_aside.hpp. The scenario is read once more, for exploring; who presses Ctrl-C meanwhile gets the page with what was
// looked at until then.
#include "cli/handlers_aside.hpp"

#include <models/brokers/registry.hpp>
#include <reports/html/families_aside.hpp>

#include "cli/interrupt.hpp"

namespace flowtank::cli {

void add_handlers(reports::HtmlAside& html, const CommandLine& line, const Scenario& scenario, const std::vector<std::string>& overrides) {
  LoadOptions load;
  load.overrides = overrides;
  load.model_path = line.models;
  html.families = reports::families_of(scenario, load, shipped_brokers(), &interrupted());
}

}  // namespace flowtank::cli
