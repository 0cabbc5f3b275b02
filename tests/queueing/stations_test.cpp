// SPDX-License-Identifier: Apache-2.0
// Single stations against theory: M/M/1, M/M/c both ways of having servers, M/D/1, M/G/1. Each check is shown
// to reject a simulator that is wrong by little: the same measurement of a system that differs from the one that the
// formula is about. All loads are 0.7, times in milliseconds.
#include "tests/queueing/station.hpp"
#include "tests/queueing/theory.hpp"

namespace flowtank::queueing {
namespace {

constexpr double per_ms = 0.07;  // 70 a second

void agrees(const Scenario& scenario, double theory) {
  const Estimate measured = mean_wait(scenario);
  INFO("theory " << theory << " ms, measured " << measured.mean << " +- " << measured.half_width);
  CHECK(measured.agrees(theory));
  CHECK(measured.half_width < theory / 8);  // an interval that holds everything proves nothing
}

void rejects(const Scenario& wrong, double theory) {
  const Estimate measured = mean_wait(wrong);
  INFO("theory " << theory << " ms, measured " << measured.mean << " +- " << measured.half_width);
  CHECK_FALSE(measured.agrees(theory));
}

const std::string exponential = R"j([ { "wait": { "exponential_ms": 10 } } ])j";
const std::string constant = R"j([ { "wait": { "constant_ms": 10 } } ])j";
const std::string uniform = R"j([ { "wait": { "uniform_ms": [2, 18] } } ])j";
// Most customers take 5 ms on average, one in ten takes 55: mean 10, second moment 0.9 * 2 * 25 + 0.1 * 2 * 3025.
const std::string hyperexponential = R"j([ { "choose": "quick", "from": { "yes": 9, "no": 1 } },
  { "if": "quick == 'yes'", "then": [ { "wait": { "exponential_ms": 5 } } ], "else": [ { "wait": { "exponential_ms": 55 } } ] } ])j";

}  // namespace

TEST_CASE("queueing.mm1_waits_as_long_as_theory_says") {
  agrees(station({.steps = exponential}), wait_mmc(1, per_ms, 10));
}

TEST_CASE("queueing.a_service_time_off_by_three_percent_is_rejected") {
  rejects(station({.steps = R"j([ { "wait": { "exponential_us": 10300 } } ])j"}), wait_mmc(1, per_ms, 10));
  rejects(station({.steps = R"j([ { "wait": { "exponential_us": 9700 } } ])j"}), wait_mmc(1, per_ms, 10));
}

TEST_CASE("queueing.arrivals_that_are_too_regular_or_too_bursty_are_rejected") {
  rejects(station({.arrivals = R"j({ "gaps": { "uniform_us": [0, 28571] } })j"}), wait_mmc(1, per_ms, 10));
  rejects(station({.arrivals = R"j({ "bursts": { "size": 2, "every_us": 28571 } })j"}), wait_mmc(1, per_ms, 10));
}

TEST_CASE("queueing.mmc_waits_as_long_as_theory_says_for_instances") {
  agrees(station({.arrivals = R"j({ "poisson_per_s": 210 })j", .service = R"j("instances": 3)j", .customers = 30'000}), wait_mmc(3, 3 * per_ms, 10));
}

TEST_CASE("queueing.mmc_waits_as_long_as_theory_says_for_concurrency") {
  agrees(station({.arrivals = R"j({ "poisson_per_s": 280 })j", .service = R"j("concurrency": 4)j", .customers = 40'000}), wait_mmc(4, 4 * per_ms, 10));
}

// Queues apart instead of one in common: three M/M/1 wait longer than one M/M/3.
TEST_CASE("queueing.mmc_is_not_several_single_servers") {
  rejects(station({.steps = exponential}), wait_mmc(3, 3 * per_ms, 10));
}

TEST_CASE("queueing.md1_waits_as_long_as_theory_says") {
  const double theory = wait_mg1(per_ms, 10, 100);
  agrees(station({.steps = constant}), theory);
  // The time of each step, instead of a step that waits.
  agrees(station({.steps = R"j([ { "reply": { "done": true } } ])j", .service = R"j("takes": { "constant_ms": 10 })j"}), theory);
  rejects(station({.steps = R"j([ { "wait": { "constant_us": 10200 } } ])j"}), theory);
}

TEST_CASE("queueing.mg1_waits_as_long_as_theory_says") {
  // Uniform from a to b: second moment (a^2 + ab + b^2) / 3.
  agrees(station({.steps = uniform}), wait_mg1(per_ms, 10, (4.0 + 36 + 324) / 3));
  agrees(station({.steps = hyperexponential, .customers = 40'000}), wait_mg1(per_ms, 10, 45 + 605));
  // The right mean with the wrong spread.
  rejects(station({.steps = exponential}), wait_mg1(per_ms, 10, (4.0 + 36 + 324) / 3));
}

TEST_CASE("queueing.long_runs_agree_closely", "[.full]") {
  for (const double load : {0.5, 0.8, 0.9}) {
    const std::string arrivals = fmt::format(R"j({{ "poisson_per_s": {} }})j", load * 100);
    agrees(station({.arrivals = arrivals, .steps = exponential, .customers = 400'000}), wait_mmc(1, load / 10, 10));
  }
}

}  // namespace flowtank::queueing
