// SPDX-License-Identifier: Apache-2.0
// The matrices of idempotency and order for a consistency report: the scenario is loaded once more for exploring and both
// questions are asked, handler by handler, within a budget of states (never of seconds, so that the same input gives the same
// page). What lay beyond the budget is said to be not looked at.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <sim/scenario/scenario.hpp>
#include <sim/world/broker.hpp>

#include "reports/html/report.hpp"

namespace flowtank::reports {

inline constexpr std::uint64_t page_family_states = 20'000;                     // for each of the two questions
inline constexpr std::size_t page_family_memory = std::size_t{256} << 20;  // bytes

// `load`: as the scenario of the report was loaded; its purpose does not count. A scenario that cannot be explored gives a sentence
// instead of matrices. `cancelled` may be nullptr.
FamiliesAside families_of(const Scenario& scenario, LoadOptions load, const BrokerRegistry& registry, const std::atomic<bool>* cancelled);

}  // namespace flowtank::reports
