// SPDX-License-Identifier: Apache-2.0
// The sentences that every report shares: what was run, what took effect, what a proof covers, and
// whether the expectations were met.
#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <sim/world/fault_kinds.hpp>

#include "reports/record_text.hpp"
#include "reports/terminal.hpp"

namespace flowtank::reports {
namespace {

std::string comma_list(const std::vector<std::string>& parts, std::string_view separator = ", ") {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : std::string(separator)) + part;
  return out;
}

std::string ordinal(std::uint64_t n) {
  const std::uint64_t last = n % 10;
  const bool teen = n % 100 >= 11 && n % 100 <= 13;
  return thousands(n) + (teen || last == 0 || last > 3 ? "th" : last == 1 ? "st" : last == 2 ? "nd" : "rd");
}

std::string workload(const System& system) {
  std::vector<std::string> parts;
  for (const Client& client : system.clients) {
    if (!client.script.empty()) {
      parts.push_back(fmt::format("{} {} of {}", thousands(client.count), client.users != 0 ? "passes" : client.count == 1 ? "session" : "sessions",
                                  printable(client.name)));
      continue;
    }
    const std::string what = client.message < system.messages.size() ? printable(system.messages[client.message].name) : "request";
    parts.push_back(fmt::format("{} {}", thousands(client.count), what));
  }
  return comma_list(parts);
}

std::string where(const System& system, const Fault& fault) {
  const FaultSelector& on = fault.on;
  std::string out;
  if (on.message < system.messages.size()) out += " " + printable(system.messages[on.message].name);
  if (out.empty() && on.channel < system.channels.size()) out += " in " + printable(system.channels[on.channel].name);
  if (on.service < system.services.size()) out += " of " + printable(system.services[on.service].name);
  if (on.consumer < system.services.size()) out += " to " + printable(system.services[on.consumer].name);
  return out;
}

std::string fault_plural(FaultKind kind) { return std::string(fault_kind(kind).plural); }

std::string fault_words(const System& system, const Fault& fault) {
  const std::string place = where(system, fault);
  std::string out(fault_noun(fault.kind));
  if (fault.when.nth != 0) {
    const std::string step = fault.on.step.empty() ? "" : " time before " + printable(fault.on.step);
    out += fmt::format(" ({}{}{})", ordinal(fault.when.nth), step, place);
  } else if (!place.empty()) {
    out += place;
  }
  return out;
}

std::string brokers(const System& system) {
  std::vector<std::string> kinds;
  for (const BrokerSpec& broker : system.brokers) {
    std::string kind = printable(broker.kind);
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(std::move(kind));
  }
  return comma_list(kinds);
}

bool shares_noun(const System& system, const Fault& fault) {
  return std::count_if(system.faults.begin(), system.faults.end(),
                       [&](const Fault& other) { return other.kind == fault.kind; }) > 1;
}

std::string fault_label(const System& system, const Fault& fault) {
  const std::string noun(fault_noun(fault.kind));
  return shares_noun(system, fault) ? noun + " " + printable(fault.name) : noun;
}

}  // namespace

std::vector<ReplayFile> replay_files(const PropertyOutcome& property, const Aside& aside) {
  const bool told = property.shrunk && property.shrunk->told;
  const auto found = aside.counterexamples.find(property.verdict.property);
  const std::string small = property.shrunk ? property.shrunk->counterexample : "";
  std::vector<ReplayFile> files;
  if (told && !small.empty()) files.push_back({ReplayKind::shrunk, small});
  if (found != aside.counterexamples.end()) files.push_back({told ? ReplayKind::as_found : ReplayKind::told, found->second});
  if (!told && !small.empty()) files.push_back({ReplayKind::smaller, small});
  return files;
}

std::string_view label_of(ReplayKind kind) {
  switch (kind) {
    case ReplayKind::shrunk: return "Shrunk";
    case ReplayKind::as_found: return "As found";
    case ReplayKind::told: return "Replay";
    case ReplayKind::smaller: return "Smaller";
  }
  return "";
}

std::string_view sign_of(VerdictKind kind, const Signs& signs) {
  switch (kind) {
    case VerdictKind::pass: return signs.pass;
    case VerdictKind::fail: return signs.fail;
    case VerdictKind::inconclusive: return signs.inconclusive;
    case VerdictKind::vacuous: return signs.vacuous;
  }
  return "";
}

std::string with_strength(VerdictKind kind, Strength strength) {
  const std::string_view word = to_text(strength);
  return std::string(to_text(kind)) + (word.empty() ? "" : " " + std::string(word));
}

std::string isolation_text(const Scenario& scenario) {
  constexpr std::array names = {"read_committed", "snapshot", "serializable"};
  std::array<bool, names.size()> used{};
  for (const Handler& handler : scenario.system->handlers) {
    for (const TransactionSpec& transaction : handler.program.transactions) used[static_cast<std::size_t>(transaction.isolation)] = true;
  }
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (used[i]) text += (text.empty() ? "transactions at " : " and ") + std::string(names[i]);
  }
  return text;
}

std::string bounds_text(const Scenario& scenario) {
  const System& system = *scenario.system;
  std::vector<std::string> parts;
  if (!system.clients.empty()) parts.push_back(workload(system));
  for (const Fault& fault : system.faults) {
    std::string part = counted(fault.when.budget, fault_noun(fault.kind), fault_plural(fault.kind));
    if (fault.kind == FaultKind::crash) part += fault.on.step.empty() ? " at any step" : " before step " + printable(fault.on.step);
    if (fault.kind == FaultKind::duplicate) part += " at any later position";
    part += where(system, fault);
    parts.push_back(std::move(part));
  }
  return comma_list(parts);
}

std::string subtitle(const Scenario& scenario, const Result& result) {
  const System& system = *scenario.system;
  std::vector<std::string> parts;
  if (!system.brokers.empty()) parts.push_back(brokers(system));
  if (result.driver == Driver::check) {
    if (result.campaign) parts.push_back(fmt::format("{}, seed {}", to_text(result.campaign->strategy), result.campaign->seed));
    else parts.push_back(result.lineage ? "lineage" : "exhaustive");
    std::vector<std::string> within;
    if (!system.clients.empty()) within.push_back(workload(system));
    for (const Fault& fault : system.faults) {
      within.push_back("at most " + counted(fault.when.budget, fault_noun(fault.kind), fault_plural(fault.kind)));
    }
    if (!within.empty()) parts.push_back(comma_list(within));
  } else {
    parts.push_back(result.campaign ? fmt::format("{}, seed {}", to_text(result.campaign->strategy), result.campaign->seed) : fmt::format("seed {}", result.seed));
    if (!system.clients.empty()) parts.push_back(workload(system));
    std::vector<std::string> faults;
    for (const Fault& fault : system.faults) faults.push_back(fault_words(system, fault));
    if (!faults.empty()) parts.push_back("faults: " + comma_list(faults));
  }
  return comma_list(parts, signs(false).dot);
}

std::string took_effect(const Scenario& scenario, const Result& result) {
  const System& system = *scenario.system;
  std::vector<std::string> parts;
  for (const FaultOutcome& outcome : result.faults) {
    const Fault& fault = system.faults[outcome.fault];
    const std::string label = fault_label(system, fault);
    const bool by_itself = fault_kind(fault.kind).timing == FaultTiming::itself || fault.kind == FaultKind::unroutable;
    if (by_itself) {  // strikes whenever its condition holds: no budget
      parts.push_back(outcome.took_effect ? label : label + " never");
    } else if (!outcome.applies) {
      parts.push_back(label + " as one of all orders");
    } else if (result.driver == Driver::check || result.campaign) {
      parts.push_back(outcome.took_effect ? fmt::format("{} in {}", label, counted(outcome.states, result.campaign || result.lineage ? "run" : "state"))
                                          : fmt::format("{} never", label));
    } else if ((fault.when.chance != 0 || fault.when.every != 0) && !fault.when.budget_given) {
      parts.push_back(fmt::format("{} {}", label, counted(outcome.strikes, "time")));
    } else {
      parts.push_back(fmt::format("{} {} of {}", label, thousands(outcome.strikes), thousands(fault.when.budget)));
    }
  }
  return comma_list(parts);
}

std::string expectations_text(const Result& result, const Aside& aside) {
  const std::size_t all = result.expectations.size();
  const std::size_t good = met(result);
  if (all == 0) return "No property to check.";
  if (!result.replayed.empty()) {
    const std::string name = printable(result.replayed);
    if (result.properties.front().verdict.kind != VerdictKind::fail) return fmt::format("The counterexample does not fail any more: {}.", name);
    return fmt::format("The counterexample fails again, as recorded: {}{}.", name, good == all ? " (this FAIL was demanded)" : "");
  }
  const std::size_t accepted = aside.accepted.size();  // a baseline lets them count as met
  if (good == all && accepted != 0) return fmt::format("{} of {} expectations met, {} accepted.", all - std::min(all, accepted), all, accepted);
  if (good == all) {
    std::size_t demanded = 0;
    std::vector<std::string> gone;
    for (const ExpectationOutcome& e : result.expectations) {
      demanded += e.wanted == VerdictKind::fail && !e.gone ? 1 : 0;
      if (e.gone) gone.push_back(printable(e.property));
    }
    if (gone.size() == 1) return fmt::format("The FAIL that the scenario demands is gone: {}.", gone[0]);
    if (!gone.empty()) return fmt::format("The {} FAILs that the scenario demands are gone: {}.", gone.size(), comma_list(gone));
    std::string out = fmt::format("{} of {} expectations met", good, all);
    if (demanded != 0) out += fmt::format(" ({} FAIL {} demanded)", demanded, demanded == 1 ? "was" : "were");
    return out + ".";
  }
  std::string out = fmt::format("{} of {} expectations not met:", all - good, all);
  const bool short_of_proof = result.campaign && result.exit == ExitCode::inconclusive &&
                              std::all_of(result.expectations.begin(), result.expectations.end(), [&](const ExpectationOutcome& e) {
                                return e.met || result.properties[static_cast<std::size_t>(&e - result.expectations.data())].verdict.kind == e.wanted;
                              });
  if (accepted != 0) out = fmt::format("{} of {} expectations not met, {} accepted:", all - good, all, accepted);
  if (short_of_proof) return out + " a proof is demanded, and runs were sampled.";
  std::string separator = " ";
  for (const VerdictKind kind : {VerdictKind::fail, VerdictKind::inconclusive, VerdictKind::vacuous, VerdictKind::pass}) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < all; ++i) {
      count += !result.expectations[i].met && result.properties[i].verdict.kind == kind ? 1 : 0;
    }
    if (count == 0) continue;
    out += fmt::format("{}{} {}", separator, count, to_text(kind));
    separator = ", ";
  }
  return out;
}

}  // namespace flowtank::reports
