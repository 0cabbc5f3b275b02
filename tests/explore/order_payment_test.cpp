// SPDX-License-Identifier: Apache-2.0
// The order/payment model against SPIN, TLC, Stateright and a hand-written explorer, which agree on
// its state space (SPIN counts one state and two transitions more: the state before init runs).
#include "tests/explore/models/order_payment.hpp"

#include <sim/explore/breadth_first.hpp>
#include <sim/explore/depth_first.hpp>

#include <catch2/catch.hpp>

#include <set>

using namespace flowtank::explore;
using models::Consumer;
using models::OrderPayment;

namespace {

struct Oracle {
  models::OrderPaymentSettings settings;
  std::uint64_t states;
  std::uint64_t transitions;
};

const std::vector<Oracle> oracles = {
    {{2, 2, 1, 2, Consumer::idempotent}, 17'908, 57'052},
    {{3, 2, 1, 2, Consumer::idempotent}, 221'145, 848'008},
};

Property<OrderPayment> charged_once() {
  return Property<OrderPayment>::always("charged at most once",
                                        [](const OrderPayment& s) { return s.charged_at_most_once(); });
}
Property<OrderPayment> assertion() {
  return Property<OrderPayment>::transition("assertion", [](const OrderPayment& s, const OrderPayment::Action& action) {
    return s.assertion_holds_after(action);
  });
}
Property<OrderPayment> paid_at_the_end() {
  return Property<OrderPayment>::terminal("all paid", [](const OrderPayment& s) { return s.all_paid(); });
}

}  // namespace

TEST_CASE("order_payment.depth_first_agrees_with_the_oracle") {
  for (const Oracle& oracle : oracles) {
    OrderPayment system(oracle.settings);
    const auto outcome = depth_first(system, {charged_once(), paid_at_the_end()});
    CHECK(outcome.complete);
    CHECK(outcome.states == oracle.states);
    CHECK(outcome.transitions == oracle.transitions);
    CHECK_FALSE(outcome.decision("charged at most once").found());
    CHECK_FALSE(outcome.decision("all paid").found());
    CHECK(outcome.terminal == 18);
  }
}

TEST_CASE("order_payment.breadth_first_agrees_with_the_oracle") {
  for (const Oracle& oracle : oracles) {
    OrderPayment system(oracle.settings);
    const auto outcome = breadth_first(system, {charged_once()});
    CHECK(outcome.complete);
    CHECK(outcome.states == oracle.states);
    CHECK(outcome.transitions == oracle.transitions);
    CHECK(outcome.generated == oracle.transitions + 1);
  }
}

TEST_CASE("order_payment.four_orders_have_2029675_states") {
  OrderPayment system({4, 2, 1, 2, Consumer::idempotent});
  const auto outcome = depth_first(system);
  CHECK(outcome.complete);
  CHECK(outcome.states == 2'029'675);
  CHECK(outcome.transitions == 8'889'077);
  CHECK(static_cast<double>(outcome.set_bytes) / static_cast<double>(outcome.states) <= 33.0);
}

TEST_CASE("order_payment.faulty_consumers_violate_as_often_as_in_spin") {
  Options<OrderPayment> all;
  all.stop_when_decided = false;
  OrderPayment naive({4, 1, 1, 1, Consumer::naive});
  const auto first = breadth_first(naive, {assertion()}, all);
  CHECK(first.states == 11'637);
  CHECK(first.decision("assertion").hits == 824);
  CHECK(first.complete);
  OrderPayment split({4, 1, 1, 1, Consumer::split});
  const auto second = depth_first(split, {assertion()}, all);
  CHECK(second.states == 233'129);
  CHECK(second.decision("assertion").hits == 3'272);
  OrderPayment small({3, 2, 2, 2, Consumer::naive});
  CHECK(depth_first(small, {assertion()}, all).decision("assertion").hits == 2'371);
  OrderPayment three({3, 1, 1, 1, Consumer::split});
  CHECK(depth_first(three, {assertion()}, all).decision("assertion").hits == 540);
}

TEST_CASE("order_payment.shortest_double_charge_takes_seven_steps") {
  OrderPayment system({4, 2, 1, 2, Consumer::naive});
  const auto outcome = breadth_first(system, {assertion()});
  CHECK(outcome.limit == Limit::decided);
  const auto& steps = outcome.decision("assertion").witness.steps;
  REQUIRE(steps.size() == 7);
  CHECK(std::multiset<std::string>(steps.begin(), steps.end()) ==
        std::multiset<std::string>{"place(0)", "duplicate(0)", "lease(0)", "charge(0)", "emit(0)", "lease(0)", "charge(0)"});
  CHECK(steps.front() == "place(0)");
  CHECK(steps.back() == "charge(0)");
}

TEST_CASE("order_payment.causes_of_a_double_charge_reach_back_to_the_duplicate") {
  OrderPayment system({1, 1, 0, 0, Consumer::naive});
  const auto outcome = breadth_first(system, {charged_once()});
  const auto& path = outcome.decision("charged at most once").witness.actions;
  REQUIRE(path.size() == 7);
  std::set<std::size_t> past;
  std::vector<std::size_t> pending = {path.size() - 1};
  while (!pending.empty()) {
    const std::size_t at = pending.back();
    pending.pop_back();
    if (past.insert(at).second) {
      system.causal_parents(path, at, pending);
    }
  }
  bool duplicate_seen = false;
  for (const std::size_t at : past) {
    duplicate_seen = duplicate_seen || path[at].kind == OrderPayment::Kind::duplicate;
  }
  CHECK(duplicate_seen);
  CHECK(past.contains(0));
}

TEST_CASE("order_payment.self_check_and_exact_mode_find_no_fault") {
  OrderPayment system({2, 2, 1, 2, Consumer::idempotent});
  Options<OrderPayment> options;
  options.self_check = true;
  options.exact = true;
  const auto outcome = breadth_first(system, {}, options);
  CHECK(outcome.fault == "");
  CHECK(outcome.states == 17'908);
}

TEST_CASE("order_payment.three_orders_have_45387_orbits") {
  OrderPayment system({3, 2, 1, 2, Consumer::idempotent});
  std::set<Fingerprint> orbits;
  std::vector<std::byte> smallest;
  std::vector<std::byte> renamed;
  const auto collect = Property<OrderPayment>::always("collect", [&](const OrderPayment& s) {
    std::vector<std::uint32_t> names = {0, 1, 2};
    smallest.clear();
    do {
      renamed.clear();
      s.encode_renamed(names, renamed);
      if (smallest.empty() || renamed < smallest) {
        smallest = renamed;
      }
    } while (std::next_permutation(names.begin(), names.end()));
    orbits.insert(fingerprint_of(smallest));
    return true;
  });
  depth_first(system, {collect});
  CHECK(orbits.size() == 45'387);
}
