// SPDX-License-Identifier: Apache-2.0
// How far a family is explored, and what exploring it came to. Shared by all questions about families, so that "how far
// checked" means the same everywhere.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sim/explore/search.hpp>
#include <sim/explore/world_system.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank::family {

inline constexpr std::uint64_t default_family_states = 1'000'000;

struct FamilyOptions {
  std::optional<std::uint64_t> states;   // else the scenario's, else default_family_states
  std::optional<std::uint64_t> depth;    // actions on a path; else the scenario's
  std::size_t memory = std::size_t{2} << 30;
  std::vector<std::string> overrides;    // for decision logs
  std::vector<std::string> ignore;       // see Mapping
  bool any_order = false;                // commute: as if brokers kept no order at all
  bool system_form = true;               // idempotency: also compare outcomes of the whole system
  std::function<bool()> out_of_time;
  const std::atomic<bool>* cancelled = nullptr;
  std::function<void(const explore::Counts&)> progress;
};

// How much of the scenario was looked at.
struct Extent {
  explore::Counts counts;
  bool complete = false;
  bool interrupted = false;
  std::string limit_words;  // not complete: what cut it short
};

explore::Options<explore::WorldSystem> search_options(const Scenario& scenario, const FamilyOptions& options, const World& world);
Extent extent_of(const explore::Outcome<Action>& outcome, const FamilyOptions& options);

}  // namespace flowtank::family
