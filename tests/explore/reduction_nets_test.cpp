// SPDX-License-Identifier: Apache-2.0
// Reductions against no reduction where processes interact: a shared row, a transfer between two entities, a
// poller, unbounded retry, and thousands of small nets drawn at random. Then the same with lies planted in what
// the nets declare: which of them does each sweep notice?
#include "tests/explore/models/order_payment.hpp"
#include "tests/explore/models/small_net.hpp"

#include <sim/base/keyed_random.hpp>
#include <sim/explore/depth_first.hpp>
#include <sim/explore/reduced_search.hpp>

#include <catch2/catch.hpp>

#include <set>

using namespace flowtank::explore;
using models::Net;
using models::NetAction;
using models::NetLie;
using models::NetOp;
using models::SmallNet;

namespace {

constexpr NetOp is = NetOp::is, some = NetOp::some, set_to = NetOp::set, add = NetOp::add, take = NetOp::take;

/// Two processes that each read a row, keep what they saw, and write it back grown by one: the lost update.
Net shared_row() {
  enum : std::uint32_t { row, p, q, p_saw, q_saw };
  Net net{{0, 0, 0, 0, 0}, {}};
  for (const std::uint32_t who : {p, q}) {
    const std::uint32_t saw = who == p ? p_saw : q_saw;
    for (std::uint8_t v = 0; v < 3; ++v) {
      net.actions.push_back({"read", {{is, who, 0}, {is, row, v}, {set_to, saw, v}, {set_to, who, 1}}});
      if (v < 2) net.actions.push_back({"write", {{is, who, 1}, {is, saw, v}, {set_to, row, static_cast<std::uint8_t>(v + 1)}, {set_to, saw, 0}, {set_to, who, 2}}});
    }
  }
  return net;
}

/// Money moves between two accounts in two steps each way; a third process looks at both, one after the other.
Net transfer() {
  enum : std::uint32_t { a, b, under_way, back, auditor, saw_a };
  return {{1, 0, 0, 0, 0, 0},
          {{"a pays", {{take, a, 0}, {add, under_way, 0}}},
           {"b receives", {{take, under_way, 0}, {add, b, 0}}},
           {"b pays", {{take, b, 0}, {add, back, 0}}},
           {"a receives", {{take, back, 0}, {add, a, 0}}},
           {"audit a: something", {{is, auditor, 0}, {some, a, 0}, {set_to, auditor, 1}, {set_to, saw_a, 1}}},
           {"audit a: nothing", {{is, auditor, 0}, {is, a, 0}, {set_to, auditor, 1}}},
           {"audit b: nothing", {{is, auditor, 1}, {is, b, 0}, {set_to, auditor, 2}}},
           {"audit b: something", {{is, auditor, 1}, {some, b, 0}, {set_to, auditor, 3}}}}};
}

/// An outbox row, a relay that polls for it for ever (also in vain), a consumer, and a crash of the relay.
Net poller() {
  enum : std::uint32_t { row, relay, queue, handled, crashes, looked };
  return {{0, 0, 0, 0, 1, 0},
          {{"write row", {{is, row, 0}, {set_to, row, 1}}},
           {"poll in vain", {{is, relay, 0}, {is, row, 0}, {set_to, looked, 1}}},
           {"poll again", {{is, relay, 0}, {is, row, 2}, {set_to, looked, 0}}},
           {"poll", {{is, relay, 0}, {is, row, 1}, {set_to, relay, 1}}},
           {"publish", {{is, relay, 1}, {add, queue, 0}, {set_to, relay, 2}}},
           {"mark sent", {{is, relay, 2}, {set_to, row, 2}, {set_to, relay, 0}}},
           {"crash", {{is, relay, 2}, {take, crashes, 0}, {set_to, relay, 0}}},
           {"handle", {{take, queue, 0}, {add, handled, 0}}}}};
}

/// A client that retries for ever while a server is down; the server may come up and go down again once.
Net retry() {
  enum : std::uint32_t { client, server, served, restarts, seen_down };
  return {{0, 1, 0, 1, 0},
          {{"ask", {{is, client, 0}, {set_to, client, 1}}},
           {"fail", {{is, client, 1}, {is, server, 1}, {set_to, client, 2}, {set_to, seen_down, 1}}},
           {"back off", {{is, client, 2}, {set_to, client, 0}}},
           {"served", {{is, client, 1}, {is, server, 0}, {set_to, client, 3}, {add, served, 0}}},
           {"server up", {{is, server, 1}, {set_to, server, 0}}},
           {"server down", {{is, server, 0}, {take, restarts, 0}, {set_to, server, 1}}},
           {"notice", {{is, seen_down, 1}, {set_to, seen_down, 2}}}}};
}

std::uint32_t random_below(std::uint64_t seed, std::uint32_t& draws, std::uint32_t bound) {
  const std::uint64_t bits = flowtank::mix64(seed * 0x9e3779b97f4a7c15ULL + ++draws * 0xd6e8feb86659fd93ULL);
  return static_cast<std::uint32_t>((bits >> 32U) * bound >> 32U);
}

/// Tokens are moved or used up, never made, so that every net is finite.
Net random_net(std::uint64_t seed) {
  std::uint32_t draws = 0;
  const auto below = [&](std::uint32_t bound) { return random_below(seed, draws, bound); };
  const std::uint32_t controls = 2 + below(3), counters = 2 + below(3);
  Net net;
  for (std::uint32_t c = 0; c < controls; ++c) net.start.push_back(0);
  for (std::uint32_t c = 0; c < counters; ++c) net.start.push_back(static_cast<std::uint8_t>(below(3)));
  const std::uint32_t count = 4 + below(6);
  for (std::uint32_t n = 0; n < count; ++n) {
    NetAction action{"action " + std::to_string(n), {}, false};
    const std::uint32_t control = below(controls);
    if (below(10) < 7) action.steps.push_back({is, control, static_cast<std::uint8_t>(below(3))});
    if (below(10) < 3) action.steps.push_back({is, below(controls), static_cast<std::uint8_t>(below(2))});
    if (below(10) < 3) action.steps.push_back({some, controls + below(counters), 0});
    const bool taken = below(10) < 5;
    const std::uint32_t from = below(counters);
    if (taken) action.steps.push_back({take, controls + from, 0});
    if (taken && below(10) < 7) {
      if (const std::uint32_t to = below(counters); to != from) action.steps.push_back({add, controls + to, 0});
    }
    if (below(10) < 7) action.steps.push_back({set_to, control, static_cast<std::uint8_t>(below(3))});
    net.actions.push_back(std::move(action));
  }
  return net;
}

struct Answers {
  std::set<std::vector<std::byte>> deadlocks;
  std::vector<bool> found;
  std::uint64_t states = 0;
  bool complete = false;
  friend bool operator==(const Answers& a, const Answers& b) {
    return a.deadlocks == b.deadlocks && a.found == b.found && a.complete == b.complete;
  }
};

/// "Cell c never has value v" for every cell and value, one at a time or all at once: each alone leaves most
/// actions invisible. And one transition property for each action: what one cell is right after it.
template <class System>
std::vector<ReducibleProperty<System>> net_questions(const Net& net, std::uint64_t which, Answers& answers, bool declared = true) {
  using P = Property<System>;
  std::vector<ReducibleProperty<System>> asked;
  const auto cells = static_cast<std::uint32_t>(net.start.size());
  const auto cell = static_cast<std::uint32_t>(which % cells);
  const auto value = static_cast<std::uint8_t>(which / cells % 3);
  ReducibleProperty<System> never(P::always("never", [cell, value](const System& s) { return s.cell(cell) != value; }));
  asked.push_back(std::move(never).reading(declared ? std::vector<std::uint32_t>{cell} : std::vector<std::uint32_t>{}));
  const auto after = static_cast<std::uint32_t>(which / 7 % net.actions.size());
  const auto other = static_cast<std::uint32_t>(which / 11 % cells);
  ReducibleProperty<System> right_after(P::transition("right after", [after, other](const System& s, const SmallNet::Action& a) {
    return a.number != after || s.cell(other) != 1;
  }));
  asked.push_back(std::move(right_after).reading(declared ? std::vector<std::uint32_t>{other} : std::vector<std::uint32_t>{})
                      .after([after](const SmallNet::Action& a) { return a.number == after; }));
  // What the action itself touched needs no declaration.
  const auto& steps = net.actions[after].steps;
  const std::uint32_t own = steps.empty() ? other : steps[which / 13 % steps.size()].cell;
  const auto sum = static_cast<std::uint8_t>(1 + which / 17 % 2);
  ReducibleProperty<System> own_sum(P::transition("own sum", [after, own, sum](const System& s, const SmallNet::Action& a) {
    return a.number != after || s.cell(own) != sum;
  }));
  asked.push_back(std::move(own_sum).reading(steps.empty() ? std::vector<std::uint32_t>{other} : std::vector<std::uint32_t>{})
                      .after([after](const SmallNet::Action& a) { return a.number == after; }));
  asked.push_back(P::terminal("ends", [&answers](const System& s) {
    std::vector<std::byte> bytes;
    s.encode(bytes);
    answers.deadlocks.insert(bytes);
    return true;
  }));
  return asked;
}

template <class Outcome>
void take_answers(Answers& answers, const Outcome& outcome) {
  for (const auto& decision : outcome.decisions) answers.found.push_back(decision.found());
  answers.states = outcome.states;
  answers.complete = outcome.complete;
}

Answers truth_of(const Net& net, std::uint64_t which) {
  Answers answers;
  SmallNet system(net);
  std::vector<Property<SmallNet>> asked;
  for (const auto& question : net_questions<SmallNet>(net, which, answers)) asked.push_back(question.property);
  Options<SmallNet> all;
  all.stop_when_decided = false;
  take_answers(answers, depth_first(system, asked, all));
  return answers;
}

Answers reduced_answers(const Net& net, std::uint64_t which, bool skip_forced, NetLie lie = NetLie::none, bool declared = true) {
  Answers answers;
  SmallNet system(net, lie);
  Options<SmallNet> all;
  all.stop_when_decided = false;
  all.max_states = 1'000'000;
  std::uint64_t expanded = 0;  // a lie can make a search endless
  all.poll_every = 1;
  all.out_of_time = [&expanded] { return ++expanded > 200'000; };
  const auto asked = net_questions<SmallNet>(net, which, answers, declared);
  take_answers(answers, reduced_search(system, asked, all, {true, false, skip_forced}));
  return answers;
}

Net with_repeats(Net net) {
  models::find_repeats(net);
  return net;
}

std::vector<Net> written_nets() {
  return {with_repeats(shared_row()), with_repeats(transfer()), with_repeats(poller()), with_repeats(retry())};
}

constexpr std::uint64_t random_nets = 6000;
constexpr std::uint64_t questions_each = 6;

/// How often a reduced search of lying nets answers wrongly.
std::size_t mismatches(NetLie lie, bool declared, std::uint64_t nets) {
  std::size_t wrong = 0;
  for (std::uint64_t seed = 0; seed < nets; ++seed) {
    const Net net = with_repeats(random_net(seed));
    for (std::uint64_t q = 0; q < questions_each; ++q) {
      const std::uint64_t which = seed * 31 + q * 17;
      wrong += truth_of(net, which) == reduced_answers(net, which, q % 2 == 0, lie, declared) ? 0 : 1;
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE("reduction.nets_in_which_processes_interact_agree_with_no_reduction") {
  for (const Net& net : written_nets()) {
    for (std::uint64_t which = 0; which < 400; ++which) {
      for (const bool skip_forced : {false, true}) {
        const Answers truth = truth_of(net, which), found = reduced_answers(net, which, skip_forced);
        if (!(truth == found)) {
          CAPTURE(net.actions[0].name, which, skip_forced, truth.states, found.states);
          CHECK(found.deadlocks == truth.deadlocks);
          CHECK(found.found == truth.found);
          CHECK(found.complete);
        }
      }
    }
  }
}

TEST_CASE("reduction.random_nets_agree_with_no_reduction") {
  std::uint64_t unreduced = 0, reduced = 0, with_cycles = 0;
  for (std::uint64_t seed = 0; seed < random_nets; ++seed) {
    const Net net = with_repeats(random_net(seed));
    with_cycles += std::any_of(net.actions.begin(), net.actions.end(), [](const NetAction& a) { return a.repeats; }) ? 1 : 0;
    for (std::uint64_t q = 0; q < questions_each; ++q) {
      const std::uint64_t which = seed * 31 + q * 17;
      const Answers truth = truth_of(net, which), found = reduced_answers(net, which, q % 2 == 0);
      unreduced += truth.states;
      reduced += found.states;
      if (!(truth == found)) {
        CAPTURE(seed, which, truth.states, found.states);
        CHECK(found.deadlocks == truth.deadlocks);
        CHECK(found.found == truth.found);
        CHECK(found.complete);
      }
    }
  }
  CAPTURE(unreduced, reduced, with_cycles);
  CHECK(reduced < unreduced);          // it does leave something out
  CHECK(with_cycles > random_nets / 10);
}

TEST_CASE("reduction.every_planted_lie_is_noticed_by_the_random_nets") {
  for (const NetLie lie : {NetLie::forgets_reads, NetLie::forgets_tests, NetLie::takes_are_adds, NetLie::blames_another,
                           NetLie::never_repeats, NetLie::hides_one_access}) {
    CAPTURE(static_cast<int>(lie));
    CHECK(mismatches(lie, true, 400) > 0);
  }
  CHECK(mismatches(NetLie::none, false, 400) > 0);  // properties that hide what they read
  CHECK(mismatches(NetLie::none, true, 50) == 0);
}
