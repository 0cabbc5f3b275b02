// SPDX-License-Identifier: Apache-2.0
// Properties of the library ("use"): their parameters, kind by kind, as sim/property/property_kinds.hpp lists
// them. Every key that a kind does not have is refused; names and types are checked here, so that a rule never
// meets a specification it cannot judge.
#include <algorithm>

#include <fmt/format.h>

#include <sim/property/property_kinds.hpp>
#include <sim/world/observer.hpp>

#include "sim/scenario/builder.hpp"
#include "sim/scenario/session_properties.hpp"

namespace flowtank::loading {

class LibraryProperty {
 public:
  LibraryProperty(Builder& builder, Fields& fields, PropertySpec& property, expr::Environment& environment)
      : b_(builder), fields_(fields), property_(property), environment_(environment) {}

  void read() {
    switch (property_.kind) {
      case PropertyKind::converges: return converges();
      case PropertyKind::legal_transitions: return transitions();
      case PropertyKind::nothing_dropped: return dropped();
      case PropertyKind::at_most_once_effect: return at_most_once();
      case PropertyKind::at_least_once_effect:
      case PropertyKind::exactly_once_effect:
      case PropertyKind::no_missing_event: return demanded();
      case PropertyKind::no_ghost_event: return ghost();
      case PropertyKind::conserved: return conserved();
      case PropertyKind::not_stuck: return not_stuck();
      case PropertyKind::at_most_amount: return amount();
      case PropertyKind::no_acknowledged_loss:
      case PropertyKind::no_aborted_read:
        property_.publishes = fields_.word("of", {"transaction", "run"}, "Transactions", 0) == 1;
        return messages();
      case PropertyKind::replay_is_silent: return replay();
      case PropertyKind::dedup_window:
        property_.within = required_time("retention");
        return messages();
      case PropertyKind::idempotency_key: return effect(true);
      case PropertyKind::stock: return stock();
      case PropertyKind::references: return references();
      case PropertyKind::unique: return unique();
      case PropertyKind::dlq_empty:
        property_.limit = whole("at_most", false);
        return messages();
      case PropertyKind::bounded_queue:
        property_.limit = whole("at_most", true);
        return messages();
      case PropertyKind::backlog_drains:
        property_.limit = whole("below", true);
        property_.within = fields_.time("within");
        return messages();
      case PropertyKind::bounded_amplification: return amplification();
      case PropertyKind::no_head_of_line_blocking:
        property_.within = required_time("within");
        return messages();
      case PropertyKind::failure_isolation: return isolation();
      case PropertyKind::per_key_order: return key_order();
      case PropertyKind::causal_order:
        applied();
        return messages();
      case PropertyKind::agreement_on_order: return agreement();
      case PropertyKind::confluent: return confluent();
      case PropertyKind::read_your_writes:
      case PropertyKind::monotonic_reads:
      case PropertyKind::monotonic_writes:
      case PropertyKind::writes_follow_reads:
      case PropertyKind::bounded_staleness:
      case PropertyKind::pbs: return SessionProperty(b_, fields_, property_).read();
      default: return;
    }
  }

 private:
  // ---- small things that several kinds have ------------------------------------------------------------
  void condition(const char* key, ExprId& out, bool required) { condition(key, out, required, environment_); }
  void condition(const char* key, ExprId& out, bool required, const expr::Environment& environment) {
    if (const Place place = required ? fields_.require(key) : fields_.find(key)) out = b_.expressions.condition(place, environment).id;
  }
  void formula(const char* key, ExprId& out, bool required) {
    if (const Place place = required ? fields_.require(key) : fields_.find(key)) out = b_.expressions.formula(place, environment_).id;
  }
  void effect(bool required) {
    if (const Place place = required ? fields_.require("effect") : fields_.find("effect")) {
      property_.effect = b_.name_in(b_.effects, place, codes::ref_effect, "effect", "Effects");
    }
  }
  void event(bool required) {
    if (const Place place = required ? fields_.require("event") : fields_.find("event")) {
      property_.message = b_.name_in(b_.messages, place, codes::ref_message, "event", "Events");
    }
  }
  // Which messages: event, channel, consumer.
  void messages() {
    event(false);
    if (const Place place = fields_.find("channel")) property_.channel = b_.channel_named(place).value_or(none);
    if (const Place place = fields_.find("consumer")) {
      property_.service = b_.name_in(b_.services, place, codes::ref_service, "service", "Services");
    }
  }
  bool rows(std::initializer_list<const char*> others) {
    if (b_.read_quantifier(fields_, property_, environment_, true)) return true;
    for (const char* key : others) fields_.allow(key);
    return false;
  }
  // The key over a row, by default its primary key.
  void key_of_row() {
    if (const Place key = fields_.find("key")) property_.key = b_.expressions.formula(key, environment_).id;
    else property_.key = b_.expressions.generated("key", fields_.place(), environment_).id;
  }
  std::uint64_t whole(const char* key, bool required) {
    if (required) fields_.require(key);
    return static_cast<std::uint64_t>(fields_.integer(key, 0, 1'000'000'000, 0));
  }
  std::optional<Duration> required_time(const char* key) {
    const auto time = fields_.time(key);
    if (time) return time;
    if (!fields_.has(std::string(key) + "_ms") && !fields_.has(std::string(key) + "_s") && !fields_.has(std::string(key) + "_us")) {
      b_.reading.error(codes::key_missing, fields_.place(), fmt::format("{} is missing: {}_ms, {}_s or {}_us", in_quotes(key), key, key, key));
    }
    return Duration{};
  }
  std::uint64_t millionths(const char* key, bool required, double least, double most, double otherwise) {
    const Place place = required ? fields_.require(key) : fields_.find(key);
    double number = otherwise;
    if (place) number = b_.reading.real(place).value_or(otherwise);
    if (number < least || number > most) {
      b_.reading.error(codes::range_number, place, fmt::format("{} must be from {} to {}", in_quotes(key), least, most));
      number = otherwise;
    }
    return static_cast<std::uint64_t>(number * 1e6 + 0.5);
  }
  void tables(const char* key, bool required, std::vector<std::uint32_t>& out) {
    if (required) fields_.require(key);
    const Place list = fields_.list(key);
    for (std::size_t i = 0; list && i < list.node->items.size(); ++i) {
      const std::uint32_t table = b_.table_named(list.at(i));
      if (table != none) out.push_back(table);
    }
  }
  void applied() { property_.when_handled = fields_.word("applied", {"by_change", "handled"}, "Ways to apply", 0) == 1; }

  // ---- kinds -------------------------------------------------------------------------------------------
  void converges();
  void compare_columns(const Place& compare);
  void compare_common(const Place& ignore);
  void compare_values(const Place& values, const expr::Environment& left, const expr::Environment& right);
  void transitions();
  void dropped();
  void at_most_once();
  void demanded();
  void ghost();
  void conserved();
  void not_stuck();
  void amount();
  void replay();
  void replaying_handlers(const Place& list);
  void stock();
  void references();
  void unique();
  void amplification();
  void isolation();
  void key_order();
  void agreement();
  void confluent();

  Builder& b_;
  Fields& fields_;
  PropertySpec& property_;
  expr::Environment& environment_;
};

void LibraryProperty::converges() {
  const Place left = fields_.require("left");
  const Place right = fields_.require("right");
  if (left) property_.table = b_.table_named(left);
  if (right) property_.right = b_.table_named(right);
  if (const Place on = fields_.find("on")) {
    for (const std::uint32_t table : {property_.table, property_.right}) {
      const std::uint32_t column = b_.column_named(on, table);
      if (column != none && column != 0) {
        b_.reading.error(codes::ref_column, on, "rows are matched by their keys, and the key of " + b_.system->tables[table].display +
                         " is " + in_quotes(b_.system->tables[table].columns[0].name));
      }
    }
  }
  if (property_.table == none || property_.right == none) {
    for (const char* key : {"compare", "ignore", "values", "key", "when"}) fields_.allow(key);
    return;
  }
  const auto row = [&](std::uint32_t table) { return b_.types->record_type(b_.system->tables[table].record_type); };
  expr::Environment of_left = environment_, of_right = environment_;
  of_left.declare("left", row(property_.table), slot_item);
  of_right.declare("right", row(property_.right), slot_item);
  if (const Place key = fields_.find("key")) property_.key = b_.expressions.formula(key, of_left).id;
  condition("when", property_.when, false, of_left);
  const Place values = fields_.object("values");
  const Place ignore = fields_.list("ignore");
  const Place compare = fields_.find("compare");
  if (values) compare_values(values, of_left, of_right);
  if (compare) compare_columns(compare);
  else if (!values) compare_common(ignore);
  if (compare && ignore) b_.reading.error(codes::key_conflict, ignore, "what is compared is said by \"compare\" already");
}

void LibraryProperty::compare_columns(const Place& compare) {
  const auto pair = [&](const Place& a, const Place& b) {
    const std::uint32_t x = b_.column_named(a, property_.table);
    const std::uint32_t y = b_.column_named(b, property_.right);
    if (x != none && y != none) property_.compare.emplace_back(x, y);
  };
  if (compare.node->is(JsonKind::object)) {
    for (const JsonMember& member : compare.node->members) {
      JsonNode left_name = member.value;  // the key as a node of its own, for its position
      left_name.kind = JsonKind::string;
      left_name.text = member.key;
      left_name.where = member.key_where;
      pair({&left_name, pointer_to(compare.pointer, member.key)}, compare.at(member));
    }
  } else if (b_.reading.is_list(compare, "columns")) {
    for (std::size_t i = 0; i < compare.node->items.size(); ++i) pair(compare.at(i), compare.at(i));
  }
}

void LibraryProperty::compare_common(const Place& ignore) {
  std::vector<std::uint32_t> ignored;
  for (std::size_t i = 0; ignore && i < ignore.node->items.size(); ++i) ignored.push_back(b_.column_named(ignore.at(i), property_.table));
  const auto& left = b_.system->tables[property_.table].columns;
  const auto& right = b_.system->tables[property_.right].columns;
  for (std::uint32_t x = 1; x < left.size(); ++x) {
    if (std::find(ignored.begin(), ignored.end(), x) != ignored.end()) continue;
    for (std::uint32_t y = 1; y < right.size(); ++y) {
      if (left[x].name == right[y].name) property_.compare.emplace_back(x, y);
    }
  }
  if (property_.compare.empty()) {
    b_.reading.error(codes::key_missing, fields_.place(), "the tables have no column in common: \"compare\" or \"values\" must say what is compared");
  }
}

void LibraryProperty::compare_values(const Place& values, const expr::Environment& left, const expr::Environment& right) {
  for (const JsonMember& member : values.node->members) {
    Fields sides(b_.reading, values.at(member), "a pair of values");
    ValuePair pair;
    pair.name = member.key;
    if (const Place place = sides.require("left")) pair.left = b_.expressions.formula(place, left).id;
    if (const Place place = sides.require("right")) pair.right = b_.expressions.formula(place, right).id;
    sides.finish();
    if (pair.left != none && pair.right != none) property_.values.push_back(std::move(pair));
  }
}

void LibraryProperty::transitions() {
  if (const Place table = fields_.require("table")) property_.table = b_.table_named(table);
  if (const Place column = fields_.require("column")) property_.column = b_.column_named(column, property_.table);
  if (const Place start = fields_.list("start")) {
    for (std::size_t i = 0; i < start.node->items.size(); ++i) {
      if (const auto to = b_.scalar(start.at(i))) property_.allowed.emplace_back(Value{}, *to);
    }
  }
  fields_.require("allowed");
  const Place allowed = fields_.object("allowed");
  if (!allowed) return;
  for (const JsonMember& member : allowed.node->members) {
    const Place list = allowed.at(member);
    if (!b_.reading.is_list(list, "values")) continue;
    for (std::size_t i = 0; i < list.node->items.size(); ++i) {
      if (const auto to = b_.scalar(list.at(i))) property_.allowed.emplace_back(b_.string_value(member.key), *to);
    }
  }
}

void LibraryProperty::dropped() {
  messages();
  const Place list = fields_.list("allowed");
  static const std::vector<std::string> names{"ignored", "lost", "expired", "evicted", "unroutable"};
  constexpr Fate fates[] = {Fate::ignored, Fate::lost, Fate::expired, Fate::evicted, Fate::unroutable};
  for (std::size_t i = 0; list && i < list.node->items.size(); ++i) {
    if (const auto which = b_.reading.word(list.at(i), names, "Fates")) {
      property_.allowed_fates |= 1U << static_cast<unsigned>(fates[*which]);
    }
  }
}

void LibraryProperty::at_most_once() {
  effect(true);
  property_.at_most = static_cast<std::uint32_t>(fields_.integer("at_most", 0, 2, 1));  // counts saturate at 3
  fields_.text("key");
}

void LibraryProperty::demanded() {
  const bool of_event = property_.kind == PropertyKind::no_missing_event;
  if (of_event) event(true);
  else effect(true);
  if (!rows({"when", "unless", "key"})) return;
  condition("when", property_.when, false);
  if (!of_event) condition("unless", property_.unless, false);
  key_of_row();
}

void LibraryProperty::ghost() {
  event(true);
  environment_.declare("key", expr::types::dyn, slot_key_of_item);
  condition("announced_by", property_.predicate, true);
  property_.in_every_state = fields_.boolean("in_every_state", false);
}

void LibraryProperty::conserved() {
  formula("left", property_.predicate, true);
  formula("right", property_.other, true);
  property_.in_every_state = fields_.boolean("in_every_state", false);
}

void LibraryProperty::not_stuck() {
  if (rows({"until"})) condition("until", property_.predicate, true);
  property_.within = fields_.time("within");
  property_.after_faults = fields_.time("after_faults");
  if (property_.after_faults && !property_.within) {
    b_.reading.error(codes::key_missing, fields_.place(), "\"after_faults\" loosens a deadline, and there is none: \"within\" is missing");
  }
}

void LibraryProperty::amount() {
  effect(true);
  environment_.declare("key", expr::types::dyn, slot_key_of_item);
  formula("limit", property_.predicate, true);
}

void LibraryProperty::replay() {
  effect(false);
  const Place handlers = fields_.list("handlers");
  const Place marks = fields_.find("while");
  const Place fault = fields_.find("fault");
  if ((handlers ? 1 : 0) + (marks ? 1 : 0) + (fault ? 1 : 0) != 1) {
    b_.reading.error(codes::key_conflict, fields_.place(), "what a replay is must be said by exactly one of handlers, while, fault");
    return;
  }
  if (marks) property_.when = b_.expressions.condition(marks, environment_).id;
  if (fault) property_.fault = b_.name_in(b_.faults, fault, codes::ref_fault, "fault", "Faults");
  if (handlers) replaying_handlers(handlers);
}

void LibraryProperty::replaying_handlers(const Place& list) {
  Names names;
  for (std::uint32_t h = 0; h < b_.system->handlers.size(); ++h) {
    const Handler& handler = b_.system->handlers[h];
    names.emplace(b_.system->services[handler.service].name + "." + handler.name, h);
  }
  for (std::size_t i = 0; i < list.node->items.size(); ++i) {
    const std::uint32_t handler = b_.name_in(names, list.at(i), codes::ref_handler, "handler", "Handlers");
    if (handler != none) property_.handlers.push_back(handler);
  }
}

void LibraryProperty::stock() {
  if (!rows({"on_hand", "initial", "parts"})) return;
  formula("on_hand", property_.predicate, true);
  formula("initial", property_.other, false);
  const Place parts = fields_.object("parts");
  if (!parts) return;
  if (property_.other == none) b_.reading.error(codes::key_missing, parts, "parts add up to something: \"initial\" is missing");
  for (const JsonMember& member : parts.node->members) {
    const ExprId value = b_.expressions.formula(parts.at(member), environment_).id;
    if (value != none) property_.parts.push_back({member.key, value});
  }
}

void LibraryProperty::references() {
  if (const Place to = fields_.require("to")) property_.right = b_.table_named(to);
  tables("tombstones", false, property_.tables);
  if (!rows({"key", "when", "unless"})) return;
  key_of_row();
  condition("when", property_.when, false);
  condition("unless", property_.unless, false);
}

void LibraryProperty::unique() {
  if (!rows({"key", "when"})) return;
  formula("key", property_.key, true);
  condition("when", property_.when, false);
}

void LibraryProperty::amplification() {
  property_.parts_per_million = millionths("at_most", true, 0, 1e6, 1);
  property_.publishes = fields_.word("of", {"runs", "publishes"}, "Attempts", 0) == 1;
  property_.window = fields_.time("window");
  if (property_.window && *property_.window <= Duration{}) {
    b_.reading.error(codes::range_time, fields_.place(), "a window of time is longer than nothing");
    property_.window.reset();
  }
  messages();
}

void LibraryProperty::isolation() {
  property_.parts_per_million = millionths("share", false, 0, 1, 1);
  if (!rows({"until", "when"})) return;
  condition("until", property_.predicate, true);
  condition("when", property_.when, false);
}

void LibraryProperty::key_order() {
  messages();
  applied();
  const expr::Type type =
      property_.message == none ? expr::types::dyn : b_.types->record_type(b_.system->messages[property_.message].record_type);
  environment_.declare("event", type, slot_item);
  formula("by", property_.order, false);
  formula("key", property_.key, false);
}

void LibraryProperty::agreement() {
  event(false);
  if (const Place place = fields_.find("channel")) property_.channel = b_.channel_named(place).value_or(none);
  property_.whole_channel = fields_.word("per", {"key", "channel"}, "Orders", 0) == 1;
  const bool compares_ends = static_cast<bool>(fields_.find("missing"));
  const auto missing = static_cast<std::uint64_t>(fields_.integer("missing", 0, 1'000'000'000, 0));
  property_.limit = compares_ends ? missing + 1 : 0;
}

void LibraryProperty::confluent() {
  tables("tables", true, property_.tables);
  const Place list = fields_.list("ignore");
  Names columns;
  for (const std::uint32_t table : property_.tables) {
    const Table& spec = b_.system->tables[table];
    for (std::uint32_t c = 1; c < spec.columns.size(); ++c) columns.emplace(spec.display + "." + spec.columns[c].name, table << 16 | c);
  }
  for (std::size_t i = 0; list && i < list.node->items.size(); ++i) {
    const std::uint32_t which = b_.name_in(columns, list.at(i), codes::ref_column, "column", "Columns of these tables");
    if (which != none) property_.ignored.emplace_back(which >> 16, which & 0xffffU);
  }
}

void Builder::read_library_property(Fields& fields, PropertyKind kind, PropertySpec& property, expr::Environment& environment) {
  property.kind = kind;
  LibraryProperty(*this, fields, property, environment).read();
}

}  // namespace flowtank::loading
