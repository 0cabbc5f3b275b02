// SPDX-License-Identifier: Apache-2.0
// A shop small enough to break by hand: orders, payments, one effect (charge) and one event (OrderPlaced).
// Nothing in it acts by itself except a clock; a test commits rows, charges, publishes and settles through
// the World's own doors, so that every property can be shown a right and a wrong history, once with time
// (timed run) and once without (exploration).
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include <models/brokers/ideal/ideal.hpp>
#include <sim/expr/program.hpp>
#include <sim/property/checker.hpp>
#include <sim/world/world.hpp>

namespace flowtank::testing {

enum ShopTable : std::uint32_t { orders = 0, payments = 1, charges = 2, accepted_orders = 3, dead_payments = 4 };
enum ShopService : std::uint32_t { order_service = 0, payment_service = 1 };
enum ShopMessage : std::uint32_t { order_placed = 0, tick = 1 };
inline constexpr std::uint32_t charge_effect = 0;
inline constexpr std::uint32_t status_column = 1, amount_column = 2;

struct Shop {
  System system;
  expr::Environment environment;

  Shop() : environment(system.types) {
    add_table("orders", "order.orders", order_service, TableRole::data, "status", "amount");
    add_table("payments", "payment.payments", payment_service, TableRole::data, "status", "amount");
    add_table("charge", "payment.charges", none, TableRole::observation, "count", "amount");
    add_table("OrderPlaced", "accepted.OrderPlaced", none, TableRole::observation, "count", "amount");
    add_table("payment", "dead.payment", none, TableRole::observation, "count", "amount");
    environment.declare("o", row_type(orders), slot_item);
    environment.declare("key", expr::types::dyn, slot_key_of_item);

    add_message("OrderPlaced", false, {"order_id"});
    add_message("Tick", true, {"order_id"});
    system.messages[order_placed].accepted_table = accepted_orders;
    system.effects.push_back({"charge", payment_service, charges});

    system.services.resize(2);
    system.services[order_service].name = "order";
    system.services[order_service].tables = {orders};
    system.services[payment_service].name = "payment";
    system.services[payment_service].tables = {payments};
    system.services[payment_service].dead_letters = dead_payments;
    add_handler("Tick", order_service, Trigger::command, tick, none);
    add_handler("OnOrderPlaced", payment_service, Trigger::message, order_placed, 0);

    system.brokers.push_back({"bus", "ideal", {}});
    Channel channel;
    channel.name = "orders";
    channel.broker = 0;
    system.channels.push_back(channel);
    system.subscriptions.push_back({0, payment_service, "payment", {}});
    system.wiring = {{0, none}, {none, none}};
    Client clock;
    clock.name = "clock";
    clock.service = order_service;
    clock.message = tick;
    clock.count = 10000;
    clock.arrivals = Arrivals::constant;
    clock.interval = Duration(1'000'000'000);
    clock.fields = {none};
    system.clients.push_back(clock);
  }

  // The order service takes its own events, too: subscription 1.
  void add_second_consumer() {
    add_handler("OnOwnOrder", order_service, Trigger::message, order_placed, 1);
    system.subscriptions.push_back({0, order_service, "order", {}});
  }

  // Compiles an expression over o (a row of order.orders), key and all tables.
  ExprId expression(std::string_view text) {
    Diagnostics diagnostics;
    auto program = expr::compile(text, environment, diagnostics);
    INFO(text << ": " << (diagnostics.all().empty() ? "" : diagnostics.all().front().message));
    REQUIRE(program.has_value());
    system.expressions.push_back(*program);
    return static_cast<ExprId>(system.expressions.size() - 1);
  }

 private:
  expr::Type row_type(std::uint32_t table) { return system.types->record_type(system.tables[table].record_type); }

  void add_table(std::string name, std::string display, std::uint32_t service, TableRole role, const char* second,
                 const char* third) {
    Table table;
    table.name = std::move(name);
    table.display = std::move(display);
    table.service = service;
    table.role = role;
    const expr::Type second_type = role == TableRole::data ? expr::types::string : expr::types::int64;
    table.columns = {{role == TableRole::data ? "order_id" : "key", expr::types::string}, {second, second_type},
                     {third, expr::types::int64}};
    expr::RecordType record;
    record.name = "rows of " + table.display;
    record.plural = true;
    for (const Column& column : table.columns) record.fields.push_back({column.name, column.type});
    const expr::Type type = system.types->add_record(record);
    table.record_type = system.types->record_id(type);
    environment.declare_constant(table.display, system.types->map(expr::types::string, type),
                                 expr::table_value(system.tables.size()));
    system.tables.push_back(std::move(table));
  }

  void add_message(const std::string& name, bool command, const std::vector<std::string>& fields) {
    MessageType message;
    message.name = name;
    message.command = command;
    expr::RecordType data{"data of " + name, false, {}};
    for (const std::string& field : fields) {
      message.fields.push_back({field, expr::types::string});
      data.fields.push_back({field, expr::types::string});
    }
    message.key_field = 0;
    const expr::Type data_type = system.types->add_record(data);
    message.data_type = system.types->record_id(data_type);
    const expr::RecordType record{name, false,
                                  {{"id", expr::types::string}, {"type", expr::types::string},
                                   {"key", expr::types::dyn}, {"data", data_type}}};
    message.record_type = system.types->record_id(system.types->add_record(record));
    system.messages.push_back(std::move(message));
  }

  void add_handler(const std::string& name, std::uint32_t service, Trigger trigger, std::uint32_t message,
                   std::uint32_t subscription) {
    Handler handler;
    handler.name = name;
    handler.service = service;
    handler.trigger = trigger;
    handler.message = message;
    handler.subscription = subscription;
    handler.program.steps.push_back({});
    handler.program.code.push_back({});
    system.services[service].handlers.push_back(static_cast<std::uint32_t>(system.handlers.size()));
    system.handlers.push_back(std::move(handler));
  }
};

// One history of the shop under one driver, and what the checker says of it.
class History {
 public:
  History(Shop& shop, Mode mode, std::vector<PropertySpec> properties)
      : checker_(shop.system, std::move(properties)) {
    Diagnostics diagnostics;
    std::vector<std::unique_ptr<Broker>> brokers;
    brokers.push_back(ideal_broker().create(shop.system, 0, diagnostics));
    world_ = std::make_unique<World>(shop.system, std::move(brokers), mode);
    checker_.attach(*world_);
    begin();
  }

  World& world() { return *world_; }
  Checker& checker() { return checker_; }
  bool timed() const { return world_->timed(); }

  void begin() {
    world_->reset(1);
    violated_.assign(checker_.size(), false);
    checker_.start(*world_);
    note_violations();
  }

  void order(std::string_view key, std::string_view status, std::int64_t amount = 100) { commit(orders, key, status, amount); }
  void payment(std::string_view key, std::string_view status, std::int64_t amount = 100) { commit(payments, key, status, amount); }
  void erase_order(std::string_view key) {
    change(orders, word(key), {});
    done();
  }
  // Two rows in one commit: between them the tables disagree, but nobody can see it.
  void order_and_payment(std::string_view key, std::string_view status) {
    change(orders, word(key), {word(key), word(status), Pool::of_int_small(100)});
    change(payments, word(key), {word(key), word(status), Pool::of_int_small(100)});
    done();
  }
  void charge(std::string_view key, std::int64_t amount = 100) {
    world_->observe(charges, word(key), amount);
    for (Observer* observer : world_->observers()) observer->effect(*world_, charge_effect, word(key), amount);
    done();
  }
  void publish(std::string_view key) {
    world_->publish_takes_effect(0, message(key), no_record, {});
    done();
  }
  void fate(std::string_view key, Fate fate) {
    if (fate == Fate::dead_letter) world_->observe(dead_payments, word(key), 0);
    world_->message_fate(0, message(key), fate);
    done();
  }
  void nothing_happens() { done(); }

  // ---- what runs do, told to the observers as the World tells it; `id` tells events of one key apart
  void make(std::string_view key, bool in_transaction, std::string_view id = "") {
    Actor actor = maker();
    actor.in_transaction = in_transaction;
    tell([&](Observer& o) { o.made(*world_, actor, message(key, id)); });
  }
  void end_transaction(bool committed) { tell([&](Observer& o) { o.transaction_ended(*world_, maker(), committed); }); }
  void send(std::string_view key, std::string_view id = "") {
    tell([&](Observer& o) { o.sent(*world_, maker(), 0, message(key, id)); });
  }
  void hear(std::string_view key, Told how) { tell([&](Observer& o) { o.told(*world_, maker(), 0, message(key), how); }); }
  void begin_handling(std::string_view key, std::string_view id = "", std::uint32_t subscription = 0) {
    tell([&](Observer& o) { o.run_started(*world_, consumer(message(key, id), subscription)); });
  }
  void fail_handling(std::string_view key) {
    tell([&](Observer& o) { o.run_ended(*world_, consumer(message(key), 0), RunOutcome::failed); });
  }
  void ask_for_charge(std::string_view key, std::string_view idempotency, std::int64_t amount) {
    const Word with = idempotency.empty() ? absent_word : word(idempotency);
    tell([&](Observer& o) { o.effect_asked(*world_, Actor{}, charge_effect, word(key), with, amount, false); });
  }
  void disturb() { tell([&](Observer& o) { o.disturbed(*world_); }); }
  // Accepted as far as anybody can see; no broker has it, so that waiting does not deliver it.
  void announce(std::string_view key, std::string_view id = "") {
    tell([&](Observer& o) { o.accepted(*world_, 0, message(key, id)); });
  }
  void handled(std::string_view key, std::string_view id, std::uint32_t subscription = 0) {
    world_->message_fate(subscription, message(key, id), Fate::handled);
    done();
  }
  // Timed: lets the clock tick; without time nothing.
  void wait(std::int64_t seconds) {
    if (!timed()) return;
    const Time until = world_->now() + Duration(seconds * 1'000'000'000);
    while (world_->now() < until) {
      REQUIRE(world_->advance(Time::never()));
      checker_.after_action(*world_);
    }
  }

  // The verdict on property `p` if the history ends here.
  Verdict verdict(bool quiescent = true, std::uint32_t p = 0) {
    if (timed()) return checker_.at_end(*world_, quiescent, world_->now())[p];
    Exploration found;
    found.complete = true;
    found.reached_quiescence = quiescent;
    found.violated = violated_[p];
    if (quiescent) {
      for (const std::uint32_t v : checker_.violated_at_quiescence(*world_)) found.violated = found.violated || v == p;
    }
    if (found.violated) found.evidence = checker_.explain(*world_, p, quiescent);
    if (found.violated && found.evidence.empty()) found.evidence = seen_;
    return checker_.conclude(p, found);
  }

  Word word(std::string_view text) { return world_->pool().intern_string(text); }
  Word event_of(std::string_view key) { return message(key); }

 private:
  static Actor maker() { return {.frame = 0, .service = order_service, .handler = 0}; }
  Actor consumer(Word message, std::uint32_t subscription) const {
    return {.frame = 1, .service = world_->system().subscriptions[subscription].service, .handler = 1, .subscription = subscription, .input = message};
  }
  template <typename Tell>
  void tell(const Tell& to) {
    for (Observer* observer : world_->observers()) to(*observer);
    done();
  }
  Word message(std::string_view key, std::string_view id = "") {
    const MessageType& type = world_->system().messages[order_placed];
    const Word data[] = {word(key)};
    const Word fields[] = {word("id of " + std::string(key) + std::string(id)), word(type.name), word(key),
                           world_->pool().intern_record(type.data_type, data)};
    return world_->pool().intern_record(type.record_type, fields);
  }
  void commit(std::uint32_t table, std::string_view key, std::string_view status, std::int64_t amount) {
    change(table, word(key), {word(key), word(status), Pool::of_int_small(amount)});
    done();
  }
  void change(std::uint32_t table, Word key, const std::vector<Word>& after) {
    Store& store = world_->store();
    const Cell row = store.row(table, key);
    std::vector<Word> before;
    for (std::uint32_t c = 0; store.present(row) && c < 3; ++c) before.push_back(store.column(row, c));
    if (after.empty()) store.erase(table, row);
    else store.put(table, row, after);
    world_->row_changed(table, key, before, after);
  }
  void done() {
    checker_.after_action(*world_);
    note_violations();
  }
  void note_violations() {
    if (timed()) return;
    const std::vector<std::uint32_t> by_action = checker_.violated_by_action();
    const std::vector<std::uint32_t> now = checker_.violated_now(*world_);
    // What the action made wrong is wrong in the state.
    CHECK(std::includes(now.begin(), now.end(), by_action.begin(), by_action.end()));
    for (const std::uint32_t p : by_action) {
      if (!violated_[p]) seen_ = checker_.explain(*world_, p, false);
      violated_[p] = true;
    }
    // And nothing is missed by looking only at what changed.
    for (const std::uint32_t p : now) CHECK(violated_[p]);
  }

  Checker checker_;
  std::unique_ptr<World> world_;
  std::vector<char> violated_;
  std::vector<KeyEvidence> seen_;
};

// Plays a history under both drivers and hands over each verdict.
template <typename Play, typename Judge>
void under_both_drivers(Shop& shop, const PropertySpec& property, const Play& play, const Judge& judge, bool quiescent = true) {
  for (const Mode mode : {Mode::timed, Mode::explore}) {
    INFO((mode == Mode::timed ? "timed run" : "exploration"));
    History history(shop, mode, {property});
    play(history);
    const Verdict verdict = history.verdict(quiescent);
    INFO(to_text(verdict.kind) << " " << verdict.note << " " << (verdict.evidence.empty() ? "" : verdict.evidence.front().sentence));
    const bool claims = verdict.kind == VerdictKind::pass || verdict.kind == VerdictKind::fail;
    CHECK(verdict.strength == (!claims ? Strength::unstated : mode == Mode::timed ? Strength::observed : Strength::proved));
    CHECK(verdict.evidence.empty() == (verdict.kind != VerdictKind::fail));
    judge(verdict);
  }
}

template <typename Play>
void expect(Shop& shop, const PropertySpec& property, VerdictKind kind, const Play& play, bool quiescent = true) {
  under_both_drivers(shop, property, play, [&](const Verdict& verdict) { CHECK(verdict.kind == kind); }, quiescent);
}

// FAIL for exactly this key, with this sentence.
template <typename Play>
void expect_fail(Shop& shop, const PropertySpec& property, const std::string& key, const std::string& sentence,
                 const Play& play, bool quiescent = true) {
  under_both_drivers(shop, property, play, [&](const Verdict& verdict) {
    REQUIRE(verdict.kind == VerdictKind::fail);
    REQUIRE(verdict.evidence.size() == 1);
    CHECK(verdict.evidence.front().key == key);
    CHECK(verdict.evidence.front().sentence == sentence);
    CHECK(verdict.note == (key.empty() ? "" : "1 key: " + key));
  }, quiescent);
}

}  // namespace flowtank::testing
