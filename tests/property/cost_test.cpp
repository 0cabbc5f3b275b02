// SPDX-License-Identifier: Apache-2.0
// What watching costs, in things that can be counted on any machine: allocations, and how many rows are
// looked at again after a change.
#include <cstdlib>
#include <new>

#include "tests/property/small_shop.hpp"

namespace {
std::uint64_t allocations = 0;  // by this test's only thread
}

// Counts, then allocates as usual.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes == 0 ? 1 : bytes);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace flowtank::testing {
namespace {

std::vector<PropertySpec> three_properties(Shop& shop) {
  std::vector<PropertySpec> properties(3);
  properties[0].name = "charged at most once";
  properties[0].kind = PropertyKind::at_most_once_effect;
  properties[0].effect = charge_effect;
  properties[1].name = "paid orders were charged";
  properties[1].kind = PropertyKind::always;
  properties[1].table = orders;
  properties[1].predicate = shop.expression("o.status != 'paid' || o.order_id in payment.charges");
  properties[2].name = "orders end";
  properties[2].kind = PropertyKind::not_stuck;
  properties[2].table = orders;
  properties[2].predicate = shop.expression("o.status == 'paid'");
  return properties;
}

}  // namespace

TEST_CASE("cost.after_action_allocates_nothing_once_it_is_warm") {
  Shop shop;
  History h(shop, Mode::timed, three_properties(shop));
  const auto round = [&](const char* status) {
    for (const char* key : {"o-1", "o-2", "o-3"}) {
      h.order(key, status);
      h.nothing_happens();
    }
  };
  for (const char* key : {"o-1", "o-2", "o-3"}) h.charge(key);
  round("placed");
  round("paid");
  std::uint64_t in_checker = 0;
  // The shop's own doors allocate; only what the checker does is counted.
  const Word key = h.word("o-2");
  const Cell row = h.world().store().find(orders, key);
  Word before[3], after[3];
  for (Cell c = 0; c < 3; ++c) before[c] = after[c] = h.world().store().column(row, c);
  for (int i = 0; i < 100; ++i) {
    after[1] = h.word(i % 2 == 0 ? "placed" : "paid");
    h.world().store().put(orders, row, after);
    const std::uint64_t start = allocations;
    h.checker().row_changed(h.world(), orders, key, before, after);
    h.checker().after_action(h.world());
    in_checker += allocations - start;
    std::copy(std::begin(after), std::end(after), std::begin(before));
  }
  CHECK(in_checker == 0);
  const std::uint64_t start = allocations;
  for (int i = 0; i < 1000; ++i) h.checker().after_action(h.world());
  CHECK(allocations == start);
  CHECK(h.verdict(true, 1).kind == VerdictKind::pass);
}

TEST_CASE("cost.a_run_after_a_run_remembers_no_verdict") {
  Shop shop;
  History h(shop, Mode::timed, three_properties(shop));
  h.charge("o-1");
  h.charge("o-1");
  h.order("o-2", "paid");
  CHECK(h.verdict(true, 0).kind == VerdictKind::fail);
  CHECK(h.verdict(true, 1).kind == VerdictKind::fail);
  h.begin();
  CHECK_FALSE(h.checker().failed_so_far());
  CHECK(h.verdict(true, 0).kind == VerdictKind::vacuous);
  h.charge("o-1");
  h.order("o-1", "paid");
  for (std::uint32_t p = 0; p < 3; ++p) CHECK(h.verdict(true, p).kind == VerdictKind::pass);
}

}  // namespace flowtank::testing
