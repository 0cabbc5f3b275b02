// SPDX-License-Identifier: Apache-2.0
// Steps that reach out of the service: publish, outbox, effect, call, reply, ack, nack, timers.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/handler_builder.hpp"

namespace flowtank::loading {

std::vector<ExprId> HandlerBuilder::data_fields(Open& open, const Place& data, std::uint32_t message) {
  const MessageType& type = builder_.system->messages[message];
  std::vector<ExprId> out(type.fields.size(), none);
  std::vector<std::string> names;
  for (const Column& field : type.fields) names.push_back(field.name);
  if (data && reading_.is_object(data, "data")) {
    for (const JsonMember& member : data.node->members) {
      const auto found = std::find(names.begin(), names.end(), member.key);
      if (found == names.end()) {
        reading_.error_at_key(codes::ref_field, data, member, type.name + " has no field " + in_quotes(member.key), name_hint(member.key, names, "Fields"));
        continue;
      }
      const auto index = static_cast<std::size_t>(found - names.begin());
      out[index] = value(open, data.at(member), type.fields[index].type, fmt::format("field {} of {}", member.key, type.name), false);
    }
  }
  const bool has_key = type.key_field == none || (data && data.node->find(names[type.key_field]) != nullptr);
  if (!has_key) {
    reading_.error(codes::key_missing, data ? data : open.fields.place(), type.name + " needs its key field " + in_quotes(names[type.key_field]));
  }
  return out;
}

std::string HandlerBuilder::make_event(Open& open, std::uint32_t message) {
  EventSpec spec;
  spec.message = message;
  spec.fields = data_fields(open, open.fields.find("data"), message);
  if (const Place id = open.fields.find("id")) spec.id = value(open, id, expr::types::string, "the id of an event", false);
  if (const Place key = open.fields.find("key")) spec.key = value(open, key, expr::types::dyn, "the key of an event", false);
  scope_.made.insert(message);
  const MessageType& type = builder_.system->messages[message];
  std::string name = fresh_local(builder_.types->record_type(type.record_type));
  emit(Op::make_event, step_index(open, open.verb + " " + type.name), local(name), add(program_.events, std::move(spec)));
  return name;
}

void HandlerBuilder::publish(Open& open) {
  const Place what = open.fields.require("publish");
  if (!what) return;
  const auto text = reading_.text(what);
  if (!text) return;
  if (text->starts_with('=')) {
    const Compiled event = expressions_.value(what, environment_);
    publish_event(open, lifted(open, event), "publish");
    return;
  }
  const std::uint32_t message = message_named(what, false);
  if (message == none) {
    for (const char* key : {"data", "id", "key"}) open.fields.allow(key);
    publish_event(open, none, "publish");
    return;
  }
  const std::string made = make_event(open, message);
  publish_event(open, expressions_.generated(made, what, environment_).id, "publish " + *text);
}

void HandlerBuilder::publish_event(Open& open, ExprId event, const std::string& label) {
  PublishSpec spec;
  spec.event = event;
  if (const Place channel = open.fields.find("channel")) spec.channel = builder_.channel_named(channel).value_or(none);
  spec.confirm = open.fields.boolean("confirm", true);
  spec.max_attempts = static_cast<std::uint32_t>(open.fields.integer("attempts", 0, 1'000'000, 0));
  // Apache Kafka's producer waits 100 ms before it sends again (producer configuration, retry.backoff.ms).
  spec.backoff = open.fields.time("backoff").value_or(ms(100));
  spec.swallow = open.fields.boolean("swallow", false);
  const Place on_error = open.fields.list("on_error");
  const auto index = add(program_.publishes, spec);
  const std::uint32_t step = step_index(open, label);
  emit(Op::publish, step, index);
  if (!on_error) return;
  const Jumps past{emit(Op::jump, step)};
  program_.publishes[index].on_error = here();
  steps(on_error);
  land(past);
}

void HandlerBuilder::outbox(Open& open) {
  const Place what = open.fields.require("outbox");
  const Place into = open.fields.find("into");
  const Place row = open.fields.object("row");
  const std::uint32_t message = what ? message_named(what, false) : none;
  std::uint32_t table = none;
  if (into) {
    table = table_named(open, into);
  } else {
    for (const auto& [name, index] : scope_.tables) {
      if (builder_.system->tables[index].role == TableRole::outbox && table == none) table = index;
    }
    if (table == none) {
      reading_.error(codes::ref_table, open.fields.place(), "the model has no table with the role outbox",
                     "Declare one, or name the table with \"into\".");
    }
  }
  if (message == none || table == none) {
    for (const char* key : {"data", "id", "key", "on_conflict"}) open.fields.allow(key);
    return;
  }
  const bool own = !in_transaction_;
  begin_own(open, "outbox " + builder_.system->messages[message].name);
  const std::string made = make_event(open, message);
  std::vector<ExprId> columns(builder_.system->tables[table].columns.size(), none);
  if (row) columns = row_columns(open, row, table);
  // The key is the event's id, the event goes to the column "event", and "sent" starts as false.
  const auto fill = [&](std::size_t column, const std::string& text) {
    if (columns[column] == none) columns[column] = expressions_.generated(text, open.fields.place(), environment_).id;
  };
  if (builder_.system->tables[table].sequence != 0) fill(0, made + ".id");
  bool has_event = false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string& name = builder_.system->tables[table].columns[i].name;
    if (name == "event") fill(i, made);
    if (name == "sent") fill(i, "false");
    has_event = has_event || name == "event";
  }
  if (!has_event) reading_.error(codes::ref_column, open.fields.place(), "an outbox table needs a column \"event\"");
  insert_row(open, table, "outbox " + builder_.system->messages[message].name, std::move(columns));
  if (own) end_own(open);
}

void HandlerBuilder::effect(Open& open) {
  const Place what = open.fields.require("effect");
  const Place key = open.fields.require("key");
  const Place amount = open.fields.find("amount");
  const Place idempotency_key = open.fields.find("idempotency_key");
  const auto name = what ? reading_.text(what) : std::nullopt;
  if (!name) return;
  EffectSpec spec;
  const auto found = scope_.effects.find(*name);
  if (found == scope_.effects.end()) reading_.unknown_name(codes::ref_effect, what, "effect", *name, names_of(scope_.effects), "Effects");
  else spec.effect = found->second;
  if (key) spec.key = value(open, key, expr::types::dyn, "the key of an effect", false);
  if (amount) spec.amount = value(open, amount, expr::types::int64, "the amount of an effect", false);
  if (idempotency_key) spec.idempotency_key = value(open, idempotency_key, expr::types::dyn, "an idempotency key", false);
  emit(Op::effect, step_index(open, *name), add(program_.effects, spec));
}

void HandlerBuilder::call(Open& open) {
  const Place what = open.fields.require("call");
  const Place to = open.fields.require("to");
  const Place data = open.fields.find("data");
  const Place result = open.fields.find("result");
  const Place outcome = open.fields.find("outcome");
  const auto timeout = open.fields.time("timeout");
  if (!what || !to) return;
  CallSpec spec;
  spec.message = message_named(what, true);
  if (const auto name = reading_.text(to)) {
    const auto found = builder_.services.find(*name);
    if (found != builder_.services.end()) spec.service = found->second;
    else reading_.unknown_name(codes::ref_service, to, "service", *name, names_of(builder_.services), "Services");
  }
  if (spec.message == none) return;
  spec.fields = data_fields(open, data, spec.message);
  if (timeout) spec.timeout = *timeout;
  if (result) {
    if (const auto name = reading_.text(result)) spec.result = declare_local(*name, expr::types::dyn, result);
  }
  if (outcome) {
    if (const auto name = reading_.text(outcome)) spec.outcome = declare_local(*name, expr::types::string, outcome);
  }
  emit(Op::call, step_index(open, "call " + builder_.system->messages[spec.message].name), add(program_.calls, std::move(spec)));
}

void HandlerBuilder::reply(Open& open) {
  const Place what = open.fields.require("reply");
  ReplySpec spec;
  spec.ok = open.fields.boolean("ok", true);
  if (what) spec.value = value(open, what, expr::types::dyn, "a reply", false);
  emit(Op::reply, step_index(open, "reply"), add(program_.replies, spec));
}

void HandlerBuilder::ack(Open& open) {
  open.fields.boolean("ack", true);
  if (!has_message_) reading_.error(codes::model_step_place, open.fields.place(), "there is no message to acknowledge here", "Only handlers of events have one.");
  emit(Op::settle, step_index(open, "ack"), 0, 0);
}

void HandlerBuilder::nack(Open& open) {
  open.fields.boolean("nack", true);
  if (!has_message_) reading_.error(codes::model_step_place, open.fields.place(), "there is no message to refuse here", "Only handlers of events have one.");
  emit(Op::settle, step_index(open, "nack"), 0, 1);
}

// A time as everywhere else: a number of milliseconds, also with a fraction, or a text with a unit; or an expression, of
// milliseconds or of type duration.
ExprId HandlerBuilder::delay(Open& open, const Place& given) {
  const Place place = reading_.resolve(given);
  const bool text = place.node->is(JsonKind::string);
  if (!text || !place.node->text.starts_with('=')) {
    const auto time = reading_.duration(place, ms(1));
    if (!time) return none;
    const bool whole = place.node->is(JsonKind::integer);
    const std::string literal = whole ? std::to_string(place.node->integer) : fmt::format("duration('{}ns')", time->nanoseconds());
    return expressions_.generated(literal, place, environment_).id;
  }
  const Compiled compiled = expressions_.value(place, environment_);
  if (!compiled) return none;
  const expr::TypeTable& types = *environment_.types();
  const auto fits = [&](expr::Type type) { return types.fits(compiled.type, type); };
  if (!fits(expr::types::int64) && !fits(expr::types::real) && !fits(expr::types::duration)) {
    reading_.error(codes::type_expression, place, "\"after_ms\" is a number of milliseconds or a duration, but this is " + types.name(compiled.type));
  }
  return lifted(open, compiled);
}

void HandlerBuilder::set_timer(Open& open) {
  const Place what = open.fields.require("timer");
  const Place key = open.fields.find("key");
  const Place after = open.fields.require("after_ms");
  if (!what) return;
  TimerSpec spec;
  spec.timer = timer_named(what).value_or(none);
  if (key) spec.key = value(open, key, expr::types::dyn, "the key of a timer", false);
  if (after) spec.after_ms = delay(open, after);
  emit(Op::set_timer, step_index(open, "set timer"), add(program_.timers, spec));
}

void HandlerBuilder::cancel_timer(Open& open) {
  const Place what = open.fields.require("cancel_timer");
  const Place key = open.fields.find("key");
  if (!what) return;
  TimerSpec spec;
  spec.timer = timer_named(what).value_or(none);
  if (key) spec.key = value(open, key, expr::types::dyn, "the key of a timer", false);
  emit(Op::cancel_timer, step_index(open, "cancel timer"), add(program_.timers, spec));
}

}  // namespace flowtank::loading
