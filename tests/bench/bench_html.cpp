// SPDX-License-Identifier: Apache-2.0
// What the consistency report of a long run costs: a run of more than a million actions that fails, looked at once more for
// its charts and written as one page. CPU seconds of the page alone (its limit is 5) and its size (its limit is 5 MB).
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <models/brokers/registry.hpp>
#include <reports/html/report.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/scenario.hpp>

#include "tests/bench/bench.hpp"

namespace {

namespace bench = flowtank::bench;
using namespace flowtank;

Scenario load(const std::string& orders) {
  LoadOptions options;
  options.overrides = {"clients.shoppers.count=" + orders, "clients.shoppers.arrivals={\"every_ms\":100}", "services.payment.with.consume=naive",
                       R"(properties=[{"name": "charged at most once", "for": "c in payment.charges", "always": "c.times <= 1"}])"};
  options.model_path = {FLOWTANK_SOURCE_DIR "/models/services"};
  Diagnostics diagnostics;
  auto scenario = load_scenario(FLOWTANK_SOURCE_DIR "/tests/bench/data/order_payment.json", options, diagnostics);
  if (scenario) return std::move(*scenario);
  for (const Diagnostic& d : diagnostics.all()) std::fprintf(stderr, "%s %s\n", d.code.c_str(), d.message.c_str());
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::start(argc, argv);
  const Scenario scenario = load(std::to_string(options.size(54'000, 200)));
  Diagnostics diagnostics;
  const auto result = run_scenario(scenario, shipped_brokers(), {}, diagnostics);
  if (!result) return 2;
  std::string page;
  const auto samples = bench::run_interleaved({{"page", [&] {
                                                  const double begun = bench::cpu_seconds();
                                                  reports::HtmlAside aside;
                                                  aside.series = reports::html::series_of(scenario, shipped_brokers(), *result, std::nullopt);
                                                  page = reports::html_report(scenario, *result, aside);
                                                  return bench::cpu_seconds() - begun;
                                                }}},
                                              options.rounds);
  bench::print_figure("html_report_actions", static_cast<double>(result->run.actions), "actions");
  bench::print_figure("html_report_cpu", samples[0].value(), "s");
  bench::print_figure("html_report_bytes", static_cast<double>(page.size()), "bytes");
  return 0;
}
