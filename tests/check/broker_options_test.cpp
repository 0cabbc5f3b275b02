// SPDX-License-Identifier: Apache-2.0
// An option that a broker does not have is the user's error under every kind of broker and every way of asking: no verdict
// comes of a World whose broker was made of something else than what stands in the file.
#include <catch2/catch.hpp>

#include <algorithm>

#include <models/brokers/registry.hpp>
#include <sim/check/campaign_check.hpp>
#include <sim/check/scenario_check.hpp>

namespace flowtank {
namespace {

Scenario scenario_with(const std::string& kind, const std::string& option, LoadPurpose purpose) {
  LoadOptions load;
  load.purpose = purpose;
  load.overrides = {"brokers.bus.kind=" + kind};
  if (!option.empty()) load.overrides.push_back("brokers.bus." + option);
  Diagnostics diagnostics;
  auto scenario = load_scenario(FLOWTANK_SOURCE_DIR "/scenarios/store/3-inbox.json", load, diagnostics);
  REQUIRE(scenario);
  return *scenario;
}

TEST_CASE("broker_options.one_that_no_product_has_ends_every_way_of_asking") {
  for (const BrokerKind& kind : shipped_brokers()) {
    const std::string name(kind.name);
    CAPTURE(name);
    for (const std::string option : {"", "nonsense=1"}) {
      CAPTURE(option);
      const bool right = option.empty();
      const auto judge = [&](bool answered, const Diagnostics& diagnostics) {
        CHECK(answered == right);
        CHECK(diagnostics.ok() == right);
        if (!right) {
          CHECK(std::any_of(diagnostics.all().begin(), diagnostics.all().end(), [](const Diagnostic& d) {
            return d.severity == Severity::error && d.message.find("nonsense") != std::string::npos;
          }));
        }
      };
      Diagnostics checked;
      judge(check_scenario(scenario_with(name, option, LoadPurpose::check), shipped_brokers(), {}, checked).has_value(), checked);
      Diagnostics ran;
      judge(run_scenario(scenario_with(name, option, LoadPurpose::run), shipped_brokers(), {}, ran).has_value(), ran);
      for (const auto strategy : {Strategy::random, Strategy::timed}) {
        CampaignOptions options;
        options.plan.strategy = strategy;
        options.plan.runs = 3;
        Diagnostics sampled;
        const auto purpose = strategy == Strategy::timed ? LoadPurpose::run : LoadPurpose::check;
        judge(check_by_campaign(scenario_with(name, option, purpose), shipped_brokers(), options, sampled).has_value(), sampled);
      }
    }
  }
}

}  // namespace
}  // namespace flowtank
