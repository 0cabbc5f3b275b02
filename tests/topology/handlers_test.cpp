// SPDX-License-Identifier: Apache-2.0
// Duplicates and dual writes: each way to be protected is taken for one, and each that only looks like one is not.
#include "tests/topology/planted.hpp"

using namespace flowtank;
using namespace flowtank::planted;

namespace {

const std::string inbox_row = R"({ "insert": "inbox", "row": { "id": "=event.id" }, "on_conflict": [ { "stop": true } ] },)";
const std::string addition = R"({ "update": "counts", "key": "=event.data.id", "add": { "times": 1 } })";

// b's handler with other steps.
Texts with_steps(const std::string& steps) {
  Texts files = good();
  std::string& text = files["b.json"];
  const std::size_t from = text.find(R"("steps": [)") + 10;
  text = text.substr(0, from) + steps + " ] } } }";
  return files;
}

const std::string insert_count = R"({ "insert": "counts", "row": { "id": "=event.data.id", "times": 0, "n": "=event.data.n" }, "on_conflict": "ignore" })";
bool repeats(const std::string& steps) { return bites(with_steps(steps), "FT-LINT-014 b.count"); }
std::string transaction(const std::string& statements, const std::string& isolation = "read_committed") {
  return R"({ "transaction": [ )" + statements + R"( ], "isolation": ")" + isolation + R"(", "label": "t" })";
}

}  // namespace

TEST_CASE("duplicates.an_addition_without_a_record_is_repeated") {
  CHECK(repeats(transaction(insert_count + ", " + addition)));
  CHECK(finding(with_steps(transaction(insert_count + ", " + addition)), "FT-LINT-014").diagnostic.message ==
        "b repeats the addition to counts.times when a copy of Done is delivered twice");
}

TEST_CASE("duplicates.a_record_in_the_same_transaction_protects_before_or_after_the_change") {
  CHECK_FALSE(repeats(transaction(inbox_row + insert_count + ", " + addition)));
  CHECK_FALSE(repeats(transaction(insert_count + ", " + addition + R"(, { "insert": "inbox", "row": { "id": "=event.id" } })")));
  CHECK_FALSE(repeats(transaction(R"({ "insert": "inbox", "row": { "id": "=event.data.id" } }, )" + insert_count + ", " + addition)));  // business key
}

TEST_CASE("duplicates.a_record_that_stops_nothing_protects_nothing") {
  CHECK(repeats(transaction(R"({ "insert": "inbox", "row": { "id": "=event.id" }, "on_conflict": "ignore" }, )" + insert_count + ", " + addition)));
  CHECK(repeats(transaction(R"j({ "insert": "inbox", "row": { "id": "=event.id + string(attempt)" } }, )j" + insert_count + ", " + addition)));
  CHECK(repeats(transaction(R"({ "insert": "inbox", "row": { "id": "the same for all" } }, )" + insert_count + ", " + addition)));
  // On one way only.
  CHECK(repeats(transaction(R"({ "if": "event.data.n > 3", "then": [ { "insert": "inbox", "row": { "id": "=event.id" } } ] }, )" + insert_count + ", " + addition)));
}

TEST_CASE("duplicates.a_record_in_another_transaction_protects_only_what_comes_after_it") {
  const std::string record = transaction(R"({ "insert": "inbox", "row": { "id": "=event.id" }, "on_conflict": [ { "stop": true } ] })");
  const std::string change = transaction(insert_count + ", " + addition);
  CHECK_FALSE(repeats(record + ", " + change));  // at the price of losing it: another finding's business
  CHECK(repeats(change + ", " + record));
  CHECK(finding(with_steps(change + ", " + record), "FT-LINT-014").diagnostic.hint.find("not in the same transaction") != std::string::npos);
}

TEST_CASE("duplicates.memory_is_no_record") {
  Texts files = good();
  put(files, "b.json", R"("inbox": { "role": "inbox",)", R"("inbox": { "role": "inbox", "durable": false,)");
  CHECK(bites(files, "FT-LINT-014 b.count"));
  CHECK(finding(files, "FT-LINT-014").diagnostic.hint.find("in memory") != std::string::npos);
}

TEST_CASE("duplicates.looking_first_protects_only_in_a_serializable_transaction_that_writes_the_same_row") {
  const std::string look = R"({ "if": "event.id in db.inbox", "then": [ { "rollback": true } ] }, )";
  const std::string row = R"(, { "insert": "inbox", "row": { "id": "=event.id" }, "on_conflict": "ignore" })";
  CHECK_FALSE(repeats(transaction(look + insert_count + ", " + addition + row, "serializable")));
  CHECK(repeats(transaction(look + insert_count + ", " + addition + row, "read_committed")));
  CHECK(repeats(transaction(look + insert_count + ", " + addition, "serializable")));
}

TEST_CASE("duplicates.a_guard_on_what_the_update_changes_protects_it_and_what_follows_its_count") {
  const auto guarded = [](const std::string& guard) {
    return R"({ "update": "counts", "key": "=event.data.id", "if": ")" + guard + R"(", "set": { "n": "=event.data.n" }, "add": { "times": 1 }, "changed": "c" })";
  };
  CHECK_FALSE(repeats(transaction(insert_count + ", " + guarded("row.n < event.data.n"))));
  CHECK(repeats(transaction(insert_count + ", " + guarded("row.id != ''"))));  // looks at what it does not change
  CHECK(repeats(transaction(insert_count + ", " + guarded("true"))));
  const std::string set_only = R"({ "update": "counts", "key": "=event.data.id", "if": "row.n < event.data.n", "set": { "n": "=event.data.n" }, "changed": "c" })";
  CHECK_FALSE(repeats(transaction(insert_count + ", " + set_only + R"(, { "if": "c == 1", "then": [ )" + addition + " ] }")));
  CHECK_FALSE(repeats(transaction(insert_count + ", " + set_only + R"(, { "if": "c == 0", "then": [ { "rollback": true } ] }, )" + addition)));
  CHECK(repeats(transaction(insert_count + ", " + set_only + R"(, { "if": "c == 0", "then": [ )" + addition + " ] }")));
  CHECK(repeats(transaction(insert_count + ", " + set_only + ", " + addition)));  // nobody looks at the count
}

TEST_CASE("duplicates.an_insert_with_a_key_of_its_own_each_time_is_repeated") {
  const auto insert = [](const std::string& key) { return R"({ "insert": "counts", "row": { "id": ")" + key + R"(", "times": 0, "n": 0 }, "on_conflict": "ignore" })"; };
  CHECK_FALSE(repeats(insert("=event.data.id")));
  CHECK(repeats(insert("=event.data.id + string(size(db.counts))")));
  CHECK(repeats(insert("=event.data.id + string(instance)")));
  CHECK_FALSE(repeats(insert("=event.data.id in db.inbox ? event.data.id : event.id")));  // a row by its key: the same unless that changes
}

TEST_CASE("duplicates.effects_need_a_key_that_stays_or_a_record_before_them") {
  const auto effect = [](const std::string& steps) {
    Texts files = with_steps(steps);
    put(files, "b.json", R"("tables": {)", R"("effects": { "mail": {} }, "tables": {)");
    return bites(files, "FT-LINT-014 b.count");
  };
  CHECK(effect(R"({ "effect": "mail", "key": "=event.data.id" })"));
  CHECK_FALSE(effect(R"({ "effect": "mail", "key": "=event.data.id", "idempotency_key": "=event.id" })"));
  CHECK(effect(R"j({ "effect": "mail", "key": "=event.data.id", "idempotency_key": "=event.id + string(attempt)" })j"));
  CHECK_FALSE(effect(transaction(R"({ "insert": "inbox", "row": { "id": "=event.id" }, "on_conflict": [ { "stop": true } ] })") + R"(, { "effect": "mail", "key": "=event.data.id" })"));
  // Looking first, and recording after it: a crash in between sends it again.
  CHECK(effect(R"({ "if": "event.id in db.inbox", "then": [ { "stop": true } ] }, { "effect": "mail", "key": "=event.data.id" }, { "insert": "inbox", "row": { "id": "=event.id" } })"));
}

TEST_CASE("duplicates.commands_are_repeated_where_somebody_asks_again") {
  Texts files = good();
  put(files, "a.json", R"({ "reply": "ok" })", R"({ "update": "jobs", "key": "=command.data.id", "add": { "n": 1 } }, { "reply": "ok" })");
  put(files, "a.json", R"("on_conflict": [ { "reply": "known" }, { "stop": true } ])", R"("on_conflict": "ignore")");
  CHECK_FALSE(bites(files, "FT-LINT-014 a.go"));
  put(files, "s.json", R"("count": 1)", R"("count": 1, "retry": { "attempts": 3, "timeout_ms": 100 })");
  CHECK(bites(files, "FT-LINT-014 a.go"));
}

// ---- dual writes -------------------------------------------------------------------------------------------

namespace {

const std::string outbox_line = R"({ "outbox": "Done", "data": { "id": "=command.data.id", "n": "=command.data.n" } })";
const std::string publish_line = R"({ "publish": "Done", "data": { "id": "=command.data.id", "n": "=command.data.n" } })";
const std::string reply_line = R"({ "reply": "ok" })";

Texts inline_publish() {
  Texts files = good();
  put(files, "a.json", ",\n      " + outbox_line, "");
  put(files, "a.json", reply_line, publish_line + ", " + reply_line);
  return files;
}

}  // namespace

TEST_CASE("dual_writes.a_publish_after_the_commit_is_lost_in_a_crash") {
  CHECK(bites(inline_publish(), "FT-LINT-015 a.go"));
  Texts both = good();  // stored for the relay as well: nothing is lost
  put(both, "a.json", reply_line, publish_line + ", " + reply_line);
  CHECK_FALSE(bites(both, "FT-LINT-015 a.go"));
}

TEST_CASE("dual_writes.a_handler_that_is_run_again_and_gets_there_again_loses_nothing") {
  const std::string thanked = R"("Thanked": { "channel": "things", "key": "id", "fields": { "id": "string" } })";
  const std::string publish = R"(, { "publish": "Thanked", "data": { "id": "=event.data.id" } })";
  const auto loses = [&](const std::string& steps) {
    Texts files = with_steps(steps + publish);
    put(files, "b.json", R"("events": {)", R"("events": { )" + thanked + ",");
    return bites(files, "FT-LINT-015 b.count");
  };
  CHECK_FALSE(loses(transaction(insert_count)));                // the second handling publishes
  CHECK(loses(transaction(inbox_row + insert_count)));          // the second handling stops at the inbox
  CHECK_FALSE(loses(transaction(R"({ "insert": "inbox", "row": { "id": "=event.id" }, "on_conflict": "ignore" }, )" + insert_count)));
}

TEST_CASE("dual_writes.a_publish_before_the_commit_may_announce_what_never_happened") {
  Texts files = inline_publish();
  CHECK_FALSE(bites(files, "FT-LINT-016 a.go"));
  put(files, "a.json", publish_line + ", " + reply_line, reply_line);
  put(files, "a.json", R"({ "transaction": [)", publish_line + R"(, { "transaction": [)");
  CHECK(bites(files, "FT-LINT-016 a.go"));
  CHECK_FALSE(bites(files, "FT-LINT-015 a.go"));
}

TEST_CASE("dual_writes.a_relay_publishes_first_and_marks_afterwards") {
  Texts files = good();
  put(files, "a.json", R"({ "publish": "=r.event", "label": "relay" }, { "delete": "outbox", "key": "=r.id", "label": "mark" })",
      R"({ "delete": "outbox", "key": "=r.id", "label": "mark" }, { "publish": "=r.event", "label": "relay" })");
  CHECK(bites(files, "FT-LINT-015 a.relay"));
}

TEST_CASE("dual_writes.an_effect_apart_from_its_record") {
  const std::string effect = R"({ "effect": "mail", "key": "=command.data.id", "idempotency_key": "=command.data.id" })";
  Texts after = good();
  put(after, "a.json", R"("tables": {)", R"("effects": { "mail": {} }, "tables": {)");
  Texts before = after;
  CHECK_FALSE(bites(after, "FT-LINT-017 a.go"));
  put(after, "a.json", reply_line, effect + ", " + reply_line);
  put(before, "a.json", R"({ "transaction": [)", effect + R"(, { "transaction": [)");
  CHECK(bites(after, "FT-LINT-017 a.go"));
  CHECK(bites(before, "FT-LINT-017 a.go"));
}

TEST_CASE("dual_writes.a_publish_whose_failure_nobody_notices") {
  for (const char* how : {R"("confirm": false)", R"("swallow": true)"}) {
    Texts files = good();
    put(files, "a.json", R"("label": "relay" })", R"("label": "relay", )" + std::string(how) + " }");
    CHECK(bites(files, "FT-LINT-018 a.relay"));
  }
}

TEST_CASE("retries.what_fails_each_time_and_is_retried_for_ever") {
  const std::string fail = transaction(inbox_row + insert_count) + R"(, { "if": "event.data.n > 3", "then": [ { "fail": "too many" } ] })";
  Texts files = with_steps(fail);
  CHECK(bites(files, "FT-LINT-019 b.count"));
  put(files, "s.json", R"("b": { "use": "b" })", R"("b": { "use": "b", "retry": { "attempts": 3 } })");
  CHECK_FALSE(bites(files, "FT-LINT-019 b.count"));
  CHECK(bites(with_steps(transaction(R"({ "insert": "inbox", "row": { "id": "=event.id" } }, )" + insert_count)), "FT-LINT-019 b.count"));
}
