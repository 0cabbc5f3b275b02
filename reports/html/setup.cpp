// SPDX-License-Identifier: Apache-2.0
// What was looked at: services with the options that were chosen, brokers, who sends what, and each fault with a sentence of what
// it does. For somebody who was sent the page and knows neither the scenario nor the words of the tool.
#include <algorithm>

#include <fmt/format.h>

#include <sim/world/fault_kinds.hpp>

#include "reports/html/marks.hpp"
#include "reports/html/parts.hpp"
#include "reports/text.hpp"

namespace flowtank::reports::html {
namespace {

constexpr std::size_t most_things = 30;
constexpr std::size_t most_characters = 300;

std::string options_of(const Scenario& scenario, const std::string& service) {
  const std::string prefix = "services." + service + ".with.";
  std::string text;
  for (const auto& [path, value] : scenario.choices) {
    if (path.starts_with(prefix)) text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", path.substr(prefix.size()), value);
  }
  return text;
}

std::string broker_options(const BrokerSpec& broker) {
  std::string text;
  for (const Option& option : broker.options) text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", option.name, to_text(option.value));
  return text;
}

template <typename Things, typename Row>
void table(Markup& to, std::initializer_list<const char*> titles, const Things& things, Row row) {
  if (things.empty()) return;
  to.open("div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", *titles.begin()}});
  to.open("table");
  to.open("thead");
  to.open("tr");
  for (const char* title : titles) to.leaf("th", {{"scope", "col"}}, title);
  to.close();
  to.close();
  to.open("tbody");
  for (std::size_t i = 0; i < std::min(things.size(), most_things); ++i) {
    to.open("tr");
    row(things[i]);
    to.close();
  }
  to.close();
  to.close();
  to.close();
  if (things.size() > most_things) to.leaf("p", {{"class", "note"}}, fmt::format("and {} more.", things.size() - most_things));
}

}  // namespace

std::string setup(const Scenario& scenario) {
  const System& system = *scenario.system;
  Markup to;
  to.open("div", {{"class", "setup"}});
  table(to, {"Service", "Model", "Options"}, system.services, [&](const Service& service) {
    to.leaf("th", {{"scope", "row"}}, service.name + (service.instances > 1 ? fmt::format(" × {}", service.instances) : ""));
    to.leaf("td", shown_path(service.model));
    const std::string options = options_of(scenario, service.name);
    to.leaf("td", options.empty() ? "as the model has them" : shortened(options, most_characters, "…"));
  });
  table(to, {"Broker", "Kind", "Options"}, system.brokers, [&](const BrokerSpec& broker) {
    to.leaf("th", {{"scope", "row"}}, broker.name);
    to.leaf("td", broker.kind);
    const std::string options = broker_options(broker);
    to.leaf("td", options.empty() ? "as the product has them" : shortened(options, most_characters, "…"));
  });
  table(to, {"Client", "Sends", "To"}, system.clients, [&](const Client& client) {
    to.leaf("th", {{"scope", "row"}}, client.name);
    const std::string what = !client.script.empty() ? "a script" : client.message < system.messages.size() ? system.messages[client.message].name : "requests";
    to.leaf("td", fmt::format("{} {}", thousands(client.count), what));
    to.leaf("td", client.service < system.services.size() ? system.services[client.service].name : "");
  });
  table(to, {"Fault", "Kind", "What it does"}, system.faults, [&](const Fault& fault) {
    const FaultKindInfo& info = fault_kind(fault.kind);
    to.leaf("th", {{"scope", "row"}}, fault.name);
    to.open("td");
    icon(to, icon_name(fault.kind));
    to.text(" " + std::string(info.noun));
    to.close();
    to.leaf("td", info.summary);
  });
  to.close();
  return to.take();
}

}  // namespace flowtank::reports::html
