// SPDX-License-Identifier: Apache-2.0
// See explain_command.hpp: finds the topic and the entry, with the name that was meant when there is none.
#include "cli/explain_command.hpp"

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/reference.hpp>
#include <sim/base/diagnostic.hpp>

namespace flowtank::cli {

int explain_command(const CommandLine& line, const Face& face) {
  const BrokerRegistry& brokers = shipped_brokers();
  if (line.file.empty()) {
    std::string text;
    for (const reports::Topic topic : reports::all_topics) {
      text += fmt::format("flowtank explain {} NAME\n{}\n", to_text(topic), reports::list_of(topic, brokers));
    }
    text.pop_back();
    return say(stdout, text) ? 0 : 2;
  }
  const auto topic = reports::topic_named(line.file);
  if (!topic) {
    print_error(fmt::format("there is nothing to explain about \"{}\"", line.file), name_hint(line.file, {"fault", "property", "broker"}, "Topics"), face);
    return 2;
  }
  if (line.markdown) return say(stdout, reports::reference_page(*topic, brokers)) ? 0 : 2;
  if (line.name.empty()) return say(stdout, reports::list_of(*topic, brokers)) ? 0 : 2;
  const auto text = reports::explanation(*topic, line.name, brokers);
  if (text) return say(stdout, *text) ? 0 : 2;
  print_error(fmt::format("there is no {} \"{}\"", to_text(*topic), line.name), name_hint(line.name, reports::names_of(*topic, brokers), "There are"), face);
  return 2;
}

}  // namespace flowtank::cli
