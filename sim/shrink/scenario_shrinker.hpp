// SPDX-License-Identifier: Apache-2.0
// Makes the scenario of a failure small: clients and their requests, faults and budgets, services, instances,
// options, data, what bounds the exploration. Every candidate is loaded and tried with the log, renamed where it must be;
// one that does not violate the same property is dropped. The demanded property itself is never touched.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <sim/run/decision_log.hpp>

#include "sim/shrink/scenario_tree.hpp"

namespace flowtank::shrinking {

class ScenarioShrinker {
 public:
  // Does the scenario of this tree still show the failure? Takes it over (the log, the World) if so.
  using Accepts = std::function<bool(const ScenarioTree&)>;

  ScenarioShrinker(ScenarioTree& tree, std::string property, Driver driver, Accepts accepts, std::function<bool()> stop)
      : tree_(tree), property_(std::move(property)), driver_(driver), accepts_(std::move(accepts)), stop_(std::move(stop)) {}

  // What is only about other runs: other properties, the bounds of "check" become those of the scenario. The
  // first step; it must succeed, since nothing of the failure changes. `expect` demands the FAIL.
  bool fold();
  // Requests and sessions of clients: `sent` is how many the log sends, tried first.
  bool fewer_requests();
  // Everything else. True when something became smaller.
  bool shrink();

  std::uint64_t trials() const { return trials_; }

 private:
  bool attempt(const std::function<void(JsonNode&)>& edit);
  bool without_members(std::initializer_list<const char*> path);
  bool smaller_number(const std::function<JsonNode*(JsonNode&)>& where, std::int64_t least);
  bool faults();
  bool services();
  bool data();
  bool prune(const std::function<JsonNode*(JsonNode&)>& where, const std::function<bool(const std::string&)>& keep);
  bool time();

  ScenarioTree& tree_;
  std::string property_;
  Driver driver_;
  Accepts accepts_;
  std::function<bool()> stop_;
  std::uint64_t trials_ = 0;
};

}  // namespace flowtank::shrinking
