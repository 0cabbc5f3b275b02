// SPDX-License-Identifier: Apache-2.0
// The repository keeps its own rules; and each check finds a violation planted into a small tree
// that is in order.
#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/layering/arrows.hpp"
#include "tests/layering/house_rules.hpp"

using namespace flowtank::layering;

namespace {

const std::string here = std::string(FLOWTANK_SOURCE_DIR) + "/tests/layering/";

std::vector<Complaint> check(const Tree& tree, std::string_view arrow_table,
                             std::string_view exceptions) {
  std::vector<Complaint> complaints;
  const Arrows arrows = parse_arrows(arrow_table, complaints);
  check_includes(tree, arrows, complaints);
  check_links(tree, arrows, complaints);
  check_house_rules(tree, complaints);
  return apply_exceptions(exceptions, tree, std::move(complaints));
}

const char* const opening =
    "// SPDX-License-Identifier: Apache-2.0\n// A planted file for the test of the checks "
    "themselves.\n";

// Three folders with every allowed kind of include and link.
Tree tree_in_order() {
  return {
      {"sim/base/CMakeLists.txt", "flowtank_library(base LINK fmt::fmt)\n"},
      {"sim/base/value.hpp", std::string(opening) + "#pragma once\n#include <vector>\n"},
      {"sim/base/value.cpp",
       std::string(opening) + "#include \"sim/base/value.hpp\"\n#include <fmt/format.h>\n"},
      {"sim/world/CMakeLists.txt", "flowtank_library(world DEPENDS base)  # the engine\n"},
      {"sim/world/world.cpp", std::string(opening) + "#include <sim/base/value.hpp>\n"},
      {"models/brokers/CMakeLists.txt", "flowtank_library(brokers DEPENDS base world)\n"},
      {"models/brokers/kafka.cpp", std::string(opening) + "#include <sim/world/world.hpp>\n"},
      {"cli/main.cpp", std::string(opening) + "#include <chrono>\n#include <nlohmann/json.hpp>\n"},
  };
}

const char* const small_table =
    "sim/base :\n"
    "sim/expr : sim/base   # unused here\n"
    "sim/world : sim/base\n"
    "models/brokers : sim/base sim/world\n"
    "cli : *\n"
    "package fmt/ fmt::fmt : *\n"
    "package nlohmann/ nlohmann_json::nlohmann_json : cli\n";

std::vector<std::string> rules_of(const std::vector<Complaint>& complaints) {
  std::vector<std::string> rules;
  for (const Complaint& c : complaints) rules.push_back(c.rule);
  std::sort(rules.begin(), rules.end());
  rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
  return rules;
}

struct Planted {
  std::string rule;
  std::string path;
  std::string content;  // after the opening, unless `bare`
  bool bare = false;
};

}  // namespace

TEST_CASE("house.the_repository_keeps_its_rules") {
  const Tree tree = read_tree(FLOWTANK_SOURCE_DIR);
  REQUIRE(tree.contains("tests/layering/layering_test.cpp"));
  const auto complaints =
      check(tree, read_text(here + "arrows.txt"), read_text(here + "exceptions.txt"));
  INFO(describe(complaints));
  CHECK(complaints.empty());
}

TEST_CASE("house.a_tree_in_order_has_no_complaints") {
  const auto complaints = check(tree_in_order(), small_table, "");
  INFO(describe(complaints));
  CHECK(complaints.empty());
}

TEST_CASE("house.each_planted_violation_is_reported_under_its_rule") {
  const Planted planted[] = {
      {"arrow", "sim/base/up.cpp", "#include <cli/options.hpp>\n"},
      {"arrow", "cli/CMakeLists.txt",
       ""},  // replaced below: an upward include of a folder without a library
      {"package", "models/brokers/p.cpp", "#include <nlohmann/json.hpp>\n"},
      {"package", "cli/p.cpp", "#include <unheard/of.hpp>\n"},
      {"include-form", "sim/world/form.cpp", "#include \"sim/base/value.hpp\"\n"},
      {"include-form", "sim/base/form.cpp", "#include <sim/base/value.hpp>\n"},
      {"include-form", "sim/base/form.cpp", "#include \"value.hpp\"\n"},
      {"parent-include", "sim/world/parent.cpp", "#include \"../base/value.hpp\"\n"},
      {"header-package", "cli/options.hpp", "#pragma once\n#include <nlohmann/json.hpp>\n"},
      {"table", "sim/secret/secret.cpp", ""},
      {"link", "sim/world/CMakeLists.txt", "flowtank_library(world)\n", true},
      {"link", "sim/world/CMakeLists.txt", "flowtank_library(world DEPENDS base brokers)\n", true},
      {"link", "sim/world/CMakeLists.txt", "flowtank_library(world DEPENDS base no_such)\n", true},
      {"link", "sim/base/CMakeLists.txt",
       "flowtank_library(base LINK nlohmann_json::nlohmann_json)\n", true},
      {"link", "sim/base/CMakeLists.txt",
       "flowtank_library(base)\ntarget_link_libraries(flowtank_base PUBLIC flowtank_brokers)\n",
       true},
      {"spdx", "cli/a.cpp",
       "// A file without a licence line, though with a purpose.\n// And more.\n", true},
      {"purpose", "cli/a.cpp", "// SPDX-License-Identifier: Apache-2.0\n#include <vector>\n", true},
      {"pragma-once", "cli/a.hpp", "struct A {};\n"},
      {"name", "cli/string_utils.cpp", ""},
      {"length", "cli/long.cpp", std::string(500, '\n')},
      {"mark", "cli/unfinished.cpp", std::string("// TO") + "DO: later\n"},
      {"<random>", "sim/base/r.cpp", "#include <random>\n"},
      {"rand", "cli/r.cpp", "int f() { return std::rand(); }\n"},
      {"<chrono>", "reports/r.cpp", "#include <chrono>\n"},
      {"<unordered_map>", "models/brokers/r.cpp", "#include <unordered_map>\n"},
      {"unordered_set", "models/brokers/r.cpp", "std::unordered_set<int> s;\n"},
      {"std::hash", "sim/base/r.cpp", "auto h = std::hash<int>{}(1);\n"},
      {"<cmath>", "sim/base/r.cpp", "#include <cmath>\n"},
      {"<cassert>", "cli/r.cpp", "#include <cassert>\n"},
      {"stod", "sim/base/r.cpp", "double d = std::stod(text);\n"},
      {"<iostream>", "sim/base/r.cpp", "#include <iostream>\n"},
      {"getenv", "sim/base/r.cpp", "auto* v = std::getenv(name);\n"},
      {"__DATE__", "cli/r.cpp", "auto built = __DATE__;\n"},
      {"using namespace", "cli/u.hpp", "#pragma once\nusing namespace std;\n"},
  };
  const std::string table = std::string(small_table) + "reports :\n";
  for (const Planted& p : planted) {
    Tree tree = tree_in_order();
    if (p.path == "cli/CMakeLists.txt") {
      tree["sim/world/world.cpp"] += "#include <cli/options.hpp>\n";
      tree["sim/world/CMakeLists.txt"] = "";  // no library: only the arrow can complain
    } else {
      tree[p.path] = p.bare ? p.content : opening + p.content;
    }
    const auto complaints = check(tree, table, "");
    const auto rules = rules_of(complaints);
    INFO(p.rule << " in " << p.path << "\n"
                << p.content << "\nreported:\n"
                << describe(complaints));
    // An upward include is also one that DEPENDS does not name; nothing else may come along.
    CHECK(std::count(rules.begin(), rules.end(), p.rule) == 1);
    CHECK(rules.size() == (rules == std::vector<std::string>{"arrow", "link"} ? 2U : 1U));
  }
}

TEST_CASE("house.words_in_comments_and_literals_and_parts_of_names_are_no_violation") {
  Tree tree = tree_in_order();
  tree["sim/base/innocent.cpp"] = std::string(opening) + R"text(
// std::rand() and #include <random> in a comment
/* getenv
#include <cmath>
*/
const char* text = "std::hash \" getenv";
const char* raw = R"(
#include <random>
)";
const int big = 1'000'000;
const char quote = '"';
int operand = 1'0, strand_count = 2;
)text";
  const auto complaints = check(tree, small_table, "");
  INFO(describe(complaints));
  CHECK(complaints.empty());
}

TEST_CASE("house.code_after_a_literal_is_still_checked") {
  Tree tree = tree_in_order();
  tree["sim/base/a.cpp"] =
      std::string(opening) + "auto a = \"x\\\"\"; auto b = 1'000; auto c = getenv(a);\n";
  CHECK(rules_of(check(tree, small_table, "")) == std::vector<std::string>{"getenv"});
}

TEST_CASE("house.a_table_row_that_points_up_is_reported") {
  CHECK(rules_of(check({}, "sim/base : sim/world\nsim/world : sim/base\n", "")) ==
        std::vector<std::string>{"table"});
  CHECK(rules_of(check({}, "sim/base sim/world\n", "")) == std::vector<std::string>{"table"});
}

TEST_CASE("house.exceptions_silence_one_rule_of_one_file_and_must_be_needed") {
  Tree tree = tree_in_order();
  tree["sim/base/a.cpp"] = std::string(opening) + "#include <cmath>\n" + std::string(520, '\n');
  const std::string cmath = "<cmath> sim/base/a.cpp : std::trunc is exact\n";
  CHECK(check(tree, small_table, cmath + "length sim/base/a.cpp 530 : one table\n").empty());
  CHECK(rules_of(check(tree, small_table, cmath)) == std::vector<std::string>{"length"});
  CHECK(rules_of(check(tree, small_table, cmath + "length sim/base/a.cpp 510 : one table\n")) ==
        std::vector<std::string>{"exception", "length"});
  CHECK(rules_of(check(tree_in_order(), small_table, "<cmath> sim/base/value.cpp : reason\n")) ==
        std::vector<std::string>{"exception"});
  CHECK(rules_of(check(tree_in_order(), small_table, "<cmath> sim/base/gone.cpp : reason\n")) ==
        std::vector<std::string>{"exception"});
}
