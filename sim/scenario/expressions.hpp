// SPDX-License-Identifier: Apache-2.0
// From JSON values to compiled expressions. A string that starts with "=" is an expression; anything else
// is literal; lists and objects may mix both. Everything is compiled from one text, and a map of its
// pieces brings each error back to the very characters in the user's file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sim/expr/environment.hpp>
#include <sim/expr/type.hpp>
#include <sim/world/system.hpp>

#include "sim/scenario/reading.hpp"
#include "sim/scenario/scenario.hpp"

namespace flowtank::loading {

struct Compiled {
  ExprId id = none;  // none after an error
  expr::Type type = expr::types::dyn;
  bool reads_tables = false;

  explicit operator bool() const { return id != none; }
};

class Expressions {
 public:
  // `has_time`: false for an exploration, where an expression that reads the clock is refused.
  Expressions(Reading& reading, System& system, const LoadLimits& limits, bool has_time)
      : reading_(reading), system_(system), limits_(limits), has_time_(has_time) {}

  // A value: expression or literal.
  Compiled value(const Place& place, const expr::Environment& environment);
  // A value that must fit `expected`; `what` names the receiver: "column amount of orders".
  Compiled value_of(const Place& place, const expr::Environment& environment, expr::Type expected, std::string_view what);
  // A condition: always an expression, the "=" may be left out.
  Compiled condition(const Place& place, const expr::Environment& environment);
  // Any expression whose "=" may be left out.
  Compiled formula(const Place& place, const expr::Environment& environment);
  // An expression that the loader made; errors in it point at `place`.
  Compiled generated(const std::string& text, const Place& place, const expr::Environment& environment);

 private:
  // A piece of the text that is compiled: [begin, end) stems from a node.
  struct Piece {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t skip = 0;  // characters of the node's text before the piece ("=")
    bool literal = false;
    Place from;
  };
  struct Text {
    std::string text;
    std::vector<Piece> pieces;
  };

  void append(Text& out, const Place& place, int depth);
  Compiled compile(const Text& text, const Place& whole, const expr::Environment& environment);
  void translate(const Text& text, const Place& whole, const Diagnostics& found);

  Reading& reading_;
  System& system_;
  const LoadLimits& limits_;
  bool has_time_;
};

}  // namespace flowtank::loading
