// SPDX-License-Identifier: Apache-2.0
// See families_aside.hpp. The bounds are the scenario's own ("check"), so that a timed run of a hundred thousand orders is asked
// about the few orders that its author would explore; without such bounds the budget ends it.
#include "reports/html/families_aside.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

std::string refused(const Diagnostics& diagnostics) {
  const auto& all = diagnostics.all();
  const auto error = std::find_if(all.begin(), all.end(), [](const Diagnostic& d) { return d.severity == Severity::error; });
  const std::string why = error == all.end() ? std::string("it cannot be loaded for that") : printable(error->message);
  return fmt::format("Not looked at: this is found by exploring, and the scenario cannot be explored ({}).", why);
}

}  // namespace

FamiliesAside families_of(const Scenario& scenario, LoadOptions load, const BrokerRegistry& registry, const std::atomic<bool>* cancelled) {
  FamiliesAside out;
  out.overrides = load.overrides;
  load.purpose = LoadPurpose::check;
  Diagnostics problems;
  const auto explored = load_scenario(scenario.file, load, problems);
  load.overrides.emplace_back(family::one_more_copy);
  Diagnostics again;  // the same complaints once more
  const auto with_copy = explored ? load_scenario(scenario.file, load, again) : std::nullopt;
  if (!explored || !with_copy) {
    out.why_not = refused(explored ? again : problems);
    return out;
  }
  family::FamilyOptions options;
  options.states = page_family_states;
  options.memory = page_family_memory;
  options.overrides = out.overrides;
  options.system_form = false;
  options.cancelled = cancelled;
  Diagnostics asking;
  auto idempotency = family::check_idempotency(*explored, *with_copy, registry, options, asking);
  auto commute = idempotency ? family::check_commute(*explored, registry, options, asking) : std::nullopt;
  if (!idempotency || !commute) {
    out.why_not = refused(asking);
    return out;
  }
  out.idempotency = std::make_shared<const family::IdempotencyReport>(std::move(*idempotency));
  out.commute = std::make_shared<const family::CommuteReport>(std::move(*commute));
  return out;
}

}  // namespace flowtank::reports
