// SPDX-License-Identifier: Apache-2.0
// See log_shrinker.hpp. Every accepted trial is smaller (Trial::weight), so each loop ends.
#include "sim/shrink/log_shrinker.hpp"

#include <algorithm>

namespace flowtank::shrinking {

bool LogShrinker::halt() {
  if (!stopped && stop && stop()) stopped = true;
  return stopped;
}

bool LogShrinker::try_without(Trial& current, const std::vector<bool>& out, bool rename) {
  std::vector<LogStep> steps;
  for (std::size_t i = 0; i < current.steps.size(); ++i) {
    if (!out[i]) steps.push_back(current.steps[i]);
  }
  if (steps.size() == current.steps.size()) return false;
  ++trials;
  Trial trial = oracle(steps, rename);
  if (!trial.fails || trial.weight() >= current.weight()) return false;
  current = std::move(trial);
  return true;
}

bool LogShrinker::keep_only(Trial& current, const std::vector<bool>& keep) {
  if (keep.size() != current.steps.size()) return false;
  std::vector<bool> out(keep.size());
  for (std::size_t i = 0; i < keep.size(); ++i) out[i] = !keep[i];
  return try_without(current, out, true) || false;
}

void LogShrinker::leave_out_groups(Trial& current) {
  const auto groups_of = [](const Trial& trial) {
    std::vector<std::uint32_t> groups;
    for (const LogStep& step : trial.steps) groups.push_back(step.group);
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    return groups;
  };
  for (std::size_t size = (groups_of(current).size() + 1) / 2; size != 0; size /= 2) {
    // Late ones first: what came after the violation's causes is most likely of no use.
    std::vector<std::uint32_t> groups = groups_of(current);
    std::size_t end = groups.size();
    while (end != 0 && !halt()) {
      const std::size_t begin = end > size ? end - size : 0;
      std::vector<bool> out;
      for (const LogStep& step : current.steps) {
        out.push_back(std::binary_search(groups.begin() + static_cast<std::ptrdiff_t>(begin), groups.begin() + static_cast<std::ptrdiff_t>(end), step.group));
      }
      try_without(current, out, true);
      end = begin;
    }
  }
}

void LogShrinker::leave_out_steps(Trial& current) {
  const auto pass = [&](std::size_t size, bool rename) {
    bool any = false;
    std::size_t end = current.steps.size();
    while (end != 0 && !halt()) {
      end = std::min(end, current.steps.size());
      const std::size_t begin = end > size ? end - size : 0;
      std::vector<bool> out(current.steps.size(), false);
      std::fill(out.begin() + static_cast<std::ptrdiff_t>(begin), out.begin() + static_cast<std::ptrdiff_t>(end), true);
      any = try_without(current, out, rename) || any;
      end = begin;
    }
    return any;
  };
  for (std::size_t size = current.steps.size() / 2; size > 1; size /= 2) pass(size, true);
  while (pass(2, true) || pass(1, true) || pass(1, false)) {
    if (halt()) return;
  }
}

void LogShrinker::strike_late(Trial& current) {
  constexpr std::size_t longest = 200;  // of what is nearly minimal; a longer log stays in its order
  if (current.steps.size() > longest) return;
  for (std::size_t i = current.steps.size(); i-- > 0;) {
    if (!is_fault(current.steps[i].kind)) continue;
    for (std::size_t at = i; at + 1 < current.steps.size() && !halt(); ++at) {
      std::vector<LogStep> steps = current.steps;
      std::swap(steps[at], steps[at + 1]);
      ++trials;
      Trial trial = oracle(steps, false);
      if (!trial.fails || trial.weight() > current.weight()) break;
      current = std::move(trial);
      if (current.steps.size() != steps.size()) break;
    }
  }
}

}  // namespace flowtank::shrinking
