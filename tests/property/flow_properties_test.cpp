// SPDX-License-Identifier: Apache-2.0
// Properties about messages on their way: acknowledged loss, aborted reads, replays, dead letters, queues, order.
// Each with a right history, a planted wrong one and an empty one, under both drivers.
#include "tests/property/small_shop.hpp"

namespace flowtank::testing {
namespace {

PropertySpec of_kind(PropertyKind kind) {
  PropertySpec property;
  property.name = "it";
  property.kind = kind;
  return property;
}

// A FAIL whose first evidence is about this key and says this.
template <typename Play>
void expect_wrong(Shop& shop, const PropertySpec& property, const std::string& key, const std::string& sentence, const Play& play,
                  bool quiescent = true) {
  under_both_drivers(shop, property, play, [&](const Verdict& verdict) {
    REQUIRE(verdict.kind == VerdictKind::fail);
    CHECK(verdict.evidence.front().key == key);
    CHECK(verdict.evidence.front().sentence == sentence);
  }, quiescent);
}

}  // namespace

TEST_CASE("no_acknowledged_loss.wants_what_was_promised") {
  Shop shop;
  const PropertySpec property = of_kind(PropertyKind::no_acknowledged_loss);
  expect(shop, property, VerdictKind::vacuous, [](History& h) {
    h.send("o-1");
    h.publish("o-1");
    h.hear("o-1", Told::unknown);
  });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.send("o-1");
    h.publish("o-1");
    h.hear("o-1", Told::accepted);
    h.fate("o-1", Fate::handled);
    h.send("o-2");  // refused, and lost: nobody promised anything
    h.hear("o-2", Told::refused);
  });
  const auto loses = [](History& h) {
    for (const char* key : {"o-1", "o-2"}) {
      h.send(key);
      h.publish(key);
      h.hear(key, Told::accepted);
    }
    h.send("o-3");
    h.publish("o-3");
    h.hear("o-3", Told::unknown);
    h.fate("o-1", Fate::lost);
    h.fate("o-2", Fate::handled);
    h.fate("o-2", Fate::handled);
    h.fate("o-3", Fate::handled);
    h.fate("o-4", Fate::handled);
  };
  expect_wrong(shop, property, "o-1", "o-1: the producer of OrderPlaced(o-1) was told that it is stored, but payment never got it", loses);
  under_both_drivers(shop, property, loses, [](const Verdict& verdict) {
    REQUIRE(verdict.evidence.size() == 2);
    CHECK(verdict.evidence.back().sentence == "lost 1: o-1; recovered 1: o-3; duplicated 1: o-2; unexpected 1: o-4");
  });
}

TEST_CASE("no_acknowledged_loss.counts_what_was_handled_before_the_answer_came") {
  Shop shop;
  expect(shop, of_kind(PropertyKind::no_acknowledged_loss), VerdictKind::pass, [](History& h) {
    h.send("o-1");
    h.publish("o-1");
    h.fate("o-1", Fate::handled);
    h.hear("o-1", Told::accepted);
  });
}

TEST_CASE("no_aborted_read.wants_a_commit_in_the_end") {
  Shop shop;
  const PropertySpec property = of_kind(PropertyKind::no_aborted_read);
  expect(shop, property, VerdictKind::vacuous, [](History& h) {
    h.make("o-1", true);
    h.end_transaction(false);
  });
  expect(shop, property, VerdictKind::pass, [](History& h) {  // handled before the commit
    h.make("o-1", true);
    h.begin_handling("o-1");
    h.end_transaction(true);
  });
  expect(shop, property, VerdictKind::pass, [](History& h) {  // made again, and committed then
    h.make("o-1", true);
    h.begin_handling("o-1");
    h.end_transaction(false);
    h.make("o-1", true);
    h.end_transaction(true);
  });
  expect_wrong(shop, property, "o-2", "o-2: payment handled OrderPlaced(o-2), but the transaction that made it was rolled back", [](History& h) {
    h.make("o-1", true);
    h.end_transaction(true);
    h.begin_handling("o-1");
    h.make("o-2", true);
    h.begin_handling("o-2");
    h.end_transaction(false);
  });
}

TEST_CASE("no_aborted_read.another_commit_does_not_help") {
  Shop shop;
  expect(shop, of_kind(PropertyKind::no_aborted_read), VerdictKind::fail, [](History& h) {
    h.make("o-1", true);
    h.begin_handling("o-1");
    h.end_transaction(false);
    h.make("o-2", true);
    h.end_transaction(true);
  });
}

TEST_CASE("no_aborted_read.of_a_run_stays_wrong_when_the_run_fails") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::no_aborted_read);
  property.publishes = true;
  const auto run = [](History& h, RunOutcome outcome, bool is_read) {
    Actor maker{.frame = 0, .service = 0, .handler = 0, .subscription = 0};
    const Word message = h.event_of("o-1");
    for (Observer* o : h.world().observers()) o->made(h.world(), maker, message);
    if (is_read) h.begin_handling("o-1");
    for (Observer* o : h.world().observers()) o->run_ended(h.world(), maker, outcome);
    h.nothing_happens();
  };
  expect(shop, property, VerdictKind::pass, [&](History& h) {  // the broker hid what the first attempt made
    run(h, RunOutcome::failed, false);
    run(h, RunOutcome::well, false);
    h.begin_handling("o-1");
  });
  expect(shop, property, VerdictKind::fail, [&](History& h) {  // it was read, and made again it is another reading
    run(h, RunOutcome::crashed, true);
    run(h, RunOutcome::well, false);
  });
  expect(shop, property, VerdictKind::fail, [&](History& h) {  // a reader of uncommitted records
    run(h, RunOutcome::failed, false);
    h.begin_handling("o-1");
    run(h, RunOutcome::well, false);
  });
}

TEST_CASE("replay_is_silent.forbids_effects_while_the_condition_holds") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::replay_is_silent);
  property.when = shop.expression("'replay' in order.orders");
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.charge("o-1"); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.charge("o-1");
    h.order("replay", "on");
    h.erase_order("replay");
    h.charge("o-2");
  });
  expect_wrong(shop, property, "o-1", "o-1: charge happened during the replay", [](History& h) {
    h.order("replay", "on");
    h.charge("o-1");
    h.erase_order("replay");
  });
}

TEST_CASE("dlq_empty.counts_what_is_still_dead") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::dlq_empty);
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.order("o-1", "placed"); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.publish("o-1");
    h.fate("o-1", Fate::dead_letter);
    h.fate("o-1", Fate::handled);  // redriven
  });
  const auto two_die = [](History& h) {
    h.publish("o-1");
    h.publish("o-2");
    h.fate("o-1", Fate::dead_letter);
    h.fate("o-2", Fate::dead_letter);
  };
  expect_wrong(shop, property, "o-1", "o-1: OrderPlaced(o-1) is among the dead letters of payment", two_die);
  expect(shop, property, VerdictKind::inconclusive, two_die, false);
  property.limit = 2;
  expect(shop, property, VerdictKind::pass, two_die);
  property.limit = 1;
  expect(shop, property, VerdictKind::fail, two_die);
}

TEST_CASE("nothing_dropped.accepts_the_fates_that_are_allowed") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::nothing_dropped);
  const auto expires = [](History& h) {
    h.publish("o-1");
    h.fate("o-1", Fate::expired);
  };
  expect_fail(shop, property, "o-1", "o-1: OrderPlaced to payment was kept by the broker only until it was too old", expires);
  property.allowed_fates = 1U << static_cast<unsigned>(Fate::expired);
  expect(shop, property, VerdictKind::pass, expires);
}

TEST_CASE("bounded_queue.remembers_that_it_was_too_long") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::bounded_queue);
  property.limit = 2;
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.order("o-1", "placed"); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.publish("o-1");
    h.publish("o-2");
    h.publish("o-2");  // a second copy is no second message
    h.fate("o-1", Fate::handled);
    h.publish("o-3");
  });
  const auto three_wait = [](History& h) {
    for (const char* key : {"o-1", "o-2", "o-3"}) h.publish(key);
    for (const char* key : {"o-1", "o-2", "o-3"}) h.fate(key, Fate::handled);
  };
  under_both_drivers(shop, property, three_wait, [](const Verdict& verdict) {
    REQUIRE(verdict.kind == VerdictKind::fail);
    CHECK(verdict.evidence.front().sentence.starts_with("3 messages waited for payment, at most 2 are allowed"));
  });
}

TEST_CASE("backlog_drains.owes_until_it_is_worked_off") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::backlog_drains);
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.announce("o-1"); h.fate("o-1", Fate::handled); });
  const auto drains = [](History& h) {
    h.disturb();
    h.announce("o-1");
    h.wait(5);
    h.fate("o-1", Fate::handled);
  };
  const auto stays = [](History& h) {
    h.disturb();
    h.announce("o-1");
    h.wait(5);
  };
  expect(shop, property, VerdictKind::pass, drains);
  expect_wrong(shop, property, "", "1 message waits for payment and nothing more will happen", stays);
  expect(shop, property, VerdictKind::inconclusive, stays, false);
  property.within = Duration(3'000'000'000);
  under_both_drivers(shop, property, drains, [](const Verdict& verdict) {  // only time has deadlines
    CHECK((verdict.kind == VerdictKind::fail || verdict.kind == VerdictKind::inconclusive));
  });
  History late(shop, Mode::timed, {property});
  drains(late);
  CHECK(late.verdict().kind == VerdictKind::fail);
}

TEST_CASE("per_key_order.is_the_order_of_sending") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::per_key_order);
  property.when_handled = true;
  const auto sent = [](History& h) {
    h.send("o-1", "a");
    h.send("o-1", "b");
    h.send("o-1", "a");  // again: it stays the first
    h.send("o-2", "a");
  };
  expect(shop, property, VerdictKind::vacuous, [&](History& h) {
    sent(h);
    h.handled("o-1", "b");
  });
  expect(shop, property, VerdictKind::pass, [&](History& h) {
    sent(h);
    h.handled("o-1", "a");
    h.handled("o-1", "b");
    h.handled("o-1", "a");  // a copy
    h.handled("o-2", "a");
  });
  expect_fail(shop, property, "o-1", "o-1: payment applied OrderPlaced(o-1) after OrderPlaced(o-1), although it was sent first", [&](History& h) {
    sent(h);
    h.handled("o-1", "b");
    h.handled("o-2", "a");
    h.handled("o-1", "a");
  }, false);
}

TEST_CASE("per_key_order.is_undone_with_the_state") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::per_key_order);
  property.when_handled = true;
  History h(shop, Mode::explore, {property});
  h.send("o-1", "a");
  h.send("o-1", "b");
  const World::Mark mark = h.world().mark();
  h.handled("o-1", "b");
  h.handled("o-1", "a");
  CHECK(h.checker().violated_now(h.world()) == std::vector<std::uint32_t>{0});
  h.world().undo(mark);
  CHECK(h.checker().violated_now(h.world()).empty());
}

TEST_CASE("agreement_on_order.compares_consumers") {
  Shop shop;
  shop.add_second_consumer();
  PropertySpec property = of_kind(PropertyKind::agreement_on_order);
  const auto begin = [](History& h, std::initializer_list<std::pair<const char*, std::uint32_t>> order) {
    for (const auto& [id, subscription] : order) h.begin_handling("o-1", id, subscription);
  };
  expect(shop, property, VerdictKind::vacuous, [&](History& h) { begin(h, {{"a", 0}, {"b", 0}, {"a", 1}}); });
  expect(shop, property, VerdictKind::pass, [&](History& h) { begin(h, {{"a", 0}, {"a", 1}, {"b", 1}, {"a", 1}, {"b", 0}, {"c", 0}}); });
  // Whoever comes last.
  for (const auto& order : {std::initializer_list<std::pair<const char*, std::uint32_t>>{{"a", 0}, {"b", 0}, {"b", 1}, {"a", 1}},
                            {{"a", 0}, {"b", 1}, {"a", 1}, {"b", 0}}, {{"b", 1}, {"a", 0}, {"b", 0}, {"a", 1}}}) {
    expect(shop, property, VerdictKind::fail, [&](History& h) { begin(h, order); }, false);
  }
  expect_fail(shop, property, "o-1", "o-1: payment saw OrderPlaced(o-1) (its 1.) before OrderPlaced(o-1) (its 2.), order saw them the other way round",
              [&](History& h) { begin(h, {{"a", 0}, {"b", 0}, {"b", 1}, {"a", 1}}); });
}

TEST_CASE("agreement_on_order.compares_what_both_have_seen_in_the_end") {
  Shop shop;
  shop.add_second_consumer();
  PropertySpec property = of_kind(PropertyKind::agreement_on_order);
  const auto begin = [](History& h, std::initializer_list<std::pair<const char*, std::uint32_t>> order) {
    for (const auto& [id, subscription] : order) h.begin_handling("o-1", id, subscription);
  };
  const auto one_more = [&](History& h) { begin(h, {{"a", 0}, {"b", 0}, {"c", 0}, {"a", 1}, {"b", 1}}); };
  expect(shop, property, VerdictKind::pass, one_more);
  property.limit = 1;  // none may be missing
  expect(shop, property, VerdictKind::fail, one_more);
  expect(shop, property, VerdictKind::pass, [&](History& h) { begin(h, {{"a", 0}, {"a", 1}, {"b", 0}, {"b", 1}, {"a", 0}}); });
  property.limit = 2;  // one may be
  expect(shop, property, VerdictKind::pass, one_more);
}

TEST_CASE("dedup_window.measures_gaps") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::dedup_window);
  property.within = Duration(10'000'000'000);
  const auto twice = [&](std::int64_t seconds) {
    History h(shop, Mode::timed, {property});
    h.begin_handling("o-1");
    h.wait(seconds);
    h.begin_handling("o-1");
    h.begin_handling("o-2");
    return h.verdict();
  };
  CHECK(twice(5).kind == VerdictKind::pass);
  CHECK(twice(5).note == "the largest gap is 5 s (OrderPlaced(o-1)), 10 s are remembered");
  REQUIRE(twice(11).kind == VerdictKind::fail);
  CHECK(twice(11).evidence.front().sentence == "o-1: a copy of OrderPlaced(o-1) came to payment 11 s after the first, but only 10 s are remembered");
  History explored(shop, Mode::explore, {property});
  explored.begin_handling("o-1");
  explored.begin_handling("o-1");
  CHECK(explored.verdict().kind == VerdictKind::inconclusive);
  CHECK(explored.verdict().note == "gaps have a length only in runs with time");
}

TEST_CASE("bounded_amplification.divides_attempts_by_operations") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::bounded_amplification);
  property.parts_per_million = 1'500'000;
  const auto handle = [&](std::initializer_list<const char*> keys) {
    History h(shop, Mode::timed, {property});
    for (const char* key : keys) h.begin_handling(key);
    return h.verdict();
  };
  CHECK(handle({}).kind == VerdictKind::vacuous);
  CHECK(handle({"o-1", "o-2", "o-1"}).kind == VerdictKind::pass);
  CHECK(handle({"o-1", "o-2", "o-1"}).note == "1.50 attempts for each operation");
  const Verdict wrong = handle({"o-1", "o-2", "o-2", "o-2"});
  REQUIRE(wrong.kind == VerdictKind::fail);
  CHECK(wrong.evidence.front().sentence ==
        "4 handler runs for 2 operations are 2.00 each, at most 1.50 are allowed; most of them, 3, were for OrderPlaced(o-2)");
  // In every window, too: the many good ones before do not hide the storm.
  property.window = Duration(10'000'000'000);
  property.message = order_placed;  // not the clock
  History h(shop, Mode::timed, {property});
  for (const char* key : {"o-1", "o-2", "o-3", "o-4"}) h.begin_handling(key);
  h.wait(12);
  for (int i = 0; i < 2; ++i) h.begin_handling("o-5");
  CHECK(h.verdict().kind == VerdictKind::fail);
}

TEST_CASE("no_head_of_line_blocking.blames_a_failing_message_of_another_key") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::no_head_of_line_blocking);
  property.within = Duration(5'000'000'000);
  const auto wait_behind = [&](bool fails, std::int64_t seconds, const char* who) {
    History h(shop, Mode::timed, {property});
    h.announce("o-1");
    h.begin_handling("o-1");
    if (fails) h.fail_handling("o-1");
    h.announce(who, "later");
    h.wait(seconds);
    h.begin_handling(who, "later");
    return h.verdict();
  };
  CHECK(wait_behind(false, 9, "o-2").kind == VerdictKind::vacuous);
  CHECK(wait_behind(true, 3, "o-2").kind == VerdictKind::pass);
  CHECK(wait_behind(true, 9, "o-1").kind == VerdictKind::pass);  // its own key must wait
  REQUIRE(wait_behind(true, 9, "o-2").kind == VerdictKind::fail);
  CHECK(wait_behind(true, 9, "o-2").evidence.front().sentence ==
        "o-2: OrderPlaced(o-2) waited for 9 s behind OrderPlaced(o-1), which failed again and again at payment; allowed are 5 s");
}

}  // namespace flowtank::testing
