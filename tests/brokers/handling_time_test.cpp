// SPDX-License-Identifier: Apache-2.0
// How long handlers take at most, from their instructions: branches are alternatives and not a sum, a settlement ends the way, loops
// and calls without a timeout are told as waiting for others, and faults add only to the service that they strike.
#include <catch2/catch.hpp>

#include <models/brokers/handling_time.hpp>

namespace flowtank {
namespace {

// One service with one handler of one subscription; distribution 0 is 20 minutes, 1 is one second.
System system_with(std::vector<Instruction> code) {
  System system;
  system.distributions = {*Distribution::constant(ms(1'200'000)), *Distribution::constant(ms(1'000))};
  system.services.resize(2);
  system.services[0].handlers = {0};
  system.subscriptions.push_back({0, 0, {}, {}});
  system.subscriptions.push_back({0, 1, {}, {}});
  Handler handler;
  handler.subscription = 0;
  handler.program.waits = {{0}};
  handler.program.code = std::move(code);
  system.handlers.push_back(std::move(handler));
  return system;
}

Fault fault(FaultKind kind, std::uint32_t service, std::uint32_t length, std::uint32_t percent = 100) {
  Fault f;
  f.kind = kind;
  f.on.service = service;
  f.delay = length;
  f.with.factor_percent = percent;
  return f;
}

}  // namespace

TEST_CASE("handling_time.branches_are_alternatives") {
  const System either = system_with({{Op::branch, 0, 3, 0, 0}, {Op::wait, 0, 0, 0, 0}, {Op::jump, 0, 4, 0, 0}, {Op::wait, 0, 0, 0, 0}, {Op::end, 0, 0, 0, 0}});
  CHECK(handling_time(either, 0).by_itself == ms(1'200'000));
  CHECK_FALSE(handling_time(either, 0).reaches(ms(1'800'000)));
  const System both = system_with({{Op::wait, 0, 0, 0, 0}, {Op::wait, 0, 0, 0, 0}, {Op::end, 0, 0, 0, 0}});
  CHECK(handling_time(both, 0).reaches(ms(1'800'000)));
  CHECK_FALSE(handling_time(both, 0).reaches(ms(2'400'000)));
  CHECK_FALSE(handling_time(both, 0).waits_for_others);
  CHECK(handling_time(both, 1).by_itself == Duration{});  // nobody handles what comes there
}

TEST_CASE("handling_time.ends_with_the_settlement") {
  System early = system_with({{Op::settle, 0, 0, 0, 0}, {Op::wait, 0, 0, 0, 0}, {Op::end, 0, 0, 0, 0}});
  CHECK(handling_time(early, 0).by_itself == Duration{});
  System before = system_with({{Op::wait, 0, 0, 0, 0}, {Op::end, 0, 0, 0, 0}});
  before.handlers[0].settlement = Settlement::before;
  CHECK(handling_time(before, 0).by_itself == Duration{});
}

TEST_CASE("handling_time.counts_visible_steps_and_a_serializable_transaction_as_one") {
  System steps = system_with({{Op::let, 0, 0, 0, 0}, {Op::begin, 0, 0, 0, 0}, {Op::statement_let, 0, 0, 0, 0}, {Op::commit, 0, 0, 0, 0}, {Op::end, 0, 0, 0, 0}});
  steps.handlers[0].durations = 1;
  steps.handlers[0].program.transactions = {{Isolation::read_committed, none}};
  CHECK(handling_time(steps, 0).by_itself == ms(4'000));
  steps.handlers[0].program.transactions = {{Isolation::serializable, none}};
  CHECK(handling_time(steps, 0).by_itself == ms(2'000));
}

TEST_CASE("handling_time.loops_and_calls_without_a_timeout_wait_for_others") {
  CHECK(handling_time(system_with({{Op::wait, 0, 0, 0, 0}, {Op::branch, 0, 0, 0, 0}, {Op::end, 0, 0, 0, 0}}), 0).waits_for_others);
  System call = system_with({{Op::call, 0, 0, 0, 0}, {Op::end, 0, 0, 0, 0}});
  call.handlers[0].program.calls.emplace_back();
  CHECK(handling_time(call, 0).waits_for_others);
  call.handlers[0].program.calls[0].timeout = ms(5'000);
  CHECK_FALSE(handling_time(call, 0).waits_for_others);
  CHECK(handling_time(call, 0).by_itself == ms(5'000));
}

TEST_CASE("handling_time.pauses_and_slow_times_of_its_service_are_added") {
  System system = system_with({{Op::wait, 0, 0, 0, 0}, {Op::end, 0, 0, 0, 0}});
  system.faults = {fault(FaultKind::pause, 1, 0), fault(FaultKind::crash, 0, 0)};
  CHECK(handling_time(system, 0).stands_still == Duration{});
  system.faults = {fault(FaultKind::pause, 0, 1), fault(FaultKind::slow, none, none, 300)};
  CHECK(handling_time(system, 0).stands_still == ms(2'401'000));
}

}  // namespace flowtank
