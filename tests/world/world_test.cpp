// SPDX-License-Identifier: Apache-2.0
// The World as such, on the order/payment topology: a timed run gets to its end, an exploration can undo
// every action exactly, and what a seed decides stays decided.
#include <catch2/catch.hpp>

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "tests/world/order_payment_system.hpp"

namespace flowtank {
namespace {

using test::make_world;
using test::OrderPaymentOptions;
using test::OrderPaymentSystem;

std::string status_of(World& world, const std::string& order) {
  const Word key = world.pool().intern_string(order);
  const Cell row = world.store().find(OrderPaymentSystem::orders_table, key);
  return world.store().present(row) ? to_text(world.pool().value(world.store().column(row, 1))) : "absent";
}

Fault fault_of(FaultKind kind, std::uint32_t budget) {
  Fault f;
  f.name = "f";
  f.kind = kind;
  f.when.budget = budget;
  return f;
}

// All states reachable, by breadth first search over copies of paths; small and slow on purpose.
struct Exploration {
  std::size_t states = 0;
  std::size_t quiescent = 0;
  std::set<std::string> final_statuses;
  std::size_t most_charges = 0;
};

// Undoes what happened since the mark and makes the same changes again without their action: nobody can tell.
void redo(World& world, const World::Mark& mark) {
  std::string before, after;
  std::vector<Action> enabled_before, enabled_after;
  std::vector<Cells::Change> changes;
  const uint128 fingerprint = world.fingerprint();
  world.encode(before);
  world.enabled(enabled_before);
  world.changes_since(mark, changes);
  world.undo(mark);
  world.redo(changes, fingerprint);
  world.encode(after);
  world.enabled(enabled_after);
  REQUIRE(after == before);
  REQUIRE(world.fingerprint() == fingerprint);
  REQUIRE(world.recompute_fingerprint() == fingerprint);
  REQUIRE(enabled_after == enabled_before);
}

Exploration explore(const System& system, bool check_undo) {
  auto world = make_world(system, Mode::explore);
  world->watch(OrderPaymentSystem::charges);
  Exploration result;
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  auto visit = [&](auto&& self) -> void {
    const uint128 fp = world->fingerprint();
    if (!seen.emplace(static_cast<std::uint64_t>(fp >> 64), static_cast<std::uint64_t>(fp)).second) return;
    ++result.states;
    if (check_undo) REQUIRE(world->recompute_fingerprint() == fp);
    const Cell charge = world->store().find(OrderPaymentSystem::charges, world->pool().intern_string("o-0"));
    if (world->store().present(charge)) {
      result.most_charges = std::max<std::size_t>(result.most_charges,
          static_cast<std::size_t>(world->pool().value(world->store().column(charge, 1)).i));
    }
    std::vector<Action> actions;
    world->enabled(actions);
    if (world->quiescent()) {
      ++result.quiescent;
      result.final_statuses.insert(status_of(*world, "o-0"));
    }
    for (const Action& action : actions) {
      std::string before;
      if (check_undo) world->encode(before);
      const World::Mark mark = world->mark();
      REQUIRE(world->apply(action));
      if (check_undo) redo(*world, mark);
      self(self);
      world->undo(mark);
      REQUIRE(world->fingerprint() == fp);
      if (check_undo) {
        std::string after;
        world->encode(after);
        REQUIRE(after == before);
      }
    }
  };
  visit(visit);
  return result;
}

TEST_CASE("world.a_timed_run_pays_every_order") {
  OrderPaymentOptions options;
  options.orders = 20;
  options.latency = *Distribution::uniform(Duration(1'000'000), Duration(100'000'000));
  const auto system = OrderPaymentSystem::build(options);
  auto world = make_world(*system, Mode::timed);
  world->watch(OrderPaymentSystem::charges);
  while (world->advance(Time(10'000'000'000))) {}
  for (int n = 0; n < 20; ++n) CHECK(status_of(*world, "o-" + std::to_string(n)) == "paid");
  CHECK(world->agenda().empty());
  CHECK(world->store().size(OrderPaymentSystem::order_outbox) == 0);
}

TEST_CASE("world.the_same_seed_gives_the_same_run_also_after_reset") {
  OrderPaymentOptions options;
  options.orders = 5;
  options.latency = *Distribution::exponential(Duration(10'000'000));
  const auto system = OrderPaymentSystem::build(options);
  auto world = make_world(*system, Mode::timed);
  auto run = [&](std::uint64_t seed) {
    world->reset(seed);
    while (world->advance(Time(10'000'000'000))) {}
    return world->run_fingerprint();
  };
  const std::uint64_t first = run(7), other = run(8);
  CHECK(first != other);
  CHECK(run(7) == first);
  auto fresh = make_world(*system, Mode::timed);
  fresh->reset(7);
  while (fresh->advance(Time(10'000'000'000))) {}
  CHECK(fresh->run_fingerprint() == first);
}

TEST_CASE("world.a_run_does_not_depend_on_the_runs_before_it") {
  // Latencies decide in which order the broker meets the keys, and so how it numbers their lanes.
  OrderPaymentOptions options;
  options.orders = 6;
  options.latency = *Distribution::uniform(Duration(1'000'000), Duration(100'000'000));
  options.faults = {fault_of(FaultKind::duplicate, 6)};
  options.faults[0].when.chance = std::uint64_t{1} << 62;
  const auto system = OrderPaymentSystem::build(options);
  auto used = make_world(*system, Mode::timed);
  auto run = [&](World& world, std::uint64_t seed) {
    world.reset(seed);
    while (world.advance(Time(10'000'000'000))) {}
    return world.run_fingerprint();
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto fresh = make_world(*system, Mode::timed);
    CHECK(run(*used, seed) == run(*fresh, seed));
  }
}

TEST_CASE("world.a_reset_drops_contents_that_have_grown_beyond_the_limit") {
  OrderPaymentOptions options;
  options.orders = 15'000;
  options.latency = *Distribution::uniform(Duration(1'000'000), Duration(100'000'000));
  options.arrivals = Arrivals::constant;
  options.interval = Duration(1'000'000);
  const auto system = OrderPaymentSystem::build(options);
  auto world = make_world(*system, Mode::timed);
  auto run = [&] {
    world->reset(3);
    while (world->advance(Time(1'000'000'000'000))) {}
    return world->run_fingerprint();
  };
  const std::size_t built = world->pool().size();
  const std::uint64_t first = run();
  const std::size_t contents = world->pool().size(), cells = world->cells().size();
  REQUIRE(contents > built + (1U << 17));
  world->reset(3);
  CHECK(world->pool().size() < built + 1'000);
  CHECK(run() == first);
  CHECK(world->pool().size() == contents);
  CHECK(world->cells().size() == cells);
  CHECK(status_of(*world, "o-14999") == "paid");
}

TEST_CASE("world.undo_restores_every_state_exactly_and_so_does_redo") {
  OrderPaymentOptions options;
  options.faults = {fault_of(FaultKind::duplicate, 1)};
  const auto system = OrderPaymentSystem::build(options);
  const Exploration e = explore(*system, true);
  CHECK(e.states > 100);
  CHECK(e.final_statuses == std::set<std::string>{"paid"});
  CHECK(e.most_charges == 1);
}

TEST_CASE("world.a_duplicate_charges_twice_without_an_inbox") {
  OrderPaymentOptions options;
  options.inbox = false;
  options.faults = {fault_of(FaultKind::duplicate, 1)};
  CHECK(explore(*OrderPaymentSystem::build(options), false).most_charges == 2);
}

TEST_CASE("world.a_crash_before_the_ack_charges_twice_without_an_inbox") {
  OrderPaymentOptions options;
  options.inbox = false;
  Fault crash = fault_of(FaultKind::crash, 1);
  crash.on.service = OrderPaymentSystem::payment_service;
  options.faults = {crash};
  const Exploration e = explore(*OrderPaymentSystem::build(options), false);
  CHECK(e.most_charges == 2);
  CHECK(e.final_statuses == std::set<std::string>{"paid"});
}

TEST_CASE("world.write_then_publish_loses_the_order_in_a_crash") {
  OrderPaymentOptions options;
  options.outbox = false;
  Fault crash = fault_of(FaultKind::crash, 1);
  crash.on.service = OrderPaymentSystem::order_service;
  options.faults = {crash};
  const Exploration e = explore(*OrderPaymentSystem::build(options), false);
  CHECK(e.final_statuses.count("placed") == 1);
  CHECK(e.final_statuses.count("paid") == 1);
}

TEST_CASE("world.a_lost_message_leaves_the_order_placed") {
  OrderPaymentOptions options;
  options.faults = {fault_of(FaultKind::loss, 1)};
  const Exploration e = explore(*OrderPaymentSystem::build(options), false);
  CHECK(e.final_statuses == std::set<std::string>{"paid", "placed"});
}

TEST_CASE("world.all_patterns_survive_a_crash_and_a_duplicate") {
  OrderPaymentOptions options;
  options.faults = {fault_of(FaultKind::duplicate, 1), fault_of(FaultKind::crash, 1)};
  const Exploration e = explore(*OrderPaymentSystem::build(options), false);
  // An order whose command died with its handler was never accepted; one that was stored gets paid.
  CHECK(e.final_statuses == std::set<std::string>{"absent", "paid"});
  // The effect is not part of the transaction: a crash between charge and commit repeats it.
  CHECK(e.most_charges == 2);
}

}  // namespace
}  // namespace flowtank
