// SPDX-License-Identifier: Apache-2.0
// An expression of any bytes: compiled with a few variables and evaluated within a budget; equal twice.
#include <array>

#include <sim/expr/literal_text.hpp>
#include <sim/expr/program.hpp>

#include "tests/fuzz/target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flowtank;
  using namespace flowtank::expr;
  const std::string text(reinterpret_cast<const char*>(data), size);
  Environment environment;
  environment.declare("n", types::int64, 0);
  environment.declare("x", types::dyn, 1);
  Diagnostics diagnostics;
  const auto program = compile(text, environment, diagnostics);
  fuzz::demand(program.has_value() == diagnostics.ok(), "a program exactly when there is no error");
  fuzz::demand_good(diagnostics, {{"", text}});
  if (!program) return 0;
  const std::array<Value, 2> slots = {Value::of_int(7), Value::of_int(-1)};
  EmptyHost host;
  std::string said[2];
  for (std::string& result : said) {
    Arena arena;
    const Value value = evaluate(*program, slots, host, arena);
    result = value.is(Kind::error) ? std::string(error_name(error_code(value))) : literal_text(value, program->types());
  }
  fuzz::demand(said[0] == said[1], "the same expression, two values");
  return 0;
}
