// SPDX-License-Identifier: Apache-2.0
// The drawings: right for a known scenario, the same twice, and valid whatever names are called. Graphviz itself reads
// the dot text where it is installed; everywhere a small grammar of what we write does.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <reports/graph_text.hpp>
#include <reports/lint_report.hpp>

#include "tests/topology/planted.hpp"

using namespace flowtank;
using namespace flowtank::topology;

namespace {

// Clients, channels, handlers, steps and titles may be called anything.
planted::Texts hostile() {
  planted::Texts files = planted::good();
  const std::string evil = R"(\"]; } evil [label=\"<script>alert(1)</script>\n|`end`\\ # & 'x' \u202e \u0007 é)";
  planted::put(files, "s.json", R"("people")", '"' + evil + '"');
  planted::put(files, "s.json", R"("title": "planted")", R"("title": ")" + evil + '"');
  planted::put(files, "s.json", R"("things": {})", R"(")" + evil + R"(": {})");
  for (const char* file : {"a.json", "b.json"}) planted::put(files, file, R"("channel": "things")", R"("channel": ")" + evil + '"');
  planted::put(files, "a.json", R"("go": {)", '"' + evil + R"(": {)");
  return files;
}

// The lines that graph_dot writes, and no others.
void check_dot(const std::string& text) {
  const std::string quoted = R"re("(?:[^"\\]|\\.)*")re";
  const std::regex line("digraph " + quoted + R"( \{|  rankdir=LR;|  (?:node|edge) \[fontname="sans-serif"\];|  subgraph cluster_g\d+ \{|    label=)" + quoted +
                        R"(;|    style=(?:solid|dashed);|  \}|\}| +n\d+ \[shape=\w+, label=)" + quoted + R"(\];|  n\d+ -> n\d+ \[style=\w+(?:, constraint=false)?, label=)" + quoted + R"(\];)");
  std::istringstream lines(text);
  for (std::string one; std::getline(lines, one);) {
    INFO(one);
    CHECK(std::regex_match(one, line));
  }
}

void check_mermaid(const std::string& text) {
  const std::string safe = R"re("(?:[^"<>`\\|\[\]{}#;&]|#\d+;)*")re";
  const std::regex line(R"(flowchart LR|  subgraph g\d+\[)" + safe + R"(\]|  end| +n\d+(?:\[|\(\[|\{\{|\[\(|\(\(|\[\[))" + safe +
                        R"((?:\]|\]\)|\}\}|\)\]|\)\)|\]\])|  n\d+ (?:-->|==>|-\.->)(?:\|)" + safe + R"(\|)? n\d+)");
  std::istringstream lines(text);
  for (std::string one; std::getline(lines, one);) {
    INFO(one);
    CHECK(std::regex_match(one, line));
  }
}

void check_json(const std::string& text) {
  const auto j = nlohmann::json::parse(text);
  CHECK(j.at("flowtank_graph") == reports::graph_json_version);
  std::set<std::string> nodes;
  std::set<std::string> groups;
  for (const auto& g : j.at("groups")) groups.insert(g.at("id").get<std::string>());
  for (const auto& n : j.at("nodes")) {
    CHECK(nodes.insert(n.at("id").get<std::string>()).second);
    if (n.contains("group")) CHECK(groups.count(n.at("group").get<std::string>()) == 1);
    CHECK(n.at("kind").is_string());
    CHECK(n.at("subject").is_string());
  }
  for (const auto& e : j.at("edges")) {
    CHECK(nodes.count(e.at("from").get<std::string>()) == 1);
    CHECK(nodes.count(e.at("to").get<std::string>()) == 1);
    CHECK(e.at("messages").is_array());
  }
}

void check_with_graphviz([[maybe_unused]] const std::string& text) {
#ifdef FLOWTANK_DOT
  const auto file = std::filesystem::temp_directory_path() / ("flowtank-graph-" + std::to_string(std::hash<std::string>{}(text)) + ".dot");
  std::ofstream(file, std::ios::binary) << text;
  CHECK(std::system(("'" FLOWTANK_DOT "' -Tsvg '" + file.string() + "' > /dev/null").c_str()) == 0);
  std::filesystem::remove(file);
#endif
}

}  // namespace

TEST_CASE("graph.mermaid_of_services_is_what_one_would_draw") {
  const Scenario scenario = planted::load(planted::good());
  const Topology topology(*scenario.system, &scenario.spots);
  CHECK(reports::graph_mermaid(topology, view_of(topology, Level::services)) ==
        "flowchart LR\n"
        "  subgraph g0[\"bus\"]\n"
        "    n3{{\"things\"}}\n"
        "  end\n"
        "  n0([\"people\"])\n"
        "  n1[\"a\"]\n"
        "  n2[\"b\"]\n"
        "  n0 -->|\"Go\"| n1\n"
        "  n1 -->|\"Done\"| n3\n"
        "  n3 -->|\"Done\"| n2\n");
}

TEST_CASE("graph.handlers_show_what_is_stored_for_a_relay_without_the_table") {
  const Scenario scenario = planted::load(planted::good());
  const Topology topology(*scenario.system, &scenario.spots);
  const View view = view_of(topology, Level::handlers);
  std::vector<std::string> told;
  for (const ViewEdge& e : view.edges) {
    told.push_back(topology.nodes()[view.nodes[e.from].node].subject + " " + std::string(to_text(e.kind)) + " " + topology.nodes()[view.nodes[e.to].node].subject);
  }
  CHECK(told == std::vector<std::string>{"people sends a.go", "a.go replies people", "a.go stores a.relay", "a.relay publishes bus.things", "bus.things delivers b.count"});
}

TEST_CASE("graph.all_formats_are_valid_for_all_levels_and_hostile_names_and_the_same_twice") {
  for (const planted::Texts& files : {planted::good(), hostile()}) {
    const Scenario scenario = planted::load(files);
    for (const Level level : {Level::services, Level::handlers, Level::tables}) {
      const Topology topology(*scenario.system, &scenario.spots);
      const View view = view_of(topology, level);
      const std::string dot = reports::graph_dot(topology, view);
      check_dot(dot);
      check_with_graphviz(dot);
      check_mermaid(reports::graph_mermaid(topology, view));
      check_json(reports::graph_json(topology, view));
      const Scenario again = planted::load(files);
      const Topology twin(*again.system, &again.spots);
      CHECK(reports::graph_dot(twin, view_of(twin, level)) == dot);
      CHECK(reports::graph_json(twin, view_of(twin, level)) == reports::graph_json(topology, view));
    }
  }
}

TEST_CASE("graph.the_grammars_refuse_what_is_not_escaped") {
  const std::regex quoted(R"re("(?:[^"\\]|\\.)*")re");
  CHECK_FALSE(std::regex_match(std::string(R"("a" ] evil [ ")"), quoted));
  CHECK(std::regex_match(std::string(R"("a\" ] evil [ \"")"), quoted));
}

TEST_CASE("graph.all_shipped_scenarios_can_be_drawn") {
  const std::string root = std::string(FLOWTANK_SOURCE_DIR) + "/scenarios";
  std::size_t drawn = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".json" || entry.path().string().find("/schema/") != std::string::npos) continue;
    Diagnostics diagnostics;
    const auto scenario = load_scenario(entry.path().string(), {}, diagnostics);
    INFO(entry.path().string());
    REQUIRE(scenario);
    const Topology topology(*scenario->system, &scenario->spots);
    const View view = view_of(topology, Level::tables);
    check_dot(reports::graph_dot(topology, view));
    check_mermaid(reports::graph_mermaid(topology, view));
    check_json(reports::graph_json(topology, view));
    ++drawn;
  }
  CHECK(drawn >= 40);
}

TEST_CASE("lint_report.has_findings_allowances_and_counts") {
  planted::Texts files = planted::good();
  planted::put(files, "s.json", R"("things": {})", R"("things": {}, "spare": {}, "other": {})");
  planted::put(files, "s.json", R"("title")", R"("lint": { "allow": [ { "code": "FT-LINT-003", "on": "bus.other", "reason": "for \"later\"" } ] }, "title")");
  const Scenario scenario = planted::load(files);
  const auto j = nlohmann::json::parse(reports::lint_report("s.json", Diagnostics(), lint(scenario)));
  CHECK(j.at("flowtank_lint") == reports::lint_report_version);
  CHECK(j.at("errors") == 0);
  CHECK(j.at("warnings") == 1);
  CHECK(j.at("notes") == 2);
  REQUIRE(j.at("findings").size() == 3);
  CHECK(j.at("findings")[1].at("code") == "FT-LINT-003");
  CHECK(j.at("findings")[1].at("subject") == "bus.spare");
  CHECK(j.at("findings")[1].at("at").at("file") == "s.json");
  REQUIRE(j.at("allowed").size() == 1);
  CHECK(j.at("allowed")[0].at("reason") == "for \"later\"");
}
