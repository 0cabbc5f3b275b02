// SPDX-License-Identifier: Apache-2.0
// Observers: how properties see what happens. They are told of committed changes, effects and the fate of
// messages, and may keep per-key monitors, which are components of the state. An observer must not
// change anything else.
#pragma once

#include <cstdint>
#include <span>

#include <sim/base/pool.hpp>

namespace flowtank {

class World;

enum class Fate : std::uint8_t {
  handled,     // settled by a handler run that ended well, or of a type that the consumer has no handler for
  ignored,     // acknowledged although its handler raised: the error was swallowed
  dead_letter,
  lost,        // ceased to exist without being handled
};

class Observer {
 public:
  virtual ~Observer() = default;
  // A committed change of a row. Columns by position; empty = absent.
  virtual void row_changed(World&, std::uint32_t /*table*/, Word /*key*/, std::span<const Word> /*before*/,
                           std::span<const Word> /*after*/) {}
  virtual void effect(World&, std::uint32_t /*effect*/, Word /*key*/, std::int64_t /*amount*/) {}
  virtual void accepted(World&, std::uint32_t /*channel*/, Word /*message*/) {}
  // Once for each copy of a subscription.
  virtual void message_fate(World&, std::uint32_t /*subscription*/, Word /*message*/, Fate) {}
};

}  // namespace flowtank
