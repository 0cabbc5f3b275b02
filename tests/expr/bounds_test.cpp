// SPDX-License-Identifier: Apache-2.0
// Hostile expressions: each ends in a diagnostic or an error value, quickly and without deep stacks.
#include "tests/expr/support.hpp"

using namespace flowtank;
using namespace flowtank::expr;
using namespace flowtank::expr::test;

namespace {

std::string repeated(std::string_view piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += piece;
  return out;
}

std::string first_code(const std::string& text) {
  Diagnostics diagnostics;
  if (compile(text, Environment(), diagnostics)) return "compiled";
  return diagnostics.all().at(0).code;
}

}  // namespace

TEST_CASE("bounds.nesting_of_any_kind_is_a_diagnostic") {
  for (const int depth : {251, 10'000}) {
    CHECK(first_code(repeated("(", depth) + "1" + repeated(")", depth)) == "FT-CEL-003");
    CHECK(first_code(repeated("[", depth) + repeated("]", depth)) == "FT-CEL-003");
    CHECK(first_code(repeated("{1:", depth) + "1" + repeated("}", depth)) == "FT-CEL-003");
    CHECK(first_code(repeated("size(", depth) + "1" + repeated(")", depth)) == "FT-CEL-003");
    CHECK(first_code(repeated("true ? 1 : ", depth) + "1") == "FT-CEL-003");
    CHECK(first_code(repeated("[1].all(x, ", depth) + "true" + repeated(")", depth)) == "FT-CEL-003");
  }
  CHECK(first_code(repeated("(", 10'000)) == "FT-CEL-003");
  for (const int length : {501, 10'000}) {
    CHECK(first_code("1" + repeated(" + 1", length)) == "FT-CEL-003");
    CHECK(first_code(repeated("!", length) + "true") == "FT-CEL-003");
    CHECK(first_code(repeated("-", length) + "(1)") == "FT-CEL-003");
    CHECK(first_code("{}" + repeated(".a", length)) == "FT-CEL-003");
    CHECK(first_code("[1]" + repeated("[0]", length)) == "FT-CEL-003");
  }
}

TEST_CASE("bounds.what_the_language_demands_is_within_them") {
  CHECK(run(repeated("(", 200) + "1" + repeated(")", 200)) == "1");
  CHECK(run("1" + repeated(" + 1", 400)) == "401");
  CHECK(run("true" + repeated(" && true", 10'000)) == "true");
  CHECK(run("size([0" + repeated(", 1", 10'000) + "])") == "10001");
}

TEST_CASE("bounds.a_long_text_is_refused") { CHECK(first_code("'" + std::string(max_text_bytes, 'x') + "'") == "FT-CEL-004"); }

TEST_CASE("bounds.too_many_registers_are_refused") {
  Environment environment;
  environment.declare("x", types::dyn, 0);
  CHECK(only_diagnostic("[x" + repeated(",x", 20'000) + "]", environment).code == "FT-CEL-004");
}

TEST_CASE("bounds.string_bombs_run_out_of_memory") {
  Environment environment;
  environment.declare("s", types::string, 0);
  std::string text = "s";
  for (int i = 0; i < 40; ++i) text = "cel.bind(x" + std::to_string(i) + ", " + text + ", x" + std::to_string(i) + " + x" + std::to_string(i) + ")";
  const Program program = must_compile(text, environment);
  Arena values, arena(std::size_t{1} << 20);
  EmptyHost host;
  const Value slots[] = {values.make_string("0123456789")};
  CHECK(text_of(evaluate(program, slots, host, arena), program) == "!memory_exhausted");
  CHECK(arena.used() <= std::size_t{1} << 20);
}

TEST_CASE("bounds.list_bombs_run_out_of_memory_or_steps") {
  std::string text = "[1]";
  for (int i = 0; i < 60; ++i) text += ".map(x, [x, x])";
  std::string doubling = "l";
  for (int i = 0; i < 40; ++i) doubling = "cel.bind(y, " + doubling + ", y + y)";
  Environment environment;
  environment.declare("l", types::list_of_dyn, 0);
  const Program program = must_compile(doubling, environment);
  Arena values, arena(std::size_t{1} << 20);
  EmptyHost host;
  const Value one[] = {Value::of_int(1)};
  const Value slots[] = {values.make_list(one)};
  CHECK(text_of(evaluate(program, slots, host, arena), program) == "!memory_exhausted");
}

TEST_CASE("bounds.nested_macros_run_out_of_steps") {
  std::string text = "true";
  for (int i = 0; i < 30; ++i) text = "l.all(x" + std::to_string(i) + ", " + text + ")";
  Environment environment;
  environment.declare("l", types::list_of_dyn, 0);
  const Program program = must_compile(text, environment);
  Arena values, arena;
  EmptyHost host;
  std::vector<Value> items(10, Value::of_int(1));
  const Value slots[] = {values.make_list(items)};
  CHECK(text_of(evaluate(program, slots, host, arena), program) == "!steps_exhausted");
}

TEST_CASE("bounds.exhaustion_cannot_be_absorbed") {
  Environment environment;
  environment.declare("l", types::list_of_dyn, 0);
  const Program program = must_compile("l.all(x, l.all(y, true)) || true", environment);
  Arena values, arena;
  EmptyHost host;
  std::vector<Value> items(100, Value::of_int(1));
  const Value slots[] = {values.make_list(items)};
  CHECK(text_of(evaluate(program, slots, host, arena, {1000}), program) == "!steps_exhausted");
  CHECK(text_of(evaluate(program, slots, host, arena), program) == "true");
}

TEST_CASE("bounds.constant_bombs_do_not_hang_the_compiler") {
  std::string text = "true";
  for (int i = 0; i < 30; ++i) text = "[1,2,3,4,5,6,7,8].all(x" + std::to_string(i) + ", " + text + ")";
  CHECK(run(text) == "!steps_exhausted");
}

TEST_CASE("bounds.patterns_are_bounded_and_linear") {
  CHECK(first_code("'a'.matches('" + std::string(5000, 'a') + "')") == "FT-CEL-019");
  CHECK(first_code("'a'.matches('((a{100}){100}){100}')") == "FT-CEL-019");
  Environment environment;
  environment.declare("s", types::string, 0);
  environment.declare("p", types::string, 1);
  Arena values, arena;
  EmptyHost host;
  const Value slots[] = {values.make_string(std::string(200'000, 'a')), values.make_string("((a{100}){100}){100}")};
  const Program evil = must_compile("s.matches('(a*)*b')", environment);
  CHECK(text_of(evaluate(evil, slots, host, arena), evil) == "false");
  const Program dynamic = must_compile("s.matches(p)", environment);
  CHECK(text_of(evaluate(dynamic, slots, host, arena), dynamic) == "!bad_regex");
}

TEST_CASE("bounds.deep_values_are_an_error_not_a_crash") {
  Environment environment;
  environment.declare("a", types::dyn, 0);
  environment.declare("b", types::dyn, 1);
  Arena values(std::size_t{256} << 20), arena;
  EmptyHost host;
  Value deep[2] = {Value::of_int(1), Value::of_int(1)};
  for (int i = 0; i < 100'000; ++i) {
    deep[0] = values.make_list({&deep[0], 1});
    deep[1] = values.make_list({&deep[1], 1});
  }
  const Program program = must_compile("a == b", environment);
  CHECK(text_of(evaluate(program, deep, host, arena), program) == "!nesting_too_deep");
  const Program hashed = must_compile("[a, b].distinct().size()", environment);
  CHECK(text_of(evaluate(hashed, deep, host, arena), hashed) == "!nesting_too_deep");
}

TEST_CASE("bounds.functions_that_multiply_are_refused") {
  Environment environment;
  Diagnostics diagnostics;
  REQUIRE(environment.define_function("f0", {{"x", types::dyn}}, "[x, x]", diagnostics));
  for (int i = 1; i < 40; ++i) {
    const std::string before = "f" + std::to_string(i - 1);
    environment.define_function("f" + std::to_string(i), {{"x", types::dyn}}, before + "(" + before + "(x))", diagnostics);
  }
  CHECK(diagnostics.errors() > 0);
  CHECK(diagnostics.all()[0].code == "FT-CEL-004");
}

TEST_CASE("bounds.garbage_never_crashes") {
  // A fixed pseudo-random walk over pieces of the language; what compiles is evaluated.
  static constexpr const char* pieces[] = {"1", "a", "'s'", "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "+", "-", "!", "&&", "||", "==", "<",
                                           "in", " ", "has(", ".all(x,", ".map(x,", "size(", "x", "null", "\"", "`", "\\", "\xff", "0x", "1e", "b'", "r'"};
  Environment environment;
  environment.declare("a", types::dyn, 0);
  CompileOptions lenient;
  lenient.lenient = true;
  std::uint64_t state = 1;
  EmptyHost host;
  std::size_t compiled = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto length = 1 + (state >> 60);
    for (std::uint64_t k = 0; k < length; ++k) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      text += pieces[(state >> 33) % std::size(pieces)];
    }
    Diagnostics diagnostics;
    const auto program = compile(text, environment, diagnostics, {}, lenient);
    CHECK(program.has_value() == diagnostics.ok());
    if (!program) continue;
    ++compiled;
    Arena arena(1 << 16);
    const Value slots[] = {Value::of_int(1)};
    evaluate(*program, slots, host, arena, {1000});
  }
  CHECK(compiled > 100);
}
