// SPDX-License-Identifier: Apache-2.0
// What the tests of campaigns share: a scenario loaded for walks, a campaign of it, and everything that reports say.
#pragma once

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <stdlib.h>

#include <models/brokers/registry.hpp>
#include <reports/files.hpp>
#include <reports/terminal.hpp>
#include <sim/check/campaign_check.hpp>

namespace flowtank::campaign::test {

inline std::string scenario_file(const std::string& name) { return FLOWTANK_SOURCE_DIR "/scenarios/" + name; }

inline Scenario load(const std::string& name, std::vector<std::string> overrides = {}, LoadPurpose purpose = LoadPurpose::check) {
  Diagnostics diagnostics;
  LoadOptions options;
  options.purpose = purpose;
  options.overrides = std::move(overrides);
  auto scenario = load_scenario(scenario_file(name), options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message + " " + d.hint);
  REQUIRE(scenario);
  return std::move(*scenario);
}

inline CampaignOptions options(Strategy strategy, std::uint64_t runs, unsigned threads = 1) {
  CampaignOptions out;
  out.plan.strategy = strategy;
  out.plan.runs = runs;
  out.limits.threads = threads;
  return out;
}

inline Result sample(const Scenario& scenario, const CampaignOptions& options) {
  Diagnostics diagnostics;
  auto result = check_by_campaign(scenario, shipped_brokers(), options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message + " " + d.hint);
  REQUIRE(result);
  CHECK(result->our_fault == "");
  return std::move(*result);
}

// All that a user gets to see.
inline std::string said(const Scenario& scenario, const Result& result) {
  return reports::json_report(scenario, result, {}) + reports::terminal_text(scenario, result, {}, {}) + reports::markdown_report(scenario, result, {});
}

inline const PropertyOutcome& of(const Result& result, const std::string& name) {
  for (const PropertyOutcome& property : result.properties) {
    if (property.verdict.property == name) return property;
  }
  FAIL("no property " + name);
  return result.properties.front();
}

// A folder of its own, gone afterwards.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "flowtank-campaign-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace flowtank::campaign::test
