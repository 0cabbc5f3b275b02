// SPDX-License-Identifier: Apache-2.0
// What plays a vector against one product's model, in virtual time. A driver knows its product's ops and turns what happens
// into observations; it is given the script alone and never sees what was expected. One driver object plays one vector.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/brokers/vectors/vector_file.hpp"

namespace flowtank::vectors {

// Something that a client sees. `node` has all that could be said; a vector's expectation may say less.
struct Observation {
  JsonNode node;
  std::string lane;         // observations of one lane have an order; empty: the step's only lane
  bool is_ownership = false;  // who owns which half is random (see Driver::sharing)
  bool may_come_later = false;  // read at a later step that collects (see Driver::collects), or here
  // The earlier step whose op asked for it and was not answered at once; it counts there if the vector says anything of that step.
  // 0: it is of the step that was played.
  std::int64_t asked_at = 0;
  std::int64_t came_ms = 0;     // with asked_at: now_ms() when it came
};

class Driver {
 public:
  virtual ~Driver() = default;

  // Plays one op. Empty, or why it is not supported.
  virtual std::string play(const Step& step, bool is_setup, std::vector<Observation>& out) = 0;
  // Time passes until the system is at rest, or as long as the recorder paused after such an op. `next`: the op that
  // follows; nullptr at the end.
  virtual void settle(const Step& step, const Step* next) = 0;
  virtual std::int64_t now_ms() const = 0;
  // After the last step: what was asked and is not answered yet comes now, each with its asked_at.
  virtual void finish(std::vector<Observation>& /*out*/) {}

  // Do two names of errors mean the same (products' clients name one error differently)?
  virtual bool same_name(std::string_view expected, std::string_view actual) const { return expected == actual; }
  // Items of an observed list (member `list`) that have an order among each other have one lane; items of different lanes may
  // come in any order. Nothing: the list's order counts as a whole.
  virtual std::optional<std::string> lane_within(std::string_view /*list*/, const JsonNode& /*item*/) const { return std::nullopt; }
  // Did the recorder read at this step what was not an answer to it?
  virtual bool collects(const Step& /*step*/) const { return true; }
  // Consumers that divide partitions among themselves at random now. With fewer than two the sets are exact.
  virtual std::uint32_t sharing() const { return 0; }
};

// The driver for the "broker" of a script; nullptr with `why`, a phrase in brackets' style ("no model of ... yet").
std::unique_ptr<Driver> driver_for(const Script& script, std::string& why);

}  // namespace flowtank::vectors
