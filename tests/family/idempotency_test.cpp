// SPDX-License-Identifier: Apache-2.0
// Handlers that must be told apart: each way of being wrong about a second copy gives its own difference, each way of
// being right gives none. The handlers are variants of one model (data/taker.json); each bad one is a planted bug.
#include <catch2/catch.hpp>

#include <algorithm>

#include <models/brokers/registry.hpp>
#include <reports/family_text.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/family/idempotency.hpp>

namespace flowtank::family {
namespace {

const std::string notes = FLOWTANK_SOURCE_DIR "/tests/family/data/notes.json";
const std::string store = FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns.json";

Scenario load(const std::string& file, std::vector<std::string> overrides) {
  Diagnostics diagnostics;
  LoadOptions options;
  options.purpose = LoadPurpose::check;
  options.overrides = std::move(overrides);
  auto scenario = load_scenario(file, options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message + " " + d.hint);
  REQUIRE(scenario);
  return std::move(*scenario);
}

struct Asked {
  Scenario scenario, with_copy;
  IdempotencyReport report;
};

Asked ask(const std::string& file, std::vector<std::string> overrides, FamilyOptions options = {}) {
  Scenario scenario = load(file, overrides);
  options.overrides = overrides;
  overrides.emplace_back(one_more_copy);
  Scenario with_copy = load(file, overrides);
  Diagnostics diagnostics;
  auto report = check_idempotency(scenario, with_copy, shipped_brokers(), options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message);
  REQUIRE(report);
  UNSCOPED_INFO(reports::idempotency_text(scenario, *report, {}, {}));
  return {std::move(scenario), std::move(with_copy), std::move(*report)};
}

const HandlerReport& handler(const IdempotencyReport& report, const std::string& service, const std::string& name) {
  for (const HandlerReport& candidate : report.handlers) {
    if (candidate.service == service && candidate.name == name) return candidate;
  }
  FAIL("no handler " + service + "." + name);
  return report.handlers.front();
}

HandlerReport taker(const std::string& does, int copies = 1, FamilyOptions options = {}) {
  options.system_form = false;
  const Asked asked = ask(notes, {"services.taker.with.does=" + does, "clients.people.count=" + std::to_string(copies)}, options);
  REQUIRE(asked.report.extent.complete);
  return handler(asked.report, "taker", "note");
}

std::vector<ChangeKind> kinds(const std::optional<Finding>& finding) {
  std::vector<ChangeKind> kinds;
  if (finding) {
    for (const Change& change : finding->changes) kinds.push_back(change.kind);
  }
  return kinds;
}
using Kinds = std::vector<ChangeKind>;

}  // namespace

TEST_CASE("idempotency.good_handlers_pass") {
  for (const char* good : {"inbox", "set_if_newer", "set", "effect_with_key", "announce_two_in_inbox", "forget", "refuse", "first_wins"}) {
    INFO(good);
    const HandlerReport report = taker(good);
    CHECK(report.verdict == HandlerVerdict::idempotent);
    CHECK(report.messages == 1);
    CHECK(report.tried > 0);
  }
}

TEST_CASE("idempotency.a_handler_may_be_safe_twice_and_not_to_be_interrupted") {
  const HandlerReport effect = taker("effect_in_inbox");  // the effect happens before the inbox knows
  CHECK(effect.verdict == HandlerVerdict::not_retryable);
  REQUIRE(effect.interrupted);
  CHECK(effect.interrupted->place == "record");
  CHECK(effect.interrupted->here_only == std::vector<std::string>{"effect print i 0"});
  CHECK(effect.interrupted->once_only.empty());
  const HandlerReport timer = taker("arm_once");  // the inbox knows before the timer is armed
  CHECK(timer.verdict == HandlerVerdict::not_retryable);
  REQUIRE(timer.interrupted);
  CHECK(timer.interrupted->place == "arm");
  CHECK(timer.interrupted->here_only.empty());
  CHECK(timer.interrupted->once_only == std::vector<std::string>{"timer taker.look i"});
  for (const char* good : {"inbox", "effect_with_key", "announce_two_in_inbox", "announce", "refuse"}) {
    INFO(good);
    const HandlerReport report = taker(good);
    CHECK_FALSE(report.interrupted);
    CHECK(report.crashes > 0);
  }
  CHECK(taker("counter").interrupted);  // handled twice in any case
}

TEST_CASE("idempotency.each_bad_handler_shows_its_own_difference") {
  struct Case {
    const char* does;
    Kinds wanted;
    const char* detail;
  };
  const Case cases[] = {
      {"counter", {ChangeKind::row_changed}, "value 1 -> 2"},
      {"append", {ChangeKind::row_changed}, "text 1 -> 11"},
      {"toggle", {ChangeKind::row_changed}, "on true -> false"},
      {"row_each", {ChangeKind::row_added}, "{item: i}"},
      {"effect", {ChangeKind::effect}, ""},
      {"announce", {ChangeKind::event_again}, ""},
      {"announce_new_id", {ChangeKind::row_added, ChangeKind::event_new}, "{item: i}"},
      {"by_attempt", {ChangeKind::row_changed}, "value 1 -> 2"},
      {"notes_attempt", {ChangeKind::row_changed}, "value 1 -> 2"},
      {"touched", {ChangeKind::row_changed}, "value 1 -> 2"},
      {"remember_after", {ChangeKind::row_changed}, "value 1 -> 2"},
  };
  for (const Case& c : cases) {
    INFO(c.does);
    const HandlerReport report = taker(c.does);
    CHECK(report.verdict == HandlerVerdict::not_idempotent);
    REQUIRE(report.at_once);
    CHECK(kinds(report.at_once) == c.wanted);
    CHECK(report.at_once->changes.front().detail == c.detail);
    CHECK(report.at_once->message == "Noted i");
  }
}

TEST_CASE("idempotency.the_same_value_doubled_is_no_difference_at_zero") {
  CHECK(taker("double").verdict == HandlerVerdict::idempotent);  // 0 * 2
  FamilyOptions options;
  options.system_form = false;
  const Asked asked = ask(notes, {"services.taker.with.does=double", "services.taker.with.start=3"}, options);
  const HandlerReport& report = handler(asked.report, "taker", "note");
  REQUIRE(report.at_once);
  CHECK(report.at_once->changes.front().detail == "value 6 -> 12");
}

TEST_CASE("idempotency.a_redelivery_is_not_a_copy") {
  CHECK(taker("by_attempt").at_once->how == Again::copy);            // safe where the attempt counter tells
  CHECK(taker("notes_attempt").at_once->how == Again::redelivered);  // safe where it does not
}

TEST_CASE("idempotency.last_write_wins_is_safe_twice_in_a_row_and_not_later") {
  const HandlerReport report = taker("set", 2);
  CHECK(report.verdict == HandlerVerdict::not_later);
  CHECK_FALSE(report.at_once);
  REQUIRE(report.later);
  CHECK(report.later->changes.front().detail == "version 1 -> 2");  // said 1, 2, heard 2, 1, and 2 again
  CHECK(report.later->shows_it);
  CHECK(taker("set_if_newer", 2).verdict == HandlerVerdict::idempotent);
  CHECK(taker("first_wins", 2).verdict == HandlerVerdict::idempotent);
}

TEST_CASE("idempotency.an_outbox_repeats_its_event_only_after_the_relay") {
  const HandlerReport report = taker("outbox_each");
  CHECK_FALSE(report.at_once);  // the row is still there
  REQUIRE(report.later);
  CHECK(kinds(report.later) == Kinds{ChangeKind::event_again});
}

TEST_CASE("idempotency.a_timer_is_armed_again_only_after_it_fired") {
  const HandlerReport report = taker("arm");
  CHECK_FALSE(report.at_once);
  REQUIRE(report.later);
  CHECK(kinds(report.later) == Kinds{ChangeKind::timer});
}

TEST_CASE("idempotency.a_refusal_is_no_change_and_is_said") {
  const HandlerReport report = taker("refuse");
  CHECK(report.verdict == HandlerVerdict::idempotent);
  CHECK(report.refused == report.tried);
  CHECK(taker("inbox").refused == 0);
}

TEST_CASE("idempotency.what_is_ignored_is_named_and_only_if_it_differs") {
  FamilyOptions options;
  options.system_form = false;
  CHECK(ask(store, {}, options).report.left_out.empty());
  options.ignore = {"taker.items.value"};
  const Asked touched = ask(notes, {"services.taker.with.does=touched"}, options);
  CHECK(handler(touched.report, "taker", "note").verdict == HandlerVerdict::idempotent);
  CHECK(touched.report.left_out == std::vector<std::string>{"column taker.items.value (as asked)", "ids of events"});  // the giver says it again
  options.ignore = {"taker.item.value"};
  Diagnostics diagnostics;
  const Scenario scenario = load(notes, {}), with_copy = load(notes, {one_more_copy});
  CHECK_FALSE(check_idempotency(scenario, with_copy, shipped_brokers(), options, diagnostics));
  REQUIRE(diagnostics.all().size() == 1);
  CHECK(diagnostics.all().front().hint.find("taker.items.value") != std::string::npos);
}

TEST_CASE("idempotency.a_handler_without_a_message_is_vacuous") {
  FamilyOptions options;
  const Asked asked = ask(notes, {"clients.people.count=0"}, options);
  CHECK(handler(asked.report, "taker", "note").verdict == HandlerVerdict::vacuous);
  CHECK(asked.report.exit() == 4);
}

TEST_CASE("idempotency.a_limit_is_inconclusive") {
  FamilyOptions options;
  options.states = 5;
  const Asked asked = ask(notes, {}, options);
  CHECK_FALSE(asked.report.extent.complete);
  CHECK(asked.report.exit() == 4);
}

TEST_CASE("idempotency.payment_variants") {
  struct Case {
    const char* consume;
    const char* charge;
    HandlerVerdict wanted;
  };
  const Case cases[] = {{"naive", "ledger", HandlerVerdict::not_idempotent},     {"inbox", "ledger", HandlerVerdict::idempotent},
                        {"business_key", "ledger", HandlerVerdict::idempotent},  {"error_on_duplicate", "ledger", HandlerVerdict::idempotent},
                        {"record_first", "ledger", HandlerVerdict::not_retryable},  {"select_then_insert", "ledger", HandlerVerdict::idempotent},
                        {"naive", "provider", HandlerVerdict::not_idempotent},   {"inbox", "provider", HandlerVerdict::not_retryable}, {"inbox", "provider_with_key", HandlerVerdict::idempotent},
                        {"naive", "provider_with_key", HandlerVerdict::not_idempotent}};
  FamilyOptions options;
  options.system_form = false;
  for (const Case& c : cases) {
    INFO(c.consume << " " << c.charge);
    const Asked asked = ask(store, {std::string("services.payment.with.consume=") + c.consume, std::string("services.payment.with.charge=") + c.charge}, options);
    REQUIRE(asked.report.extent.complete);
    CHECK(handler(asked.report, "payment", "charge").verdict == c.wanted);
  }
}

// Where a crash between two steps loses or repeats something: by publishing option.
TEST_CASE("idempotency.dual_writes_of_the_payment") {
  FamilyOptions options;
  options.system_form = false;
  const std::pair<const char*, HandlerVerdict> cases[] = {{"outbox", HandlerVerdict::idempotent},
                                                          {"inline", HandlerVerdict::not_retryable},
                                                          {"publish_first", HandlerVerdict::not_idempotent}};
  for (const auto& [publish, wanted] : cases) {
    INFO(publish);
    const Asked asked = ask(store, {std::string("services.payment.with.publish=") + publish}, options);
    CHECK(handler(asked.report, "payment", "charge").verdict == wanted);
  }
}

TEST_CASE("idempotency.eshop") {
  FamilyOptions options;
  options.system_form = false;
  const Asked asked = ask(FLOWTANK_SOURCE_DIR "/scenarios/eshop/baseline.json", {}, options);
  REQUIRE(asked.report.extent.complete);
  const HandlerReport& stock = handler(asked.report, "catalog", "order paid");
  CHECK(stock.verdict == HandlerVerdict::not_idempotent);
  CHECK(stock.at_once->changes.front().detail == "available 99 -> 98");
  CHECK(handler(asked.report, "webapp", "Submitted").verdict == HandlerVerdict::not_later);
  CHECK(handler(asked.report, "webapp", "Paid").verdict == HandlerVerdict::idempotent);
  CHECK(handler(asked.report, "webapp", "Shipped").verdict == HandlerVerdict::vacuous);
  // The status is stored, the event is not yet published, and the status tells the second handling to do nothing: D01.
  const HandlerReport& confirmed = handler(asked.report, "ordering", "stock confirmed");
  CHECK(confirmed.verdict == HandlerVerdict::not_retryable);
  REQUIRE(confirmed.interrupted);
  CHECK(confirmed.interrupted->place == "mark StockConfirmed in progress");
}

TEST_CASE("idempotency.system_form_compares_outcomes") {
  const Asked inbox = ask(store, {});
  CHECK(inbox.report.system.verdict == VerdictKind::pass);
  CHECK(inbox.report.system.ends_with == inbox.report.system.ends_without);
  CHECK(inbox.report.exit() == 0);
  const Asked naive = ask(store, {"services.payment.with.consume=naive"});
  CHECK(naive.report.system.verdict == VerdictKind::fail);
  CHECK(naive.report.exit() == 1);
  REQUIRE(naive.report.system.here_only.size() == 1);
  CHECK(naive.report.system.here_only.front() == "row payment.charges o-1: {times: 2, amount_cents: 200}");
  CHECK(naive.report.system.there_only.front() == "row payment.charges o-1: {times: 1, amount_cents: 100}");
}

TEST_CASE("idempotency.a_harmless_repetition_is_found_locally_and_not_in_the_system") {
  // It announces again, and nobody minds.
  const Asked asked = ask(notes, {"services.taker.with.does=announce"});
  CHECK(handler(asked.report, "taker", "note").verdict == HandlerVerdict::not_idempotent);
  CHECK(asked.report.system.verdict == VerdictKind::pass);
}

// Effects are counted up to three. Four prints look like three: then nothing was shown.
TEST_CASE("idempotency.the_system_form_does_not_take_the_end_of_counting_for_equality") {
  for (const int notes_taken : {1, 2, 3}) {
    INFO(notes_taken);
    const Asked asked = ask(notes, {"services.taker.with.does=effect", "clients.people.count=" + std::to_string(notes_taken)});
    CHECK(asked.report.system.verdict == (notes_taken < 3 ? VerdictKind::fail : VerdictKind::inconclusive));
  }
}

TEST_CASE("idempotency.witnesses_replay_and_change_what_was_said") {
  const Asked asked = ask(store, {"services.payment.with.consume=naive"});
  const HandlerReport& report = handler(asked.report, "payment", "charge");
  REQUIRE(report.at_once);
  REQUIRE(report.at_once->shows_it);
  Diagnostics diagnostics;
  const auto result = replay_scenario(asked.with_copy, shipped_brokers(), report.at_once->log, RunOptions{}, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message);
  REQUIRE(result);
  bool failed = false;
  for (const PropertyOutcome& property : result->properties) {
    if (property.verdict.property == "charged at most once") failed = property.verdict.kind == VerdictKind::fail;
  }
  CHECK(failed);
  const auto system = replay_scenario(asked.with_copy, shipped_brokers(), asked.report.system.log, RunOptions{}, diagnostics);
  REQUIRE(system);
}

TEST_CASE("idempotency.twice_the_same_question_gives_the_same_text") {
  const Asked one = ask(store, {"services.payment.with.consume=naive"});
  const Asked two = ask(store, {"services.payment.with.consume=naive"});
  CHECK(reports::idempotency_json(one.scenario, one.report, {}) == reports::idempotency_json(two.scenario, two.report, {}));
}

}  // namespace flowtank::family
