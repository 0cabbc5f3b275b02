// SPDX-License-Identifier: Apache-2.0
// Faults of the broker itself: the World asks the broker for the ways in which one can strike, offers all of them to an
// exploration, takes the first when its time has come, and spends the budget.
#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

#include <sim/world/world.hpp>

#include "tests/world/order_payment_system.hpp"

namespace flowtank {
namespace {

// Takes every publish, stores nothing, and can lose its leader in two ways while it has one.
class LeaderBroker final : public Broker {
 public:
  explicit LeaderBroker(std::vector<std::uint32_t>& struck) : struck_(struck) {}
  void build(World& world) override { leader_ = world.cells().allocate(Cells::Holds::number, 77); }
  void forget(World&) override {}
  void reset(World&) override {}
  PublishResult publish(World&, std::uint32_t, Word, const Publisher&) override { return PublishResult::accepted; }
  void deliverable(const World&, std::uint32_t, std::vector<Action>&) const override {}
  bool can_deliver(const World&, std::uint32_t, std::uint32_t) const override { return false; }
  Delivery deliver(World&, std::uint32_t, std::uint32_t) override { return {}; }
  void settle(World&, std::uint32_t, const Delivery&, Settle) override {}
  void strikable(const World&, std::uint32_t, ActionKind, std::uint16_t, std::vector<Action>&) const override {}
  Word message_of(const World&, std::uint32_t, std::uint32_t) const override { return absent_word; }
  void strikes(const World& world, std::uint16_t fault, std::vector<Action>& out) const override {
    if (world.cells().get(leader_) != 0) return;
    for (const std::uint32_t lost : {2U, 1U}) out.push_back({.kind = ActionKind::fault_broker, .fault = fault, .choice = lost});
  }
  void strike(World& world, const Action& action) override {
    world.cells().set(leader_, action.choice);
    struck_.push_back(action.choice);
  }
  std::string describe(const World&, const Action& action) const override { return "lose " + std::to_string(action.choice); }
  std::uint64_t unsettled(const World&, std::uint32_t) const override { return 0; }

 private:
  std::vector<std::uint32_t>& struck_;
  Cell leader_ = 0;
};

std::shared_ptr<const System> system_with_failover(Time from) {
  test::OrderPaymentOptions options;
  Fault fault;
  fault.name = "leader";
  fault.kind = FaultKind::failover;
  fault.when.from = from;
  options.faults = {fault};
  return test::OrderPaymentSystem::build(options);
}

std::unique_ptr<World> world_of(const System& system, Mode mode, std::vector<std::uint32_t>& struck) {
  std::vector<std::unique_ptr<Broker>> brokers;
  for (std::size_t b = 0; b < system.brokers.size(); ++b) brokers.push_back(std::make_unique<LeaderBroker>(struck));
  auto world = std::make_unique<World>(system, std::move(brokers), mode);
  world->reset(1);
  return world;
}

TEST_CASE("broker_faults.an_exploration_has_every_way_and_spends_the_budget") {
  std::vector<std::uint32_t> struck;
  const auto shared = system_with_failover({});
  const System& system = *shared;
  const auto world = world_of(system, Mode::explore, struck);
  std::vector<std::string> ways;
  std::vector<Action> actions;
  world->enabled(actions);
  Action first;
  for (const Action& action : actions) {
    if (action.kind != ActionKind::fault_broker) continue;
    if (ways.empty()) first = action;
    ways.push_back(world->describe(action));
  }
  REQUIRE(ways.size() == 2);
  CHECK(ways[0] != ways[1]);
  CHECK(ways[0].find("lose 2") != std::string::npos);
  REQUIRE(world->apply(first));
  CHECK(struck == std::vector<std::uint32_t>{2});
  CHECK(world->faults().budget(0) == 0);
  actions.clear();
  world->enabled(actions);
  for (const Action& action : actions) CHECK(action.kind != ActionKind::fault_broker);
}

TEST_CASE("broker_faults.a_timed_run_takes_the_first_way_when_its_time_has_come") {
  std::vector<std::uint32_t> struck;
  const auto shared = system_with_failover(Time::start() + s(2));
  const System& system = *shared;
  const auto world = world_of(system, Mode::timed, struck);
  while (world->advance(Time::start() + ms(1999))) {
  }
  CHECK(struck.empty());
  while (world->advance(Time::start() + s(3))) {
  }
  CHECK(struck == std::vector<std::uint32_t>{2});
  CHECK(world->faults().strikes()[0] == 1);
}

}  // namespace
}  // namespace flowtank
