// SPDX-License-Identifier: Apache-2.0
// Uses an installed Flowtank as a stranger would: loads a scenario of its own that names shipped models, checks it,
// and demands the verdict; with the inbox that repairs it, the other one. Exit code 0 when both are as known.
#include <cstdio>
#include <map>
#include <string>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/scenario.hpp>

namespace {

const char* const shop = R"({
  "flowtank": 1,
  "title": "a shop of somebody else",
  "services": {
    "order": { "use": "order", "with": { "publish": "outbox" } },
    "payment": { "use": "payment", "with": { "consume": "naive", "publish": "outbox" } }
  },
  "brokers": { "bus": { "kind": "ideal", "channels": { "orders": {}, "payments": {} } } },
  "clients": { "shoppers": { "sends": "PlaceOrder", "to": "order", "count": 1 } }
})";

// The verdict of the first property of a scenario file, with overrides.
std::string verdict(const std::string& file, const std::vector<std::string>& overrides) {
  flowtank::Diagnostics diagnostics;
  flowtank::LoadOptions options;
  options.purpose = flowtank::LoadPurpose::check;
  options.overrides = overrides;
  options.model_path = {MODELS};
  const auto scenario = flowtank::load_scenario(file, options, diagnostics);
  std::optional<flowtank::Result> result;
  if (scenario) result = flowtank::check_scenario(*scenario, flowtank::shipped_brokers(), {}, diagnostics);
  for (const flowtank::Diagnostic& d : diagnostics.all()) std::fprintf(stderr, "%s: %s\n", d.file.c_str(), d.message.c_str());
  if (!result || result->properties.empty()) return "nothing";
  return std::string(flowtank::to_text(result->properties[0].verdict.kind));
}

}  // namespace

int main() {
  const std::string file = SCENARIOS "/store-payment-without-inbox-duplicate.json";
  const std::string naive = verdict(file, {});
  const std::string repaired = verdict(file, {"services.payment.with.consume=inbox"});
  std::printf("naive: %s, with an inbox: %s\n", naive.c_str(), repaired.c_str());
  return naive == "FAIL" && repaired == "PASS" ? 0 : 1;
}
