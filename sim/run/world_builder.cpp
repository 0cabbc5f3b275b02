// SPDX-License-Identifier: Apache-2.0
// Creating the brokers of a System, all of them before the World, so that all diagnostics come at once.
#include "sim/run/world_builder.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace flowtank {

std::vector<std::string> broker_kinds(const BrokerRegistry& registry) {
  std::vector<std::string> names;
  for (const BrokerKind& kind : registry) names.emplace_back(kind.name);
  return names;
}

namespace {

// Brokers know where in the scenario their options stand, not in which file: that is the one which declares the services.
void add_in_file(const Diagnostics& found, const System& system, Diagnostics& diagnostics) {
  for (Diagnostic d : found.all()) {
    if (d.file.empty() && d.range.line != 0 && !system.services.empty()) d.file = system.services.front().file;
    diagnostics.add(std::move(d));
  }
}

}  // namespace

std::unique_ptr<World> make_world(const System& system, const BrokerRegistry& registry, Mode mode,
                                  std::uint64_t seed, Diagnostics& diagnostics) {
  std::vector<std::unique_ptr<Broker>> brokers;
  const std::size_t errors_before = diagnostics.errors();
  bool made_all = true;
  for (std::uint32_t index = 0; index < system.brokers.size(); ++index) {
    const BrokerSpec& spec = system.brokers[index];
    const auto kind = std::find_if(registry.begin(), registry.end(),
                                   [&](const BrokerKind& candidate) { return candidate.name == spec.kind; });
    if (kind == registry.end()) {
      Diagnostic d;
      d.code = "FT-REF-001";
      d.message = fmt::format("broker \"{}\" is of an unknown kind \"{}\"", spec.name, spec.kind);
      d.hint = name_hint(spec.kind, broker_kinds(registry), "Kinds");
      diagnostics.add(std::move(d));
      made_all = false;
      continue;
    }
    Diagnostics found;
    brokers.push_back(kind->create(system, index, found));
    add_in_file(found, system, diagnostics);
    made_all = made_all && brokers.back() != nullptr;
  }
  // A broker may be made of options that it complained of, so that the others are read, too; no World is made of it.
  if (!made_all || diagnostics.errors() != errors_before) return nullptr;
  auto world = std::make_unique<World>(system, std::move(brokers), mode);
  world->reset(seed);
  return world;
}

}  // namespace flowtank
