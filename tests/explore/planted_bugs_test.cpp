// SPDX-License-Identifier: Apache-2.0
// The explorer under test itself: a system that breaks a promise of the TransitionSystem concept must
// be caught by the self-check or the exact mode, and a visited set that loses states by its counts.
#include "tests/explore/models/abstract_commit.hpp"
#include "tests/explore/models/order_payment.hpp"

#include <sim/explore/breadth_first.hpp>
#include <sim/explore/depth_first.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace flowtank::explore;
using models::Consumer;
using models::OrderPayment;

namespace {

/// What is wrong with a system.
enum class Bug {
  none,
  undo_forgets,         // undo leaves a cell as it was after the action
  undo_keeps_sum,       // undo restores the cells and not the fingerprint
  fingerprint_ignores,  // one cell is not part of the fingerprint: states merge
  fingerprint_by_path,  // the fingerprint depends on how the state was reached: states split
  chance,               // an action does something else the second time
};

/// Two counters that go from 0 to 3 one step at a time: 16 states.
class Counters {
 public:
  struct Action {
    std::uint8_t counter = 0;
  };
  struct Mark {
    std::array<std::uint8_t, 2> values{};
    Fingerprint fingerprint = 0;
  };
  explicit Counters(Bug bug) : bug_(bug) { enter_initial(0); }

  std::size_t initial_count() const { return 1; }
  void enter_initial(std::size_t) {
    values_ = {0, 0};
    fingerprint_ = 1;
  }
  void enabled(std::vector<Action>& out) const {
    for (std::uint8_t i = 0; i < 2; ++i) {
      if (values_[i] < 3) {
        out.push_back({i});
      }
    }
  }
  void apply(const Action& action) {
    ++applied_;
    const std::size_t i = bug_ == Bug::chance && applied_ % 5 == 0 ? 1U - action.counter : action.counter;
    if (bug_ == Bug::fingerprint_by_path) {
      fingerprint_ = fingerprint_ * 3 + i;
      ++values_[i];
      return;
    }
    const bool counted = bug_ != Bug::fingerprint_ignores || i == 0;
    fingerprint_ -= counted ? share(i) : 0;
    ++values_[i];
    fingerprint_ += counted ? share(i) : 0;
  }
  Mark mark() const { return {values_, fingerprint_}; }
  void undo(const Mark& mark) {
    values_[0] = mark.values[0];
    if (bug_ != Bug::undo_forgets) {
      values_[1] = mark.values[1];
    }
    if (bug_ != Bug::undo_keeps_sum) {
      fingerprint_ = mark.fingerprint;
    }
  }
  Fingerprint fingerprint() const { return fingerprint_; }
  void encode(std::vector<std::byte>& out) const {
    out.push_back(static_cast<std::byte>(values_[0]));
    out.push_back(static_cast<std::byte>(values_[1]));
  }
  std::string describe(const Action& action) const { return fmt::format("count {}", action.counter); }

 private:
  Fingerprint share(std::size_t i) const { return flowtank::fingerprint_share(i, {values_[i], 0}); }

  Bug bug_;
  std::array<std::uint8_t, 2> values_{};
  Fingerprint fingerprint_ = 0;
  unsigned applied_ = 0;
};

Outcome<Counters::Action> explore_with(Bug bug, bool self_check, bool exact) {
  Counters system(bug);
  Options<Counters> options;
  options.self_check = self_check;
  options.exact = exact;
  options.max_states = 1000;
  options.max_depth = 100;
  return breadth_first(system, {}, options);
}

}  // namespace

TEST_CASE("planted_bugs.sound_system_passes_self_check_and_exact_mode") {
  const auto outcome = explore_with(Bug::none, true, true);
  CHECK(outcome.fault == "");
  CHECK(outcome.complete);
  CHECK(outcome.states == 16);
  CHECK(outcome.terminal == 1);
}

TEST_CASE("planted_bugs.undo_that_forgets_a_cell_is_caught_by_the_self_check") {
  const auto outcome = explore_with(Bug::undo_forgets, true, false);
  CHECK(outcome.limit == Limit::fault);
  CHECK(outcome.fault == "undo of 'count 1' did not restore the state");
  CHECK_FALSE(outcome.complete);
}

TEST_CASE("planted_bugs.undo_that_keeps_the_fingerprint_is_caught_by_the_self_check") {
  CHECK(explore_with(Bug::undo_keeps_sum, true, false).fault == "undo of 'count 0' did not restore the fingerprint");
}

TEST_CASE("planted_bugs.chance_is_caught_by_the_self_check") {
  CHECK_THAT(explore_with(Bug::chance, true, false).fault, Catch::Contains("applied twice from one state"));
}

TEST_CASE("planted_bugs.fingerprint_that_ignores_a_cell_is_caught_by_the_exact_mode") {
  CHECK(explore_with(Bug::fingerprint_ignores, false, true).fault == "two different states have the same fingerprint");
  CHECK(explore_with(Bug::fingerprint_ignores, false, false).states == 4);
}

TEST_CASE("planted_bugs.fingerprint_that_depends_on_the_path_is_caught_by_the_exact_mode") {
  CHECK(explore_with(Bug::fingerprint_by_path, false, true).fault == "one state was reached with two different fingerprints");
}

namespace {

/// The order/payment model with fingerprints cut to `bits`: a visited set that confuses states.
template <unsigned bits>
class Blurred : public OrderPayment {
 public:
  using OrderPayment::OrderPayment;
  Fingerprint fingerprint() const {
    // Spread again, as the table takes slots from one half and stripes from the other.
    const auto kept = static_cast<std::uint64_t>(OrderPayment::fingerprint()) & ((std::uint64_t{1} << bits) - 1);
    return flowtank::fingerprint_share(1, {kept + 1, 0});
  }
  Fingerprint recompute_fingerprint() const { return fingerprint(); }
};

}  // namespace

TEST_CASE("planted_bugs.lossy_visited_set_shows_in_the_counts") {
  Blurred<20> blurred({2, 2, 1, 2, Consumer::idempotent});
  const auto outcome = depth_first(blurred);
  CHECK(outcome.complete);
  CHECK(outcome.states < 17'908);
  CHECK(outcome.states > 17'000);
  Blurred<20> again({2, 2, 1, 2, Consumer::idempotent});
  Options<Blurred<20>> exact;
  exact.exact = true;
  CHECK(depth_first(again, {}, exact).fault == "two different states have the same fingerprint");
}

namespace {

/// The order/payment model with footprints that forget one kind of access.
class Careless : public OrderPayment {
 public:
  explicit Careless(AccessKind forgotten) : OrderPayment({2, 1, 1, 1, Consumer::idempotent}), forgotten_(forgotten) {}
  void footprint(const Action& action, std::vector<Access>& out) const {
    OrderPayment::footprint(action, out);
    std::erase_if(out, [&](const Access& access) { return access.kind == forgotten_; });
  }

 private:
  AccessKind forgotten_;
};

std::string footprint_fault(AccessKind forgotten) {
  Careless system(forgotten);
  Options<Careless> options;
  options.self_check = true;
  return depth_first(system, {}, options).fault;
}

}  // namespace

TEST_CASE("planted_bugs.declared_footprints_of_the_order_payment_model_commute") {
  for (const Consumer consumer : {Consumer::naive, Consumer::idempotent, Consumer::split}) {
    OrderPayment system({2, 1, 1, 1, consumer});
    Options<OrderPayment> options;
    options.self_check = true;
    CHECK(breadth_first(system, {}, options).fault == "");
  }
}

TEST_CASE("planted_bugs.footprints_that_forget_a_take_or_a_write_are_caught_by_the_self_check") {
  CHECK_THAT(footprint_fault(AccessKind::take), Catch::Contains("do not commute"));
  CHECK_THAT(footprint_fault(AccessKind::write), Catch::Contains("do not commute"));
  CHECK(footprint_fault(AccessKind::read) == "");  // the model declares none
}
