// SPDX-License-Identifier: Apache-2.0
// Which wrong declarations does a sweep on the order/payment model alone notice? The model tells lies about what
// its actions touch; the sweep compares a reduced with an unreduced search. What it misses is the reason for
// reduction_nets_test.cpp, whose nets notice every kind of lie.
#include "tests/explore/models/order_payment.hpp"

#include <sim/explore/depth_first.hpp>
#include <sim/explore/reduced_search.hpp>

#include <catch2/catch.hpp>

#include <set>

using namespace flowtank::explore;
using models::Consumer;
using models::OrderPayment;
using models::OrderPaymentSettings;

namespace {

enum class Lie : std::uint8_t {
  none,
  forgets_frame,       // the payment service's frame is nobody's business: its runs seem independent
  forgets_tests,       // a duplicate does not say that it needs a copy
  bags_never_conflict, // two takers of one bag seem independent
  budgets_untouched,   // faults do not say that they spend
  forgets_rows,        // charging touches no row
  blames_another,      // a blocker that does not block
  forgets_crash,       // a crash touches nothing
};

class LyingOrderPayment : public OrderPayment {
 public:
  LyingOrderPayment(const OrderPaymentSettings& settings, Lie lie) : OrderPayment(settings), lie_(lie) {}

  void every_access(const Action& action, std::vector<Access>& out) const {
    std::vector<Access> told;
    OrderPayment::every_access(action, told);
    for (Access access : told) {
      const bool own = access.component >= 5;
      const std::uint32_t field = (access.component - 5) % 5;
      if (lie_ == Lie::forgets_crash && action.kind == Kind::crash) continue;
      if (lie_ == Lie::forgets_frame && access.component == 4) continue;
      if (lie_ == Lie::forgets_tests && access.kind == AccessKind::test) continue;
      if (lie_ == Lie::budgets_untouched && access.component >= 1 && access.component <= 3) continue;
      if (lie_ == Lie::forgets_rows && own && field == 3) continue;
      if (lie_ == Lie::bags_never_conflict && own && access.kind == AccessKind::take) access.kind = AccessKind::add;
      out.push_back(access);
    }
  }
  void blockers(const Action& action, std::vector<std::uint32_t>& out) const {
    if (lie_ == Lie::blames_another) out.push_back(0);
    else OrderPayment::blockers(action, out);
  }

 private:
  Lie lie_;
};

struct Answers {
  std::set<std::vector<std::byte>> ends;
  std::string failing;
  friend bool operator==(const Answers&, const Answers&) = default;
};

template <class S>
std::vector<ReducibleProperty<S>> questions(unsigned orders, Answers& answers) {
  using P = Property<S>;
  std::vector<ReducibleProperty<S>> asked;
  ReducibleProperty<S> once(P::always("charged at most once", [](const S& s) { return s.charged_at_most_once(); }));
  asked.push_back(std::move(once).reading(OrderPayment::payment_rows(orders)));
  asked.push_back(P::terminal("all paid", [](const S& s) { return s.all_paid(); }));
  asked.push_back(P::terminal("ends", [&answers](const S& s) {
    std::vector<std::byte> bytes;
    s.encode(bytes);
    answers.ends.insert(bytes);
    return true;
  }));
  return asked;
}

/// Settings of at most three orders, budgets up to two, that a reduced search of the lying model gets wrong.
std::size_t noticed(Lie lie) {
  std::size_t wrong = 0;
  for (const Consumer consumer : {Consumer::naive, Consumer::idempotent, Consumer::split}) {
    for (unsigned orders = 1; orders <= 3; ++orders) {
      for (unsigned budgets = 0; budgets < 27; ++budgets) {
        const OrderPaymentSettings settings{orders, budgets % 3, budgets / 3 % 3, budgets / 9, consumer};
        if (settings.duplicates + settings.drops + settings.crashes > 3) continue;
        Answers truth, told;
        OrderPayment honest(settings);
        std::vector<Property<OrderPayment>> asked;
        for (const auto& question : questions<OrderPayment>(orders, truth)) asked.push_back(question.property);
        Options<OrderPayment> all;
        all.stop_when_decided = false;
        for (const auto& decision : depth_first(honest, asked, all).decisions) truth.failing += decision.found() ? decision.name : "";
        LyingOrderPayment lying(settings, lie);
        Options<LyingOrderPayment> every;
        every.stop_when_decided = false;
        const auto lies = questions<LyingOrderPayment>(orders, told);
        for (const auto& decision : reduced_search(lying, lies, every).decisions) told.failing += decision.found() ? decision.name : "";
        wrong += truth == told ? 0 : 1;
      }
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE("reduction.order_payment_sweep_notices_some_lies") {
  CHECK(noticed(Lie::none) == 0);
  CHECK(noticed(Lie::forgets_frame) > 0);
  CHECK(noticed(Lie::forgets_tests) > 0);
  CHECK(noticed(Lie::bags_never_conflict) > 0);
  CHECK(noticed(Lie::blames_another) > 0);
  CHECK(noticed(Lie::forgets_crash) > 0);
}

// The frame already orders all that touches a row, and running the orders one by one spends the budgets in every
// way that matters: a sweep on this model would let both lies pass. The nets catch them (hides_one_access,
// takes_are_adds), as they catch hidden reads of properties and cycles, which this model does not have.
TEST_CASE("reduction.order_payment_sweep_alone_misses_two_lies") {
  CHECK(noticed(Lie::budgets_untouched) == 0);
  CHECK(noticed(Lie::forgets_rows) == 0);
}
