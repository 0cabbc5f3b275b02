// SPDX-License-Identifier: Apache-2.0
// Each kind of fault changes how a small scenario may end, in an exploration and in a timed run; with the fault
// taken away the same scenario ends well. A fault that did nothing would fail its test.
#include <string>

#include "tests/world/small_world.hpp"

namespace flowtank {
namespace {

using test::SmallWorld;

std::string with_fault(const std::string& scenario, const std::string& fault) {
  return scenario + (fault.empty() ? "" : ", 'faults': [ " + fault + " ]");
}

// The ends without and with the fault, and that it took effect.
struct Ends {
  std::set<std::string> without, with;
  std::string run_without, run_with;
};

Ends ends_of(const std::string& scenario, const std::string& fault, const std::vector<std::string>& tables, bool explored = true) {
  Ends ends;
  SmallWorld without(with_fault(scenario, ""), tables), with(with_fault(scenario, fault), tables);
  if (explored) {
    ends.without = without.ends();
    ends.with = with.ends();
    INFO(fault);
    CHECK(with.strikes() > 0);
  }
  ends.run_without = without.end();
  ends.run_with = with.end();
  INFO(fault);
  CHECK(with.strikes() > 0);
  return ends;
}

const std::string channels = "'brokers': { 'bus': { 'kind': 'ideal', 'channels': { 'orders': {}, 'payments': {} } } }, ";

std::string store(const std::string& order, const std::string& payment, const std::string& extra = "", int count = 1) {
  return channels + "'services': { 'order': { 'use': 'order', 'with': { " + order + " } }, 'payment': { 'use': 'payment', 'with': { " + payment + " }" +
         extra + " } }, 'clients': { 'c': { 'sends': 'PlaceOrder', 'to': 'order', 'count': " + std::to_string(count) +
         ", 'arrivals': { 'every_ms': 100 }, 'data': { 'order_id': \"='o-' + string(n + 1)\", 'amount_cents': 7 } } }";
}
std::string quoted(std::string text) {
  // Expressions of clients have single quotes of their own: ` stands for them.
  std::size_t at = 0;
  while ((at = text.find("\"='o-'", at)) != std::string::npos) text.replace(at, 6, "'=`o-`");
  while ((at = text.find("1)\"")) != std::string::npos) text.replace(at, 3, "1)'");
  return text;
}

const std::vector<std::string> charges = {"payment.charges"};
const std::vector<std::string> orders_and_charges = {"order.orders", "payment.charges"};
const std::string good = "'publish': 'inline', 'consume': 'inbox'";
const std::string naive = "'publish': 'inline', 'consume': 'naive'";

TEST_CASE("faults.an_abort_leaves_nothing_of_a_transaction_but_what_was_published") {
  const std::string scenario = quoted(store("'publish': 'publish_first', 'consume': 'inbox'", good));
  const Ends ends = ends_of(scenario, "{ 'kind': 'abort', 'on': { 'service': 'order', 'handler': 'place' }, 'nth': 1 }", orders_and_charges);
  CHECK(ends.without == std::set<std::string>{"o-1 paid 7 1 2; o-1 1 7"});
  CHECK(ends.with == std::set<std::string>{"o-1 1 7", "o-1 paid 7 1 2; o-1 1 7"});
  CHECK(ends.run_with == "o-1 1 7");
}

TEST_CASE("faults.a_commit_that_is_not_seen_took_effect") {
  const std::string scenario = quoted(store(good, naive));
  const Ends ends = ends_of(scenario, "{ 'kind': 'ambiguous_commit', 'on': { 'service': 'payment', 'handler': 'charge' }, 'nth': 1 }", charges);
  CHECK(ends.without == std::set<std::string>{"o-1 1 7"});
  CHECK(ends.with == std::set<std::string>{"o-1 1 7", "o-1 2 14"});
  CHECK(ends.run_with == "o-1 2 14");
}

TEST_CASE("faults.a_crash_strikes_at_each_named_position") {
  const std::string scenario = quoted(store(good, naive));
  for (const auto& [at, twice] : {std::pair{"before_handler", false}, {"after_commit", true}, {"before_ack", true}}) {
    const Ends ends = ends_of(scenario, std::string("{ 'kind': 'crash', 'on': { 'service': 'payment', 'handler': 'charge' }, 'at': '") + at + "', 'nth': 1 }", charges);
    INFO(at);
    CHECK((ends.with.count("o-1 2 14") == 1) == twice);
    CHECK(ends.run_with == (twice ? "o-1 2 14" : "o-1 1 7"));
  }
  const std::string early = quoted(store(good, naive + ", 'settle': 'before'"));
  const Ends lost = ends_of(early, "{ 'kind': 'crash', 'on': { 'service': 'payment', 'handler': 'charge' }, 'at': 'after_ack', 'nth': 1 }", charges);
  CHECK(lost.with == std::set<std::string>{"", "o-1 1 7"});
  CHECK(lost.run_with.empty());
}

TEST_CASE("faults.a_crash_at_the_end_of_a_command_keeps_its_answer_from_who_waits") {
  // The handler has no reply of its own: the answer goes out with its end.
  const std::string model = "'services': { 'ledger': { 'use': 'ledger', 'with': { 'take': 'naive' } } }, "
      "'clients': { 'c': { 'sends': 'Pay', 'to': 'ledger', 'count': 1, 'retry': { 'attempts': 2, 'timeout_ms': 100 }, 'data': { 'purchase': 'p', 'cents': 1 } } }";
  SmallWorld world(with_fault(model, "{ 'kind': 'crash', 'on': { 'service': 'ledger' }, 'at': 'end', 'nth': 1 }"), {"ledger.payments"});
  CHECK(world.ends().count("p 2") == 1);
  CHECK(world.strikes() > 0);
}

TEST_CASE("faults.an_error_strikes_within_its_window_and_budget") {
  const std::string scenario = quoted(store(good, naive + ", 'settle': 'always'", "", 3));
  SmallWorld world(with_fault(scenario, "{ 'kind': 'handler_error', 'on': { 'service': 'payment', 'handler': 'charge' }, 'at': 'charge', 'budget': 2, 'from_ms': 50, 'until_ms': 150 }"), charges);
  CHECK(world.end() == "o-1 1 7; o-3 1 7");
  CHECK(world.strikes() == 1);
}

TEST_CASE("faults.every_so_many_and_several_places") {
  const std::string scenario = quoted(store(good, naive + ", 'settle': 'always'", "", 6));
  SmallWorld every(with_fault(scenario, "{ 'kind': 'handler_error', 'on': { 'service': 'payment', 'handler': 'charge' }, 'at': 'charge', 'every': 2 }"), charges);
  CHECK(every.end() == "o-1 1 7; o-3 1 7; o-5 1 7");
  SmallWorld from(with_fault(scenario, "{ 'kind': 'handler_error', 'on': { 'service': 'payment', 'handler': 'charge' }, 'at': 'charge', 'nth': 1, 'every': 3, 'budget': 10 }"), charges);
  CHECK(from.end() == "o-2 1 7; o-3 1 7; o-5 1 7; o-6 1 7");
  SmallWorld places(with_fault(scenario, "{ 'kind': 'loss', 'on': [ { 'event': 'OrderPlaced', 'where': 'event.data.order_id == `o-2`' }, { 'event': 'OrderPlaced', 'where': 'event.data.order_id == `o-4`' } ], 'every': 1, 'budget': 10 }"), charges);
  CHECK(places.end() == "o-1 1 7; o-3 1 7; o-5 1 7; o-6 1 7");
}

TEST_CASE("faults.a_fault_waits_for_what_must_have_happened_before") {
  const std::string scenario = quoted(store(good, good));
  const std::string lose = "{ 'kind': 'handler_error', 'on': { 'service': 'order' }, 'at': 'paid', 'nth': 1, 'after': ";
  SmallWorld after(with_fault(scenario, lose + "{ 'event': 'OrderPlaced', 'handled_by': 'payment' } }"), charges);
  after.ends();
  CHECK(after.strikes() > 0);
  SmallWorld never(with_fault(scenario, lose + "{ 'event': 'OrderPlaced', 'handled_by': 'order' } }"), charges);
  never.ends();
  CHECK(never.strikes() == 0);
  // A crash of the order service before PaymentCompleted is out strikes only while nothing was paid.
  SmallWorld accepted(with_fault(scenario, "{ 'kind': 'crash', 'on': { 'service': 'order', 'handler': 'place' }, 'after': { 'event': 'PaymentCompleted' } }"), charges);
  accepted.ends();
  const std::uint64_t late = accepted.strikes();
  SmallWorld always(with_fault(scenario, "{ 'kind': 'crash', 'on': { 'service': 'order', 'handler': 'place' } }"), charges);
  always.ends();
  CHECK(late < always.strikes());
}

TEST_CASE("faults.a_copy_is_handed_out_again_while_it_is_handled") {
  const std::string two = ", 'instances': 2, 'takes': { 'constant_ms': 10 }";
  const std::string scenario = quoted(store(good, naive, two));
  for (const char* fault : {"{ 'kind': 'ack_deadline', 'on': { 'service': 'payment' }, 'deadline': { 'constant_ms': 5 }, 'nth': 1 }",
                            "{ 'kind': 'zombie', 'on': { 'service': 'payment', 'handler': 'charge' }, 'nth': 1, 'length': { 'constant_ms': 500 } }"}) {
    const Ends ends = ends_of(scenario, fault, charges);
    INFO(fault);
    CHECK(ends.without == std::set<std::string>{"o-1 1 7"});
    CHECK(ends.with.count("o-1 2 14") == 1);
    CHECK(ends.run_with == "o-1 2 14");
    CHECK(ends_of(quoted(store(good, good, two)), fault, charges).with == std::set<std::string>{"o-1 1 7"});
  }
}

TEST_CASE("faults.a_publish_that_nobody_waits_for_can_be_lost") {
  const std::string scenario = quoted(store("'publish': 'outbox_no_confirm', 'consume': 'inbox'", good));
  const Ends ends = ends_of(scenario, "{ 'kind': 'publish_loss', 'on': { 'service': 'order' }, 'nth': 1 }", charges);
  CHECK(ends.without == std::set<std::string>{"o-1 1 7"});
  CHECK(ends.with == std::set<std::string>{"", "o-1 1 7"});
  CHECK(ends.run_with.empty());
}

TEST_CASE("faults.a_missing_binding_drops_copies_or_the_publisher_is_told") {
  const std::string fault = "{ 'kind': 'unroutable', 'on': { 'channel': 'orders', 'consumer': 'payment' }, 'first': 1";
  const Ends dropped = ends_of(quoted(store(good, good, "", 2)), fault + " }", charges);
  CHECK(dropped.with == std::set<std::string>{"o-1 1 7", "o-2 1 7"});
  CHECK(dropped.run_with == "o-2 1 7");
  const Ends told = ends_of(quoted(store(good, good)), fault + ", 'publisher': 'refuse' }", charges);
  CHECK(told.with == std::set<std::string>{"o-1 1 7"});
  CHECK(told.run_with == "o-1 1 7");
  // Without a number it ends at any time in an exploration, and after its length in a run.
  const Ends late = ends_of(quoted(store(good, good)), "{ 'kind': 'unroutable', 'on': { 'channel': 'orders' }, 'length': { 'constant_ms': 50 } }", charges);
  CHECK(late.with == std::set<std::string>{"", "o-1 1 7"});
  CHECK(late.run_with.empty());
}

TEST_CASE("faults.a_full_queue_rejects_drops_or_makes_wait") {
  const std::string slow = ", 'takes': { 'constant_ms': 200 }";
  const std::string fault = "{ 'kind': 'queue_limit', 'on': { 'channel': 'orders' }, 'limit': 1, 'policy': ";
  const Ends dropped = ends_of(quoted(store(good, good, slow, 2)), fault + "'drop_new' }", charges);
  CHECK(dropped.with.count("o-1 1 7; o-2 1 7") == 1);
  CHECK(dropped.with.count("o-1 1 7") == 1);
  CHECK(dropped.run_with == "o-1 1 7");
  const std::string swallows = "'publish': 'inline_swallowed', 'consume': 'inbox'";
  CHECK(ends_of(quoted(store(swallows, good, slow, 2)), fault + "'reject' }", charges).run_with == "o-1 1 7");
  for (const char* policy : {"'reject' }", "'block' }"}) {
    const Ends kept = ends_of(quoted(store(good, good, slow, 2)), fault + policy, charges);
    CHECK(kept.with == std::set<std::string>{"o-1 1 7; o-2 1 7"});
    CHECK(kept.run_with == "o-1 1 7; o-2 1 7");
  }
}

TEST_CASE("faults.a_partition_loses_requests_answers_and_acknowledgements_until_it_is_over") {
  const std::string slow = ", 'takes': { 'constant_ms': 20 }";
  const Ends ends = ends_of(quoted(store(good, naive, slow)), "{ 'kind': 'partition', 'between': ['payment'], 'and': ['bus'], 'from_ms': 45, 'length': { 'constant_ms': 300 } }", charges);
  CHECK(ends.without == std::set<std::string>{"o-1 1 7"});
  CHECK(ends.with.count("o-1 2 14") == 1);
  CHECK(ends.run_with == "o-1 2 14");
}

const std::string purchase =
    "'services': { 'purchase': { 'use': 'purchase', 'with': { 'no_answer': 'assume_failed' } }, 'ledger': { 'use': 'ledger' } }, "
    "'clients': { 'c': { 'sends': 'Buy', 'to': 'purchase', 'data': { 'purchase': 'p', 'cents': 1 } } }";
const std::vector<std::string> books = {"purchase.purchases", "ledger.payments"};

TEST_CASE("faults.a_call_loses_its_request_or_its_answer") {
  const Ends request = ends_of(purchase, "{ 'kind': 'call_loss', 'on': { 'service': 'ledger' }, 'nth': 1 }", books);
  CHECK(request.run_without == "p done; p 1");
  CHECK(request.without.count("p failed") == 0);
  CHECK(request.with.count("p failed") == 1);
  CHECK(request.run_with == "p failed");
  const Ends answer = ends_of(purchase, "{ 'kind': 'call_no_answer', 'on': { 'service': 'ledger' }, 'nth': 1 }", books);
  CHECK(answer.with.count("p failed; p 1") == 1);
  CHECK(answer.run_with == "p failed; p 1");
  const std::string client = "'services': { 'ledger': { 'use': 'ledger', 'with': { 'take': 'naive' } } }, "
      "'clients': { 'c': { 'sends': 'Pay', 'to': 'ledger', 'retry': { 'attempts': 2, 'timeout_ms': 100 }, 'data': { 'purchase': 'p', 'cents': 1 } } }";
  CHECK(ends_of(client, "{ 'kind': 'call_no_answer', 'on': { 'client': 'c' }, 'nth': 1 }", {"ledger.payments"}).run_with == "p 2");
  CHECK(ends_of(client, "{ 'kind': 'call_loss', 'on': { 'client': 'c' }, 'nth': 1 }", {"ledger.payments"}).run_with == "p 1");
}

TEST_CASE("faults.a_partition_of_services_cuts_one_way_or_both") {
  const std::string window = ", 'from_ms': 0, 'length': { 'constant_ms': 200 } }";
  const Ends both = ends_of(purchase, "{ 'kind': 'partition', 'between': ['ledger'], 'and': ['purchase']" + window, books);
  CHECK(both.with.count("p failed") == 1);
  CHECK(both.run_with == "p failed");
  const Ends back = ends_of(purchase, "{ 'kind': 'partition', 'between': ['ledger'], 'and': ['purchase'], 'one_way': true" + window, books);
  CHECK(back.with.count("p failed") == 0);
  CHECK(back.with.count("p failed; p 1") == 1);
  CHECK(back.run_with == "p failed; p 1");
}

std::string wallet(const char* look) {
  return std::string("'services': { 'wallet': { 'use': 'wallet', 'with': { 'look': '") + look + "' } } }, 'clients': { 'c': { 'sends': 'Withdraw', 'to': 'wallet', 'count': 2, "
      "'arrivals': { 'every_ms': 100 }, 'data': { 'withdrawal': '=`w-` + string(n)', 'pocket': 'left', 'amount': 60 } } }";
}

TEST_CASE("faults.a_stale_read_sees_an_older_state_by_commits_or_by_time") {
  const std::vector<std::string> pockets = {"wallet.pockets"};
  const Ends ends = ends_of(wallet("before"), "{ 'kind': 'stale_read', 'on': { 'service': 'wallet' }, 'nth': 1 }", pockets);
  CHECK(ends.without == std::set<std::string>{"left 60"});
  CHECK(ends.with == std::set<std::string>{"left 120", "left 60"});
  CHECK(ends.run_with == "left 120");
  SmallWorld behind(with_fault(wallet("before"), "{ 'kind': 'stale_read', 'on': { 'service': 'wallet' }, 'lag': { 'constant_ms': 150 }, 'nth': 1 }"), pockets);
  CHECK(behind.end() == "left 120");
  SmallWorld near(with_fault(wallet("before"), "{ 'kind': 'stale_read', 'on': { 'service': 'wallet' }, 'lag': { 'constant_ms': 50 }, 'nth': 1 }"), pockets);
  CHECK(near.end() == "left 60");
}

TEST_CASE("faults.a_database_takes_no_writes_for_a_while") {
  const Ends ends = ends_of(wallet("guarded"), "{ 'kind': 'read_only', 'on': { 'service': 'wallet' }, 'from_ms': 0, 'length': { 'constant_ms': 50 } }", {"wallet.withdrawals"});
  CHECK(ends.run_without == "w-0 left 60");
  CHECK(ends.without == std::set<std::string>{"w-0 left 60", "w-1 left 60"});
  CHECK(ends.with.count("") == 1);
  CHECK(ends.run_with == "w-1 left 60");
}

TEST_CASE("faults.a_failover_loses_the_last_commits_and_nothing_else") {
  const std::string scenario = quoted(store(good, good));
  const Ends ends = ends_of(scenario, "{ 'kind': 'lost_tail', 'on': { 'service': 'order' }, 'commits': 2, 'from_s': 5 }", orders_and_charges);
  CHECK(ends.with.count("o-1 paid 7 1 2; o-1 1 7") == 1);
  CHECK(ends.with.count("o-1 placed 7 0 1; o-1 1 7") == 1);  // one commit
  CHECK(ends.with.count("o-1 1 7") == 1);                    // both
  CHECK(ends.run_with == "o-1 1 7");
}

std::string seats(const char* pay, const char* timer, int pay_at, bool pays = true) {
  return std::string("'services': { 'reservation': { 'use': 'reservation', 'with': { 'pay': '") + pay + "', 'expire': 'blind', 'timer': '" + timer +
         "', 'hold_ms': 1000 } } }, 'clients': { 'g': { 'sends': 'Reserve', 'to': 'reservation', 'data': { 'seat': 's' } }" +
         (pays ? ", 'p': { 'sends': 'PaySeat', 'to': 'reservation', 'start_ms': " + std::to_string(pay_at) + ", 'data': { 'seat': 's' } }" : "") + " }";
}
const std::vector<std::string> seats_tables = {"reservation.seats", "effects.release"};

TEST_CASE("faults.a_timer_fires_early_late_or_twice") {
  const Ends early = ends_of(seats("blind", "slow", 500), "{ 'kind': 'timer_early', 'on': { 'timer': 'expire' }, 'by': { 'constant_ms': 800 }, 'nth': 1 }", seats_tables);
  CHECK(early.run_without == "s paid");
  CHECK(early.run_with == "s paid; s 1 0");
  CHECK(early.without.count("s paid; s 1 0") == 0);
  CHECK(early.with.count("s paid; s 1 0") == 1);
  const Ends late = ends_of(seats("blind", "race", 1500), "{ 'kind': 'timer_late', 'on': { 'timer': 'expire' }, 'by': { 'constant_ms': 800 }, 'nth': 1 }", seats_tables, false);
  CHECK(late.run_without == "s paid; s 1 0");
  CHECK(late.run_with == "s paid");
  const Ends twice = ends_of(seats("blind", "race", 0, false), "{ 'kind': 'timer_twice', 'on': { 'timer': 'expire' }, 'gap': { 'constant_ms': 10 }, 'nth': 1 }", seats_tables);
  CHECK(twice.without == std::set<std::string>{"s free; s 1 0"});
  CHECK(twice.with == std::set<std::string>{"s free; s 1 0", "s free; s 2 0"});
  CHECK(twice.run_with == "s free; s 2 0");
}

TEST_CASE("faults.a_wrong_clock_is_wrong_from_its_time_on") {
  const auto profile = [](const std::string& fault) {
    SmallWorld world(with_fault("'services': { 'profile': { 'use': 'profile', 'with': { 'last': 'clock' } } }, 'clients': { 'c': { 'sends': 'SetAddress', 'to': 'profile', "
                                "'count': 4, 'arrivals': { 'every_ms': 1000 }, 'data': { 'user': 'u', 'number': '=n + 1' } } }", fault), {"profile.profiles"});
    return world.end();
  };
  CHECK(profile("").substr(0, 5) == "u 4 4");
  CHECK(profile("{ 'kind': 'clock', 'offset': '-10s', 'from_ms': 1500 }").substr(0, 5) == "u 2 4");
  CHECK(profile("{ 'kind': 'clock', 'offset_s': -10, 'from_ms': 1500, 'length': { 'constant_ms': 1000 } }").substr(0, 5) == "u 4 4");
  CHECK(profile("{ 'kind': 'clock', 'drift_ppm': 1000000, 'from_ms': 1500 }") == "u 4 4 4500000000ns");
  CHECK(profile("{ 'kind': 'clock', 'on': { 'service': 'profile', 'instance': 1 }, 'offset': '+10s' }").find("13") != std::string::npos);
}

TEST_CASE("faults.what_is_slow_or_throttled_or_late_takes_longer_in_a_timed_run") {
  const std::string fast = ", 'takes': { 'constant_ms': 1 }";
  const auto charged_by = [&](const std::string& fault, std::int64_t ms_) {
    SmallWorld world(with_fault(quoted(store(good, good, fast, 4)), fault), charges);
    return world.end(Time::start() + ms(ms_));
  };
  const std::string all = "o-1 1 7; o-2 1 7; o-3 1 7; o-4 1 7";
  CHECK(charged_by("", 400) == all);
  CHECK(charged_by("{ 'kind': 'slow', 'on': { 'service': 'payment' }, 'factor': 1000, 'from_ms': 50 }", 400) == "o-1 1 7");
  CHECK(charged_by("{ 'kind': 'throttle', 'on': { 'channel': 'orders' }, 'rate_per_s': 4, 'from_ms': 50 }", 400) == "o-1 1 7; o-2 1 7; o-3 1 7");
  CHECK(charged_by("{ 'kind': 'publish_delay', 'on': { 'service': 'order' }, 'delay': { 'constant_ms': 500 }, 'nth': 2 }", 400) == "o-1 1 7");  // it waits for its answer
}

TEST_CASE("faults.a_wrong_key_gives_up_the_order_of_its_events") {
  const auto scenario = [](const std::string& key) {
    std::string text = quoted(store("'publish': 'inline', 'consume': 'inbox', 'announce': true", good));
    text.replace(text.find("'payments': {}"), 14, "'payments': {}, 'order-status': {}");
    text.replace(text.find("'services': {"), 13, "'services': { 'readmodel': { 'use': 'readmodel', 'with': { 'consume': 'naive' } },");
    return SmallWorld(text + (key.empty() ? "" : ", 'faults': [ { 'kind': 'wrong_key', 'on': { 'event': 'OrderStatusUpdated' }, 'nth': 1, " + key + " } ]"), {"readmodel.statuses"});
  };
  SmallWorld right = scenario("");
  CHECK(right.ends() == std::set<std::string>{"o-1 paid 2"});
  for (const char* key : {"'key': 'null'", "'key': 'random'", "'key': 'field', 'field': 'status'"}) {
    SmallWorld wrong = scenario(key);
    INFO(key);
    CHECK(wrong.ends() == std::set<std::string>{"o-1 paid 2", "o-1 placed 1"});
    CHECK(wrong.end() == "o-1 paid 2");
    CHECK(wrong.strikes() == 1);
  }
}

}  // namespace
}  // namespace flowtank
