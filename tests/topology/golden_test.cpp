// SPDX-License-Identifier: Apache-2.0
// Every finding on every shipped scenario, as a list in golden.txt that somebody has looked at: a new finding, or one
// that is gone, fails until it was decided about. FLOWTANK_APPROVE=1 writes the list anew.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include <sim/topology/lint.hpp>

using namespace flowtank;

namespace {

const std::string root = FLOWTANK_SOURCE_DIR;
const std::string golden = root + "/tests/topology/golden.txt";

std::vector<std::string> shipped() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "/scenarios")) {
    const std::string path = entry.path().string();
    if (entry.path().extension() == ".json" && path.find("/schema/") == std::string::npos) out.push_back(path.substr(root.size() + 1));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string line_of(const topology::Finding& finding) {
  const Diagnostic& d = finding.diagnostic;
  return std::string(d.severity == Severity::note ? "  note " : "  warning ") + d.code + " " + finding.subject + ": " + d.message +
         (finding.reason.empty() ? "" : " (allowed: " + finding.reason + ")") + "\n";
}

std::string findings_of(const std::string& file) {
  Diagnostics diagnostics;
  const auto scenario = load_scenario(root + "/" + file, {}, diagnostics);
  INFO(file << ": " << (diagnostics.all().empty() ? "" : diagnostics.all()[0].message));
  REQUIRE(scenario);
  const topology::LintResult result = topology::lint(*scenario);
  std::string out = file + "\n";
  for (const topology::Finding& finding : result.findings) out += line_of(finding);
  for (const topology::Finding& finding : result.allowed) out += line_of(finding);
  return out;
}

}  // namespace

TEST_CASE("lint.the_findings_of_all_shipped_scenarios_are_those_on_the_golden_list") {
  std::string now = "# Findings of `flowtank lint --notes` on the shipped scenarios. Written by FLOWTANK_APPROVE=1 test_topology after a look at each.\n";
  for (const std::string& file : shipped()) now += findings_of(file);
  if (std::getenv("FLOWTANK_APPROVE") != nullptr) {
    std::ofstream(golden, std::ios::binary) << now;
    return;
  }
  std::ifstream in(golden, std::ios::binary);
  std::ostringstream before;
  before << in.rdbuf();
  std::istringstream a(before.str());
  std::istringstream b(now);
  std::string line_a;
  std::string line_b;
  while (std::getline(a, line_a) && std::getline(b, line_b)) REQUIRE(line_a == line_b);
  CHECK(before.str() == now);
}
