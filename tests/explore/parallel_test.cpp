// SPDX-License-Identifier: Apache-2.0
// Threads change nothing but the time: counts, verdicts and witnesses are those of one thread, however many there
// are, and a system that is no function of its state is noticed.
#include "tests/explore/models/order_payment.hpp"
#include "tests/explore/models/small_net.hpp"

#include <sim/explore/parallel_search.hpp>

#include <catch2/catch.hpp>

#include <deque>

using namespace flowtank::explore;
using models::Consumer;
using models::OrderPayment;
using models::OrderPaymentSettings;

namespace {

std::vector<Property<OrderPayment>> questions() {
  using P = Property<OrderPayment>;
  return {P::always("charged at most once", [](const OrderPayment& s) { return s.charged_at_most_once(); }),
          P::transition("assertion", [](const OrderPayment& s, const OrderPayment::Action& a) { return s.assertion_holds_after(a); }),
          P::terminal("all paid", [](const OrderPayment& s) { return s.all_paid(); })};
}

Outcome<OrderPayment::Action> by_threads(const OrderPaymentSettings& settings, std::size_t threads, const Options<OrderPayment>& options) {
  std::deque<OrderPayment> systems;
  std::vector<ParallelWorker<OrderPayment>> workers;
  for (std::size_t t = 0; t < threads; ++t) workers.push_back({&systems.emplace_back(settings), questions()});
  return parallel_breadth_first(workers, options);
}

}  // namespace

TEST_CASE("parallel.counts_and_witnesses_do_not_depend_on_the_number_of_threads") {
  for (const Consumer consumer : {Consumer::naive, Consumer::idempotent}) {
    const OrderPaymentSettings settings{3, 2, 1, 1, consumer};
    Options<OrderPayment> all;
    all.stop_when_decided = false;
    OrderPayment alone(settings);
    const auto expected = breadth_first(alone, questions(), all);
    for (const std::size_t threads : {1U, 2U, 3U, 8U}) {
      const auto found = by_threads(settings, threads, all);
      CAPTURE(threads);
      CHECK(found.complete);
      CHECK(found.states == expected.states);
      CHECK(found.transitions == expected.transitions);
      CHECK(found.generated == expected.generated);
      CHECK(found.self_loops == expected.self_loops);
      CHECK(found.terminal == expected.terminal);
      CHECK(found.expanded == expected.expanded);
      CHECK(found.depth == expected.depth);
      for (std::size_t i = 0; i < found.decisions.size(); ++i) {
        CHECK(found.decisions[i].hits == expected.decisions[i].hits);
        CHECK(found.decisions[i].witness.steps == expected.decisions[i].witness.steps);
      }
    }
  }
}

TEST_CASE("parallel.four_orders_have_2029675_states") {
  const auto found = by_threads({4, 2, 1, 2, Consumer::idempotent}, 2, {});
  CHECK(found.complete);
  CHECK(found.states == 2'029'675);
  CHECK(found.transitions == 8'889'077);
}

TEST_CASE("parallel.limits_are_named") {
  Options<OrderPayment> few;
  few.max_states = 1000;
  CHECK(by_threads({3, 2, 1, 2, Consumer::idempotent}, 2, few).limit == Limit::states);
  Options<OrderPayment> shallow;
  shallow.max_depth = 5;
  const auto cut = by_threads({3, 2, 1, 2, Consumer::idempotent}, 2, shallow);
  CHECK(cut.limit == Limit::depth);
  CHECK(cut.depth == 6);
  Options<OrderPayment> stopped;
  stopped.cancelled = [] { return true; };
  CHECK(by_threads({3, 2, 1, 2, Consumer::idempotent}, 2, stopped).limit == Limit::cancelled);
  Options<OrderPayment> decided;
  CHECK(by_threads({4, 2, 1, 2, Consumer::naive}, 2, decided).decisions[1].witness.steps.size() == 7);
}

TEST_CASE("parallel.systems_that_do_not_agree_are_noticed") {
  using models::NetOp;
  models::Net net;
  for (std::uint32_t c = 0; c < 12; ++c) {
    net.start.push_back(0);
    net.actions.push_back({"set", {{NetOp::is, c, 0}, {NetOp::set, c, 1}}});
  }
  // One thread that lists them one way when it looks and the other way when it goes there is the same fault as two
  // that disagree, and does not depend on who is faster.
  class Fickle : public models::SmallNet {
   public:
    using SmallNet::SmallNet;
    void enabled(std::vector<Action>& out) const {
      SmallNet::enabled(out);
      if (++looks_ % 3 == 0) std::reverse(out.begin(), out.end());
    }

   private:
    mutable std::size_t looks_ = 0;
  };
  Fickle fickle(net);
  std::vector<ParallelWorker<Fickle>> workers = {{&fickle, {}}};
  const auto found = parallel_breadth_first(workers);
  CHECK_FALSE(found.complete);
  CHECK(found.fault == "threads that made the same choices came to different states");
  models::SmallNet one(net), two(net);
  std::vector<ParallelWorker<models::SmallNet>> agreeing = {{&one, {}}, {&two, {}}};
  CHECK(parallel_breadth_first(agreeing).states == 4096);
}
