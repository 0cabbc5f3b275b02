// SPDX-License-Identifier: Apache-2.0
// Compares what a vector expects after a step with what a driver observed. The rules are the format's, the same for every
// vector: expected fields must be there and equal, masks stand for any value, lanes are ordered and have no order
// among each other, and who gets which half of a divided topic is random (sizes and disjointness count).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/brokers/vectors/driver.hpp"

namespace flowtank::vectors {

struct Difference {
  std::string expected;  // "nothing" when nothing was
  std::string got;
};

class Comparison {
 public:
  // Both outlive it.
  Comparison(const VectorFile& vector, const Driver& driver);

  const std::vector<JsonNode>& expected_after(std::int64_t step) const;
  // `elapsed_ms`: how long the op took; `sharing`: Driver::sharing() after it. Keeps account of owners, so steps come in order.
  std::optional<Difference> compare(const Step& step, std::vector<Observation> actual, std::int64_t elapsed_ms, std::uint32_t sharing);
  // After the last step: what came, was expected nowhere, and was never read; with the step at which it came.
  std::optional<Difference> compare_rest(std::int64_t& step) const;

 private:
  using Owners = std::map<std::string, std::set<std::int64_t>>;  // by consumer

  bool matches(const JsonNode& expected, const JsonNode& actual) const;
  bool same(std::string_view key, const JsonNode& expected, const JsonNode& actual) const;
  bool same_list(std::string_view key, const JsonNode& expected, const JsonNode& actual) const;
  bool left_unsaid(const Step& step, const Observation& observation) const;
  bool as_the_step_says(const Step& step, const Observation& observation) const;
  void relabel(std::vector<JsonNode>& expected, std::vector<Observation>& actual);
  static std::optional<Difference> overlap(const Owners& owners);

  const VectorFile& vector_;
  const Driver& driver_;
  std::set<std::string> said_;   // events that the vector speaks of anywhere
  bool relabelled_ = false;      // halves differ from the recording: messages go to the other consumer
  std::vector<Observation> late_;  // not expected where they happened, and not read since
  std::int64_t late_since_ = 0;    // the step of the first of them
  Owners owners_;                // as observed
  Owners expected_owners_;       // as recorded
};

}  // namespace flowtank::vectors
