// SPDX-License-Identifier: Apache-2.0
// See once_more.hpp. Diagnostics of the second time are those of the first, and not printed again.
#include "cli/once_more.hpp"

#include <sim/check/determinism.hpp>

#include "cli/interrupt.hpp"

namespace flowtank::cli {
namespace {

bool ended_by_chance(const Result& result) {
  const auto by_chance = [](const std::string& why) { return why == "out of time" || why == "interrupted" || why.ends_with("of memory"); };
  return result.interrupted || result.limit == explore::Limit::time || result.limit == explore::Limit::memory || result.limit == explore::Limit::cancelled ||
         (result.campaign && (result.campaign->wanted == 0 || !result.campaign->stopped.empty())) || (result.lineage && by_chance(result.lineage->stopped));
}

}  // namespace

bool same_once_more(const CommandLine& line, const Face& face, const Result& first, const std::function<std::optional<Result>(Diagnostics&)>& ask) {
  if (!line.verify_determinism.value_or(face.in_ci)) return true;
  if (ended_by_chance(first)) {
    if (line.verify_determinism) say(stderr, "Not verified: where time, memory or an interrupt ends it is another place each time.\n");
    return true;
  }
  Diagnostics again;
  const auto second = ask(again);
  if (interrupted().load() || (second && ended_by_chance(*second))) return true;
  const std::string difference = second ? first_difference(first, *second) : "it could not be asked twice";
  if (difference.empty()) {
    if (line.verify_determinism && !line.quiet) say(stderr, "The same twice.\n");
    return true;
  }
  print_error("the same question has two answers: " + difference, "This is a fault of Flowtank; please report it with the scenario.", face);
  return false;
}

}  // namespace flowtank::cli
