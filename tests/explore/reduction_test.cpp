// SPDX-License-Identifier: Apache-2.0
// Reductions against no reduction on the order/payment model: same verdicts, same terminal states, for every
// consumer and all small budgets; and the factors that make them worth having.
#include "tests/explore/models/order_payment.hpp"

#include <sim/explore/depth_first.hpp>
#include <sim/explore/reduced_search.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <set>

using namespace flowtank::explore;
using models::Consumer;
using models::OrderPayment;
using models::OrderPaymentSettings;

namespace {

using Asked = std::vector<ReducibleProperty<OrderPayment>>;

/// Always, transition, sometimes and terminal; `ends` collects what terminal states look like, up to names.
Asked questions(unsigned orders, std::set<std::vector<unsigned>>& ends) {
  using P = Property<OrderPayment>;
  using R = ReducibleProperty<OrderPayment>;
  Asked asked;
  asked.push_back(R(P::always("charged at most once", [](const OrderPayment& s) { return s.charged_at_most_once(); }))
                      .reading(OrderPayment::payment_rows(orders)).symmetric_in_entities());
  asked.push_back(R(P::transition("assertion", [](const OrderPayment& s, const OrderPayment::Action& a) { return s.assertion_holds_after(a); }))
                      .reading({}).after([](const OrderPayment::Action& a) { return a.kind == OrderPayment::Kind::charge; })
                      .symmetric_in_entities());
  asked.push_back(R(P::terminal("all paid", [](const OrderPayment& s) { return s.all_paid(); })).symmetric_in_entities());
  asked.push_back(R(P::terminal("ends", [&ends, orders](const OrderPayment& s) {
                    std::vector<std::byte> bytes;
                    s.encode(bytes);
                    std::vector<unsigned> shared(6), charges;
                    for (unsigned c = 0; c < 6; ++c) shared[c] = static_cast<unsigned>(bytes[c]);
                    for (unsigned k = 0; k < orders; ++k) charges.push_back(s.charges(k));
                    std::sort(charges.begin(), charges.end());
                    shared.insert(shared.end(), charges.begin(), charges.end());
                    ends.insert(shared);
                    return true;
                  })).symmetric_in_entities());
  return asked;
}

struct Verdicts {
  std::string failing;
  std::set<std::vector<unsigned>> ends;
  std::uint64_t states = 0;
  bool complete = false;
  friend bool operator==(const Verdicts& a, const Verdicts& b) { return a.failing == b.failing && a.ends == b.ends; }
};

template <class Found>
void take(Verdicts& verdicts, const Found& outcome) {
  for (const auto& decision : outcome.decisions) verdicts.failing += decision.found() ? decision.name + ";" : "";
  verdicts.states = outcome.states;
  verdicts.complete = outcome.complete;
}

Verdicts unreduced(const OrderPaymentSettings& settings) {
  Verdicts verdicts;
  OrderPayment system(settings);
  std::vector<Property<OrderPayment>> asked;
  for (const auto& question : questions(settings.orders, verdicts.ends)) asked.push_back(question.property);
  Options<OrderPayment> all;
  all.stop_when_decided = false;
  take(verdicts, depth_first(system, asked, all));
  return verdicts;
}

Verdicts reduced(const OrderPaymentSettings& settings, const Reduction& reduction) {
  Verdicts verdicts;
  OrderPayment system(settings);
  Options<OrderPayment> all;
  all.stop_when_decided = false;
  take(verdicts, reduced_search(system, questions(settings.orders, verdicts.ends), all, reduction));
  return verdicts;
}

const Reduction reductions[] = {{true, false, false}, {true, false, true}, {false, true, false}, {true, true, false}, {true, true, true}};

}  // namespace

namespace {

/// Compares all reductions with none; how many comparisons.
std::size_t sweep(const OrderPaymentSettings& settings) {
  const Verdicts truth = unreduced(settings);
  for (const Reduction& reduction : reductions) {
    const Verdicts found = reduced(settings, reduction);
    if (!(found == truth) || !found.complete) {
      CAPTURE(settings.orders, settings.duplicates, settings.drops, settings.crashes, static_cast<int>(settings.consumer), describe(reduction));
      CHECK(found.failing == truth.failing);
      CHECK(found.ends == truth.ends);
      CHECK(found.complete);
    }
  }
  return std::size(reductions);
}

std::size_t sweep(unsigned orders, unsigned least_faults, unsigned most_faults) {
  std::size_t compared = 0;
  for (const Consumer consumer : {Consumer::naive, Consumer::idempotent, Consumer::split}) {
    for (unsigned budgets = 0; budgets < 27; ++budgets) {
      const OrderPaymentSettings settings{orders, budgets % 3, budgets / 3 % 3, budgets / 9, consumer};
      const unsigned faults = settings.duplicates + settings.drops + settings.crashes;
      if (faults >= least_faults && faults <= most_faults) compared += sweep(settings);
    }
  }
  return compared;
}

}  // namespace

TEST_CASE("reduction.order_payment_sweep_agrees_with_no_reduction") {
  std::size_t compared = 0;
  for (unsigned orders = 1; orders <= 2; ++orders) compared += sweep(orders, 0, 6);
  compared += sweep(3, 0, 4);
  compared += sweep(4, 0, 2);
  CHECK(compared == 5 * 3 * (27 + 27 + 23 + 10));
}

// The rest of "up to four orders, every budget up to two" takes minutes: by name, before a release.
TEST_CASE("reduction.order_payment_sweep_of_everything_agrees_with_no_reduction", "[.][slow]") {
  CHECK(sweep(3, 5, 6) + sweep(4, 3, 6) == 5 * 3 * (4 + 17));
}

TEST_CASE("reduction.four_orders_need_a_twentieth_by_partial_order_and_a_thousandth_with_symmetry") {
  const OrderPaymentSettings settings{4, 2, 1, 2, Consumer::idempotent};
  const std::uint64_t unreduced_states = 2'029'675;
  const auto states = [&](const Reduction& reduction) { return reduced(settings, reduction).states; };
  const std::uint64_t partial_order = states({true, false, false});
  const std::uint64_t both = states({true, true, false});
  const std::uint64_t unstored = states({true, true, true});
  CAPTURE(partial_order, both, unstored, states({true, false, true}));
  CHECK(partial_order <= unreduced_states / 20);
  CHECK(both <= unreduced_states / 300);
  CHECK(unstored <= unreduced_states / 1000);
}

TEST_CASE("reduction.symmetry_alone_enters_one_state_of_each_orbit") {
  const Reduction symmetry{false, true, false};
  CHECK(reduced({3, 2, 1, 2, Consumer::idempotent}, symmetry).states == 45'387);
  CHECK(reduced({4, 2, 1, 2, Consumer::idempotent}, symmetry).states == 138'765);
}

TEST_CASE("reduction.sums_over_entities_and_canonical_forms_agree_one_to_one") {
  OrderPayment system({3, 1, 1, 1, Consumer::split});
  CanonicalForms<OrderPayment> canonical;
  std::map<Fingerprint, Fingerprint> by_sum;
  std::map<Fingerprint, Fingerprint> by_form;
  std::size_t mismatches = 0;
  depth_first(system, {Property<OrderPayment>::always("look", [&](const OrderPayment& s) {
                const Fingerprint sum = s.orbit_fingerprint(), form = canonical.fingerprint(s);
                mismatches += by_sum.try_emplace(sum, form).first->second != form ? 1 : 0;
                mismatches += by_form.try_emplace(form, sum).first->second != sum ? 1 : 0;
                return true;
              })});
  CHECK(mismatches == 0);
  CHECK(by_sum.size() == by_form.size());
}

TEST_CASE("reduction.decide_gives_shortest_witnesses") {
  std::set<std::vector<unsigned>> ends;
  OrderPayment system({4, 2, 1, 2, Consumer::naive});
  const Asked asked = questions(4, ends);
  const auto any = reduced_search(system, asked, {}, {true, true, true});
  const auto shortest = decide(system, asked, {}, {true, true, true});
  REQUIRE(shortest.decision("assertion").found());
  CHECK(shortest.shortest);
  CHECK(shortest.decision("assertion").witness.steps.size() == 7);
  CHECK(any.decision("assertion").witness.steps.size() >= 7);
}

TEST_CASE("reduction.what_would_not_be_sound_is_refused_in_words") {
  OrderPayment system({2, 1, 0, 0, Consumer::idempotent});
  std::set<std::vector<unsigned>> ends;
  Asked asked = questions(2, ends);
  asked[0].symmetric = false;
  const auto names = reduced_search(system, asked, {}, {true, true, false});
  CHECK(names.refused == "symmetry: the property 'charged at most once' may look at names of entities");
  CHECK_FALSE(names.complete);
  Options<OrderPayment> cut;
  cut.boundary = [](const OrderPayment&) { return true; };
  for (const Reduction& with : {Reduction{true, false, false}, Reduction{false, true, false}, Reduction{false, false, true}}) {
    asked[0].symmetric = true;
    CHECK(reduced_search(system, asked, cut, with).refused.find("boundary") != std::string::npos);
  }
  const auto lively = check_eventually_reduced(system, Eventually<OrderPayment>{"paid", {}, [](const OrderPayment& s) { return s.all_paid(); }},
                                               {}, {}, Reduction{false, true, false});
  CHECK(lively.verdict == LivenessVerdict::inconclusive);
  CHECK(lively.refused.find("a loop of orbits") != std::string::npos);
}
