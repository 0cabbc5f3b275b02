// SPDX-License-Identifier: Apache-2.0
// Why a counterexample fails: its critical step, after which every way to go on fails too, and the nearest run that
// passes. Both are found by trying: nothing is said that was not explored, and what the budget did not decide
// is said to be undecided.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <sim/base/diagnostic.hpp>
#include <sim/world/broker.hpp>

#include "sim/check/result.hpp"

namespace flowtank {

struct ExplanationOptions {
  std::uint64_t states = 20'000;         // looked at after each step, at most
  std::function<bool()> out_of_time;     // over all: what is not found by then is undecided
  const std::atomic<bool>* cancelled = nullptr;
};

// Fills PropertyOutcome::explanation of each failed property whose counterexample is an explored one without a loop.
void explain_failures(const Scenario& scenario, const BrokerRegistry& registry, const ExplanationOptions& options, Result& result);

}  // namespace flowtank
