// SPDX-License-Identifier: Apache-2.0
// Searches keep their word: limits are named, nothing cut short is called complete, breadth and depth
// first agree, and the same search gives the same outcome twice.
#include "tests/explore/models/order_payment.hpp"
#include "tests/explore/models/two_phase_commit.hpp"

#include <sim/explore/breadth_first.hpp>
#include <sim/explore/depth_first.hpp>
#include <sim/explore/liveness.hpp>
#include <sim/explore/parallel_search.hpp>

#include <catch2/catch.hpp>

using namespace flowtank::explore;
using models::Consumer;
using models::OrderPayment;

namespace {

const models::OrderPaymentSettings small = {2, 2, 1, 2, Consumer::idempotent};

Outcome<OrderPayment::Action> search(bool depth_first_wanted, const Options<OrderPayment>& options,
                                     const std::vector<Property<OrderPayment>>& properties = {}) {
  OrderPayment system(small);
  return depth_first_wanted ? depth_first(system, properties, options) : breadth_first(system, properties, options);
}

}  // namespace

TEST_CASE("search.state_limit_is_exact_and_named") {
  for (const bool depth : {false, true}) {
    std::uint64_t entered = 0;
    Options<OrderPayment> options;
    options.max_states = 1000;
    const auto outcome = search(depth, options, {Property<OrderPayment>::always("count", [&](const OrderPayment&) {
                                  ++entered;
                                  return true;
                                })});
    CHECK(outcome.states == 1000);
    CHECK(entered == 1000);  // what is stored is also checked
    CHECK(outcome.limit == Limit::states);
    CHECK_FALSE(outcome.complete);
  }
}

TEST_CASE("search.limit_that_is_not_exceeded_leaves_the_search_complete") {
  for (const bool depth : {false, true}) {
    Options<OrderPayment> options;
    options.max_states = 17'908;
    const auto outcome = search(depth, options);
    CHECK(outcome.complete);
    CHECK(outcome.states == 17'908);
  }
}

TEST_CASE("search.depth_limit_is_named") {
  Options<OrderPayment> options;
  options.max_depth = 5;
  const auto outcome = search(false, options);
  CHECK(outcome.limit == Limit::depth);
  CHECK(outcome.depth == 6);
  CHECK_FALSE(outcome.complete);
  CHECK_FALSE(search(true, options).complete);
}

TEST_CASE("search.memory_limit_is_kept_and_named") {
  for (const bool depth : {false, true}) {
    Options<OrderPayment> options;
    options.memory_limit = 200'000;
    const auto outcome = search(depth, options);
    CHECK(outcome.limit == Limit::memory);
    CHECK(outcome.set_bytes <= 200'000);
    CHECK(outcome.states > 1000);
    CHECK_FALSE(outcome.complete);
  }
}

TEST_CASE("search.callbacks_stop_it") {
  for (const bool depth : {false, true}) {
    Options<OrderPayment> options;
    options.poll_every = 10;
    std::uint64_t reports = 0;
    options.progress = [&](const Counts& counts) {
      CHECK(counts.expanded == ++reports * 10);
      CHECK(counts.generated == counts.transitions + 1);
    };
    options.cancelled = [&] { return reports == 7; };
    CHECK(search(depth, options).limit == Limit::cancelled);
    CHECK(reports == 8);
    options.cancelled = nullptr;
    options.progress = nullptr;
    options.out_of_time = [] { return true; };
    const auto outcome = search(depth, options);
    CHECK(outcome.limit == Limit::time);
    CHECK(outcome.expanded == 10);
  }
}

TEST_CASE("search.an_end_at_the_depth_limit_is_an_end") {
  // All ends violate, so nothing that is complete may say otherwise, wherever the limit falls.
  const std::vector<Property<OrderPayment>> never_over = {Property<OrderPayment>::terminal("never over", [](const OrderPayment&) { return false; })};
  const models::OrderPaymentSettings one = {1, 0, 0, 0, Consumer::idempotent};
  for (std::uint64_t depth = 1; depth < 40; ++depth) {
    Options<OrderPayment> options;
    options.max_depth = depth;
    options.stop_when_decided = false;
    OrderPayment system(one), again(one), worker(one);
    std::vector<ParallelWorker<OrderPayment>> workers{{&worker, never_over}};
    for (const auto& outcome : {breadth_first(system, never_over, options), depth_first(again, never_over, options),
                                parallel_breadth_first(workers, options)}) {
      INFO("depth " << depth);
      CHECK((!outcome.complete || outcome.decisions[0].found()));
    }
  }
}

TEST_CASE("search.breadth_and_depth_first_agree_and_repeat") {
  const auto breadth = search(false, {});
  const auto again = search(false, {});
  const auto depth = search(true, {});
  CHECK(breadth.states == depth.states);
  CHECK(breadth.generated == depth.generated);
  CHECK(breadth.terminal == depth.terminal);
  CHECK(breadth.depth == again.depth);
  CHECK(breadth.bytes == again.bytes);
  CHECK(depth.depth >= breadth.depth);
}

TEST_CASE("search.first_witness_is_kept_while_other_properties_are_open") {
  OrderPayment system({2, 1, 0, 0, Consumer::naive});
  const auto outcome = breadth_first(
      system, {Property<OrderPayment>::always("early", [](const OrderPayment& s) { return s.charges(0) == 0; }),
               Property<OrderPayment>::always("late", [](const OrderPayment& s) { return s.charged_at_most_once(); })});
  CHECK(outcome.limit == Limit::decided);
  CHECK(outcome.decision("early").witness.steps == std::vector<std::string>{"place(0)", "lease(0)", "charge(0)"});
  CHECK(outcome.decision("late").witness.steps.size() == 7);
}

TEST_CASE("search.depth_first_witness_is_a_path_to_a_violation") {
  OrderPayment system({3, 2, 1, 0, Consumer::naive});
  const auto outcome = depth_first(
      system, {Property<OrderPayment>::always("once", [](const OrderPayment& s) { return s.charged_at_most_once(); })});
  system.enter_initial(0);
  for (const auto& action : outcome.decision("once").witness.actions) {
    CHECK(system.charged_at_most_once());
    std::vector<OrderPayment::Action> enabled;
    system.enabled(enabled);
    REQUIRE(std::find(enabled.begin(), enabled.end(), action) != enabled.end());
    system.apply(action);
  }
  CHECK_FALSE(system.charged_at_most_once());
}

namespace {

/// The same model with an action too large for the search tree to keep.
struct LargeAction {
  OrderPayment::Action action;
  std::array<std::uint64_t, 3> ballast{};
};
class LargeActions : public OrderPayment {
 public:
  using Action = LargeAction;
  using OrderPayment::OrderPayment;
  void enabled(std::vector<Action>& out) const {
    std::vector<OrderPayment::Action> plain;
    OrderPayment::enabled(plain);
    for (const OrderPayment::Action& action : plain) {
      out.push_back({action, {}});
    }
  }
  void apply(const Action& action) { OrderPayment::apply(action.action); }
  std::string describe(const Action& action) const { return OrderPayment::describe(action.action); }
};

/// Says itself when nothing but faults is left.
class Quiescent : public OrderPayment {
 public:
  using OrderPayment::OrderPayment;
  bool quiescent() const { return all_paid(); }
};

}  // namespace

TEST_CASE("search.large_actions_are_found_again_by_their_position") {
  LargeActions system({2, 2, 1, 2, Consumer::idempotent});
  CHECK(breadth_first(system).states == 17'908);
  LargeActions naive({2, 1, 0, 0, Consumer::naive});
  const auto outcome = breadth_first(
      naive, {Property<LargeActions>::always("once", [](const LargeActions& s) { return s.charged_at_most_once(); })});
  CHECK(outcome.decision("once").witness.steps.size() == 7);
}

TEST_CASE("search.system_may_define_quiescence_itself") {
  Quiescent system({1, 1, 0, 0, Consumer::idempotent});
  const auto outcome = breadth_first(system);
  OrderPayment plain({1, 1, 0, 0, Consumer::idempotent});
  CHECK(outcome.terminal > breadth_first(plain).terminal);
}

TEST_CASE("search.several_initial_states_are_counted_once_each") {
  struct Model {
    using State = std::array<std::uint8_t, 1>;
    std::vector<State> initial() const { return {{0}, {3}, {0}}; }
    void successors(const State& state, std::vector<Successor<State>>& out) const {
      if (state[0] < 5) {
        out.push_back({"up", {static_cast<std::uint8_t>(state[0] + 1)}});
      }
      out.push_back({"stay", state});
    }
  };
  CopyingSystem<Model> system;
  for (const auto& outcome : {breadth_first(system), depth_first(system)}) {
    CHECK(outcome.states == 6);
    CHECK(outcome.transitions == 11);
    CHECK(outcome.generated == 14);
    CHECK(outcome.self_loops == 6);
    CHECK(outcome.terminal == 1);  // at 5 nothing changes the state
  }
  const auto reached = breadth_first(
      system, {Property<CopyingSystem<Model>>::sometimes("five", [](const auto& s) { return s.state()[0] == 5; })});
  CHECK(reached.decision("five").witness.initial == 1);
  CHECK(reached.decision("five").witness.steps.size() == 2);
}

TEST_CASE("search.graph_beyond_its_limit_is_inconclusive_unless_it_holds_a_lasso") {
  OrderPayment system(small);
  Options<OrderPayment> options;
  options.max_states = 500;
  const Eventually<OrderPayment> paid{"all paid", {}, [](const OrderPayment& s) { return s.all_paid(); }};
  const auto cut = check_eventually(system, paid, {}, options);
  CHECK(cut.verdict == LivenessVerdict::inconclusive);
  CHECK(cut.limit == Limit::states);
  const auto whole = check_eventually(system, paid);
  CHECK(whole.verdict == LivenessVerdict::holds);
  CHECK(whole.states == 17'908);
  const auto idle = check_eventually(
      system, paid,
      {{"all but the order service", Fairness::weak,
        [](const OrderPayment&, const OrderPayment::Action& a) { return a.kind != OrderPayment::Kind::complete; }}},
      options);
  CHECK(idle.verdict == LivenessVerdict::inconclusive);
}

TEST_CASE("search.run_may_stop_where_only_unfair_actions_are_enabled") {
  OrderPayment system({1, 0, 0, 0, Consumer::idempotent});
  const Eventually<OrderPayment> paid{"all paid", {}, [](const OrderPayment& s) { return s.all_paid(); }};
  const auto outcome = check_eventually(
      system, paid,
      {{"all but completion", Fairness::weak,
        [](const OrderPayment&, const OrderPayment::Action& a) { return a.kind != OrderPayment::Kind::complete; }}});
  REQUIRE(outcome.verdict == LivenessVerdict::violated);
  CHECK(outcome.lasso->prefix == std::vector<std::string>{"place(0)", "lease(0)", "charge(0)", "emit(0)", "ack(0)"});
}
