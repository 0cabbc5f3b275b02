// SPDX-License-Identifier: Apache-2.0
// The order/payment topology built in C++, for tests and benchmarks of the World that must not depend on
// the scenario reader. Order stores an order and announces it (outbox and relay, or inline); payment
// charges and announces that (same choice), with or without an inbox; order marks the order paid.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <models/brokers/registry.hpp>
#include <sim/base/check.hpp>
#include <sim/expr/environment.hpp>
#include <sim/expr/program.hpp>
#include <sim/world/world.hpp>

namespace flowtank::test {

struct OrderPaymentOptions {
  bool outbox = true;        // both services; otherwise commit, then publish inline
  bool inbox = true;         // payment and order
  std::uint64_t orders = 1;
  std::uint32_t instances = 1;
  Isolation isolation = Isolation::read_committed;
  Distribution latency;      // of both channels
  Duration poll = Duration(1'000'000);
  Arrivals arrivals = Arrivals::at_once;
  Duration interval;
  std::vector<Fault> faults;
};

class OrderPaymentSystem {
 public:
  static std::shared_ptr<const System> build(const OrderPaymentOptions& options) {
    OrderPaymentSystem builder(options);
    return builder.system_;
  }

  // Names of what tests look at.
  static constexpr std::uint32_t orders_table = 0, order_outbox = 1, order_inbox = 2, payments_table = 3,
                                 payment_outbox = 4, payment_inbox = 5, charges = 6;
  static constexpr std::uint32_t order_service = 0, payment_service = 1, charge_effect = 0;
  static constexpr std::uint32_t placed_subscription = 0, completed_subscription = 1;

 private:
  explicit OrderPaymentSystem(const OrderPaymentOptions& options) : options_(options) {
    system_ = std::make_shared<System>();
    system_->title = "order and payment";
    system_->distributions.push_back(options.latency);
    system_->brokers.push_back({"bus", "ideal", {}});
    for (const char* name : {"orders", "payments"}) system_->channels.push_back({name, 0, 0, {}});
    system_->faults = options.faults;
    system_->bounds.horizon = Time(1'000'000'000'000'000);
    tables();
    messages();
    services();
    client();
  }

  ExprId expression(const std::string& text) {
    Diagnostics diagnostics;
    auto program = expr::compile(text, *environment_, diagnostics);
    FLOWTANK_CHECK(program.has_value(), diagnostics.all().empty() ? text : text + ": " + diagnostics.all()[0].message);
    system_->expressions.push_back(*program);
    return static_cast<ExprId>(system_->expressions.size() - 1);
  }

  void table(const std::string& name, const std::string& display, std::uint32_t service, TableRole role,
             std::vector<Column> columns) {
    Table t;
    t.name = name;
    t.display = display;
    t.service = service;
    t.role = role;
    t.columns = std::move(columns);
    expr::RecordType record{"rows of " + display, true, {}};
    for (const Column& column : t.columns) record.fields.push_back({column.name, column.type});
    t.record_type = system_->types->record_id(system_->types->add_record(record));
    system_->tables.push_back(std::move(t));
  }

  void tables() {
    namespace types = expr::types;
    table("orders", "order.orders", 0, TableRole::data, {{"order_id", types::string}, {"status", types::string}, {"amount_cents", types::int64}});
    table("outbox", "order.outbox", 0, TableRole::outbox, {{"id", types::string}, {"event", types::dyn}});
    table("inbox", "order.inbox", 0, TableRole::inbox, {{"id", types::string}});
    table("payments", "payment.payments", 1, TableRole::data, {{"order_id", types::string}, {"status", types::string}});
    table("outbox", "payment.outbox", 1, TableRole::outbox, {{"id", types::string}, {"event", types::dyn}});
    table("inbox", "payment.inbox", 1, TableRole::inbox, {{"id", types::string}});
    table("charge", "effects.charge", none, TableRole::observation, {{"key", types::string}, {"count", types::int64}, {"amount", types::int64}});
    system_->effects.push_back({"charge", 1, charges});
  }

  void message(const std::string& name, bool command, std::vector<Column> fields) {
    MessageType m;
    m.name = name;
    m.command = command;
    m.fields = std::move(fields);
    m.key_field = 0;
    expr::RecordType data{"data of " + name, false, {}};
    for (const Column& field : m.fields) data.fields.push_back({field.name, field.type});
    const expr::Type data_type = system_->types->add_record(data);
    m.data_type = system_->types->record_id(data_type);
    namespace types = expr::types;
    const expr::Type record = system_->types->add_record(
        {"event " + name, false, {{"id", types::string}, {"type", types::string}, {"key", types::dyn}, {"data", data_type}}});
    m.record_type = system_->types->record_id(record);
    record_types_.push_back(record);
    system_->messages.push_back(std::move(m));
  }

  void messages() {
    namespace types = expr::types;
    message("PlaceOrder", true, {{"order_id", types::string}, {"amount_cents", types::int64}});
    message("OrderPlaced", false, {{"order_id", types::string}, {"amount_cents", types::int64}});
    message("PaymentCompleted", false, {{"order_id", types::string}});
    system_->wiring = {{none, 0, none}, {none, none, 1}};
  }

  // An environment for handlers of a service that handle `input`.
  void enter(std::uint32_t service, expr::Type input, const std::vector<std::string>& locals) {
    environment_ = std::make_unique<expr::Environment>(system_->types);
    environment_->declare("event", input, slot_input);
    for (std::uint32_t i = 0; i < locals.size(); ++i) environment_->declare(locals[i], expr::types::dyn, slot_local0 + i);
    for (std::uint32_t t = 0; t < system_->tables.size(); ++t) {
      const Table& spec = system_->tables[t];
      if (spec.service != service) continue;
      environment_->declare_constant("db." + spec.name,
                                     system_->types->map(spec.columns[0].type, system_->types->record_type(spec.record_type)),
                                     expr::table_value(t));
    }
  }

  std::uint32_t step(Program& p, const std::string& label, bool business) {
    Step s;
    s.label = label;
    s.business = business;
    p.steps.push_back(s);
    return static_cast<std::uint32_t>(p.steps.size() - 1);
  }
  void op(Program& p, Op o, const std::string& label, std::uint32_t a = 0, std::uint32_t b = 0, std::uint32_t c = 0,
          bool business = false) {
    p.code.push_back({o, step(p, label, business), a, b, c});
  }
  void insert(Program& p, std::uint32_t table, std::vector<ExprId> columns, OnConflict conflict = OnConflict::error,
              std::uint32_t target = none) {
    p.inserts.push_back({table, std::move(columns), conflict, target});
    op(p, Op::insert, "insert " + system_->tables[table].name, static_cast<std::uint32_t>(p.inserts.size() - 1));
  }
  void make_event(Program& p, std::uint32_t message, std::vector<ExprId> fields, std::uint32_t local) {
    EventSpec e;
    e.message = message;
    e.fields = std::move(fields);
    p.events.push_back(e);
    op(p, Op::make_event, "make " + system_->messages[message].name, local, static_cast<std::uint32_t>(p.events.size() - 1));
  }
  void publish(Program& p, const std::string& event, const std::string& label) {
    PublishSpec spec;
    spec.event = expression(event);
    p.publishes.push_back(spec);
    op(p, Op::publish, label, static_cast<std::uint32_t>(p.publishes.size() - 1), 0, 0, true);
  }

  std::uint32_t add_handler(Handler handler, std::uint32_t service, bool poller) {
    handler.service = service;
    system_->handlers.push_back(std::move(handler));
    const auto index = static_cast<std::uint32_t>(system_->handlers.size() - 1);
    (poller ? system_->services[service].pollers : system_->services[service].handlers).push_back(index);
    return index;
  }

  void relay(std::uint32_t service, std::uint32_t outbox) {
    enter(service, expr::types::dyn, {"o", "batch", "position"});
    Handler h;
    h.name = "relay";
    h.trigger = Trigger::poll;
    h.every = options_.poll;
    h.guard = expression("size(db.outbox) > 0");
    Program& p = h.program;
    p.locals = {"o", "batch", "position", "rows"};
    op(p, Op::read, "select", 3, expression("rows(db.outbox)"));
    environment_->declare("rows", expr::types::dyn, slot_local0 + 3);
    op(p, Op::loop_start, "each row", 1, expression("rows"), 2);
    const auto loop = static_cast<std::uint32_t>(p.code.size());
    p.eaches.push_back({1, 2, 0, none});
    op(p, Op::loop_next, "next row", 0);
    publish(p, "o.event", "relay");
    p.transactions.push_back({Isolation::serializable, none});
    op(p, Op::begin, "begin", 0);
    p.erases.push_back({outbox, expression("o.id")});
    op(p, Op::erase, "mark sent", 0, 0, 0, true);
    op(p, Op::commit, "commit");
    op(p, Op::jump, "again", loop);
    p.eaches[0].past = static_cast<std::uint32_t>(p.code.size());
    op(p, Op::end, "end");
    add_handler(std::move(h), service, true);
  }

  void place_order() {
    enter(0, record_types_[0], {"e"});
    Handler h;
    h.name = "PlaceOrder";
    h.trigger = Trigger::command;
    h.message = 0;
    Program& p = h.program;
    p.locals = {"e"};
    p.transactions.push_back({options_.isolation, none});
    op(p, Op::begin, "begin", 0);
    insert(p, orders_table, {expression("event.data.order_id"), expression("'placed'"), expression("event.data.amount_cents")},
           OnConflict::ignore);
    make_event(p, 1, {expression("event.data.order_id"), expression("event.data.amount_cents")}, 0);
    if (options_.outbox) insert(p, order_outbox, {expression("e.id"), expression("e")});
    op(p, Op::commit, "place", 0, 0, 0, true);
    if (!options_.outbox) publish(p, "e", "publish");
    op(p, Op::end, "end");
    add_handler(std::move(h), 0, false);
  }

  void on_order_placed() {
    enter(1, record_types_[1], {"e"});
    Handler h;
    h.name = "OnOrderPlaced";
    h.message = 1;
    h.subscription = placed_subscription;
    Program& p = h.program;
    p.locals = {"e"};
    p.transactions.push_back({options_.isolation, none});
    op(p, Op::begin, "begin", 0);
    if (options_.inbox) insert(p, payment_inbox, {expression("event.id")}, OnConflict::jump, none);
    p.effects.push_back({charge_effect, expression("event.data.order_id"), expression("event.data.amount_cents"), none});
    insert(p, payments_table, {expression("event.data.order_id"), expression("'charged'")}, OnConflict::ignore);
    make_event(p, 2, {expression("event.data.order_id")}, 0);
    if (options_.outbox) insert(p, payment_outbox, {expression("e.id"), expression("e")}, OnConflict::ignore);
    op(p, Op::effect, "charge", 0, 0, 0, true);
    op(p, Op::commit, "commit");
    if (!options_.outbox) publish(p, "e", "publish completed");
    if (options_.inbox) p.inserts[0].target = static_cast<std::uint32_t>(p.code.size());
    op(p, Op::end, "ack", 0, 0, 0, true);
    add_handler(std::move(h), 1, false);
  }

  void on_payment_completed() {
    enter(0, record_types_[2], {});
    Handler h;
    h.name = "OnPaymentCompleted";
    h.message = 2;
    h.subscription = completed_subscription;
    Program& p = h.program;
    p.transactions.push_back({options_.isolation, none});
    op(p, Op::begin, "begin", 0);
    if (options_.inbox) insert(p, order_inbox, {expression("event.id")}, OnConflict::jump, none);
    UpdateSpec update;
    update.table = orders_table;
    update.key = expression("event.data.order_id");
    update.set.push_back({1, expression("'paid'"), false});
    p.updates.push_back(update);
    op(p, Op::update, "paid", 0, 0, 0, true);
    op(p, Op::commit, "commit");
    if (options_.inbox) p.inserts[0].target = static_cast<std::uint32_t>(p.code.size());
    op(p, Op::end, "ack paid", 0, 0, 0, true);
    add_handler(std::move(h), 0, false);
  }

  void services() {
    for (const char* name : {"order", "payment"}) {
      Service s;
      s.name = name;
      s.instances = options_.instances;
      system_->services.push_back(s);
    }
    system_->services[0].tables = {orders_table, order_outbox, order_inbox};
    system_->services[1].tables = {payments_table, payment_outbox, payment_inbox};
    system_->subscriptions.push_back({0, payment_service, "payment", {}});
    system_->subscriptions.push_back({1, order_service, "order", {}});
    place_order();
    on_order_placed();
    on_payment_completed();
    if (options_.outbox) {
      relay(0, order_outbox);
      relay(1, payment_outbox);
    }
  }

  void client() {
    environment_ = std::make_unique<expr::Environment>(system_->types);
    environment_->declare("n", expr::types::int64, slot_input);
    Client c;
    c.name = "shoppers";
    c.service = 0;
    c.message = 0;
    c.count = options_.orders;
    c.arrivals = options_.arrivals;
    c.interval = options_.interval;
    c.fields = {expression("'o-' + string(n)"), expression("100 + n")};
    system_->clients.push_back(c);
  }

  const OrderPaymentOptions& options_;
  std::shared_ptr<System> system_;
  std::unique_ptr<expr::Environment> environment_;
  std::vector<expr::Type> record_types_;
};

inline std::unique_ptr<World> make_world(const System& system, Mode mode) {
  Diagnostics diagnostics;
  auto brokers = create_brokers(system, shipped_brokers(), diagnostics);
  FLOWTANK_CHECK(diagnostics.ok(), "the brokers of a test system");
  return std::make_unique<World>(system, std::move(brokers), mode);
}

}  // namespace flowtank::test
