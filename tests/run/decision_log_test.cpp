// SPDX-License-Identifier: Apache-2.0
// Decision logs: what is written is read again, whatever names it holds; every damage is noticed.
#include <catch2/catch.hpp>

#include <sim/run/decision_log.hpp>

namespace flowtank {
namespace {

DecisionLog sample() {
  DecisionLog log;
  log.scenario = "a folder/shop.json";
  log.scenario_hash = "00ff";
  log.overrides = {"a.b=c d", "x=\"line\nbreak\""};
  log.seed = 18446744073709551615U;
  log.horizon = Time(5);
  log.property = "charged \\ at most once \x1b[31m";
  log.actions = {{"send shoppers 0", 1}, {"deliver orders to payment OrderPlaced(o-1)", 2}};
  return log;
}

std::string code_of(std::string_view text) {
  Diagnostics diagnostics;
  const auto log = parse_decision_log(text, "x.counterexample", diagnostics);
  if (log || diagnostics.all().empty()) return "none";
  return diagnostics.all()[0].code;
}

TEST_CASE("decision_log.is_read_as_it_was_written") {
  const DecisionLog log = sample();
  Diagnostics diagnostics;
  const auto again = parse_decision_log(to_text(log), "x", diagnostics);
  REQUIRE(diagnostics.ok());
  REQUIRE(again);
  CHECK(*again == log);
  CHECK(to_text(log).find('\x1b') == std::string::npos);
}

TEST_CASE("decision_log.every_truncation_is_noticed") {
  const std::string text = to_text(sample());
  for (std::size_t length = 0; length + 1 < text.size(); ++length) {
    INFO(length);
    CHECK(code_of(text.substr(0, length)) != "none");
  }
}

TEST_CASE("decision_log.bad_lines_have_their_code") {
  CHECK(code_of("{}\n") == "FT-LOG-001");
  CHECK(code_of("flowtank-decisions 2\nend 0\n") == "FT-LOG-002");
  CHECK(code_of("flowtank-decisions 1\naction 1 x\nend 2\n") == "FT-LOG-003");
  CHECK(code_of("flowtank-decisions 1\nseeed 1\nend 0\n") == "FT-LOG-004");
  CHECK(code_of("flowtank-decisions 1\nseed -1\nend 0\n") == "FT-LOG-004");
  CHECK(code_of("flowtank-decisions 1\naction 0 x\nend 1\n") == "FT-LOG-004");
  CHECK(code_of("flowtank-decisions 1\nend 0\nseed 1\n") == "FT-LOG-004");
  CHECK(code_of("flowtank-decisions 1\nproperty \\q\nend 0\n") == "FT-LOG-004");
  CHECK(code_of("flowtank-decisions 1\nset \nend 0\n") == "FT-LOG-004");
  CHECK(code_of("flowtank-decisions 1\nset =1\nend 0\n") == "FT-LOG-004");
  CHECK(code_of("flowtank-decisions 1\ndeviation x\nend 0\n") == "FT-LOG-005");
  CHECK(code_of("flowtank-decisions 1\n# a comment\n\nend 0\n") == "none");
}

}  // namespace
}  // namespace flowtank
