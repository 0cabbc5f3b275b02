// SPDX-License-Identifier: Apache-2.0
// The properties over a shop that really runs: an order handler that commits and publishes, a payment handler
// that charges, and a broker that may deliver a copy twice. Explored exhaustively, the naive payment charges
// twice and the property finds it; the one with an idempotency key is proved. Also run with time.
#include <set>

#include "tests/property/small_shop.hpp"

namespace flowtank::testing {
namespace {

// The program of the small shop's clock becomes "place an order"; its customer orders `count` times.
void make_it_run(Shop& shop, bool idempotent, std::uint64_t count, bool duplicates) {
  System& system = shop.system;
  const expr::Type data = system.types->record_type(system.messages[tick].data_type);
  const expr::Type event_data = system.types->record_type(system.messages[order_placed].data_type);
  const auto compile = [&](const char* text, expr::Type message_data, bool in_handler = true) {
    expr::Environment environment(system.types);
    const expr::RecordType record{"a message", false, {{"id", expr::types::string}, {"type", expr::types::string},
                                                       {"key", expr::types::string}, {"data", message_data}}};
    if (in_handler) environment.declare("input", system.types->add_record(record), slot_input);
    else environment.declare("n", expr::types::int64, slot_input);
    if (in_handler) environment.declare("made", expr::types::dyn, slot_local0);
    Diagnostics diagnostics;
    auto program = expr::compile(text, environment, diagnostics);
    REQUIRE(program.has_value());
    system.expressions.push_back(*program);
    return static_cast<ExprId>(system.expressions.size() - 1);
  };
  Client& client = system.clients[0];
  client.count = count;
  client.fields = {compile("'o-' + string(n)", data, false)};

  Program& place = system.handlers[0].program;
  const ExprId order_id = compile("input.data.order_id", data);
  place = {};
  place.steps = {{"begin", none, false, {}, {}, {}}, {"store order", none, true, {}, {}, {}}, {"commit", none, false, {}, {}, {}},
                 {"publish", none, true, {}, {}, {}}, {"end", none, false, {}, {}, {}}};
  place.locals = {"made"};
  place.transactions = {{}};
  place.inserts = {{orders, {order_id, compile("'placed'", data), compile("100", data)}, OnConflict::ignore, none}};
  place.events = {{order_placed, {order_id}, none, none}};
  place.publishes = {{}};
  place.publishes[0].event = compile("made", data);
  place.code = {{Op::begin, 0, 0, 0, 0},      {Op::insert, 1, 0, 0, 0},  {Op::commit, 2, 0, 0, 0},
                {Op::make_event, 3, 0, 0, 0}, {Op::publish, 3, 0, 0, 0}, {Op::end, 4, 0, 0, 0}};

  Program& pay = system.handlers[1].program;
  pay = {};
  pay.steps = {{"charge", none, true, {}, {}, {}}, {"end", none, false, {}, {}, {}}};
  const ExprId paid_order = compile("input.data.order_id", event_data);
  pay.locals = {"made"};
  pay.effects = {{charge_effect, paid_order, none, idempotent ? paid_order : none}};
  pay.code = {{Op::effect, 0, 0, 0, 0}, {Op::end, 1, 0, 0, 0}};

  if (duplicates) {
    Fault fault;
    fault.name = "dup";
    fault.kind = FaultKind::duplicate;
    fault.on.channel = 0;
    fault.when.nth = 1;
    system.faults.push_back(fault);
  }
}

struct Seen {
  std::set<uint128> states;
  std::vector<char> violated;
  bool quiescent = false;
};

void explore(World& world, Checker& checker, Seen& seen) {
  if (!seen.states.insert(world.fingerprint()).second) return;
  REQUIRE(seen.states.size() < 100000);
  if (world.quiescent()) {
    seen.quiescent = true;
    for (const std::uint32_t p : checker.violated_at_quiescence(world)) seen.violated[p] = true;
  }
  std::vector<Action> actions;
  world.enabled(actions);
  const uint128 before = world.fingerprint();
  for (const Action& action : actions) {
    const World::Mark mark = world.mark();
    world.apply(action);
    checker.after_action(world);
    const std::vector<std::uint32_t> by_action = checker.violated_by_action();
    for (const std::uint32_t p : by_action) seen.violated[p] = true;
    const std::vector<std::uint32_t>& now = checker.violated_now(world);
    CHECK(std::includes(now.begin(), now.end(), by_action.begin(), by_action.end()));
    for (const std::uint32_t p : now) CHECK(seen.violated[p]);
    explore(world, checker, seen);
    world.undo(mark);
    REQUIRE(world.fingerprint() == before);
  }
}

std::vector<PropertySpec> shop_properties(Shop& shop) {
  std::vector<PropertySpec> properties(4);
  properties[0].name = "charged at most once";
  properties[0].kind = PropertyKind::at_most_once_effect;
  properties[0].effect = charge_effect;
  properties[1].name = "every order is charged";
  properties[1].kind = PropertyKind::at_least_once_effect;
  properties[1].effect = charge_effect;
  properties[1].table = orders;
  properties[2].name = "charges have an order";
  properties[2].kind = PropertyKind::always;
  properties[2].predicate = shop.expression("payment.charges.all(k, k in order.orders)");
  properties[3].name = "nothing dropped";
  properties[3].kind = PropertyKind::nothing_dropped;
  return properties;
}

std::vector<VerdictKind> explored_verdicts(bool idempotent, bool duplicates) {
  Shop shop;
  make_it_run(shop, idempotent, 2, duplicates);
  History history(shop, Mode::explore, shop_properties(shop));
  Seen seen;
  seen.violated.resize(history.checker().size());
  explore(history.world(), history.checker(), seen);
  std::vector<VerdictKind> verdicts;
  for (std::uint32_t p = 0; p < history.checker().size(); ++p) {
    Exploration found;
    found.complete = true;
    found.violated = seen.violated[p];
    found.reached_quiescence = seen.quiescent;
    verdicts.push_back(history.checker().conclude(p, found).kind);
  }
  return verdicts;
}

std::vector<Verdict> timed_verdicts(bool idempotent, bool duplicates, Trace* trace = nullptr) {
  Shop shop;
  make_it_run(shop, idempotent, 20, duplicates);
  History history(shop, Mode::timed, shop_properties(shop));
  World& world = history.world();
  if (trace != nullptr) world.record_into(trace);
  while (world.advance(Time::never())) history.checker().after_action(world);
  return history.checker().at_end(world, true, world.now());
}

constexpr VerdictKind pass = VerdictKind::pass, fail = VerdictKind::fail;

}  // namespace

TEST_CASE("explored_shop.a_second_copy_charges_twice") {
  CHECK(explored_verdicts(false, true) == std::vector<VerdictKind>{fail, pass, pass, pass});
}

TEST_CASE("explored_shop.an_idempotency_key_is_proved_to_be_enough") {
  CHECK(explored_verdicts(true, true) == std::vector<VerdictKind>{pass, pass, pass, pass});
}

TEST_CASE("explored_shop.without_duplicates_it_is_proved") {
  CHECK(explored_verdicts(false, false) == std::vector<VerdictKind>{pass, pass, pass, pass});
}

TEST_CASE("timed_shop.a_second_copy_is_observed_with_its_record") {
  Trace trace;
  const std::vector<Verdict> verdicts = timed_verdicts(false, true, &trace);
  REQUIRE(verdicts[0].kind == fail);
  REQUIRE(verdicts[0].evidence.size() == 1);
  const KeyEvidence& evidence = verdicts[0].evidence.front();
  CHECK(evidence.sentence == evidence.key + ": charge happened 2 times, at most 1 is allowed");
  REQUIRE(evidence.record < trace.size());
  CHECK(trace[evidence.record].kind == RecordKind::effect);
  for (std::size_t p = 1; p < verdicts.size(); ++p) CHECK(verdicts[p].kind == pass);
}

TEST_CASE("timed_shop.passes_with_an_idempotency_key") {
  for (const Verdict& verdict : timed_verdicts(true, true)) {
    CHECK(verdict.kind == pass);
    CHECK(verdict.strength == Strength::observed);
  }
}

}  // namespace flowtank::testing
