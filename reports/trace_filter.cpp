// SPDX-License-Identifier: Apache-2.0
// Filters of records: an expression over what a record says. Only what the expression reads is looked up.
#include <algorithm>
#include <memory>

#include <sim/expr/error.hpp>
#include <sim/expr/program.hpp>

#include "reports/text.hpp"
#include "reports/trace_view.hpp"

namespace flowtank::reports {
namespace {

enum Slot : std::uint32_t {
  slot_id, slot_time, slot_kind, slot_outcome, slot_service, slot_instance, slot_handler, slot_step, slot_place, slot_type, slot_key, slot_data,
  slot_before, slot_detail, slots
};

expr::Environment environment() {
  namespace types = expr::types;
  expr::Environment names;
  names.declare("id", types::int64, slot_id);
  names.declare("time", types::duration, slot_time);
  names.declare("kind", types::string, slot_kind);
  names.declare("outcome", types::string, slot_outcome);
  names.declare("service", types::string, slot_service);
  names.declare("instance", types::int64, slot_instance);
  names.declare("handler", types::string, slot_handler);
  names.declare("step", types::string, slot_step);
  names.declare("place", types::string, slot_place);
  names.declare("type", types::string, slot_type);
  names.declare("key", types::dyn, slot_key);
  names.declare("data", types::dyn, slot_data);
  names.declare("before", types::dyn, slot_before);
  names.declare("detail", types::dyn, slot_detail);
  return names;
}

// Fields by name, as an expression reads them.
Value map_of(const Value& record, const std::vector<Column>& columns, Arena& arena) {
  std::vector<std::pair<Value, Value>> pairs;
  for (std::size_t c = 0; c < columns.size() && c < record.items().size(); ++c) {
    const Value item = record.items()[c];
    pairs.emplace_back(arena.make_string(columns[c].name), item.is(Kind::absent) ? Value::of_null() : item);
  }
  std::sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return compare(a.first, b.first) < 0; });
  pairs.erase(std::unique(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return identical(a.first, b.first); }), pairs.end());
  std::vector<Value> flat;
  for (const auto& [key, value] : pairs) {
    flat.push_back(key);
    flat.push_back(value);
  }
  const Value map = arena.make_map(flat);
  return map.is(Kind::absent) ? Value::of_null() : map;
}

bool is_message(const Value& value) { return value.is(Kind::record) && value.items().size() == message_fields; }

const MessageType* type_of(const System& system, const Value& message) {
  const auto found = std::find_if(system.messages.begin(), system.messages.end(), [&](const MessageType& m) { return m.record_type == message.tag; });
  return found == system.messages.end() ? nullptr : &*found;
}

}  // namespace

std::optional<RecordFilter> TraceView::filter(const std::string& expression, std::string& error, Diagnostics& diagnostics) const {
  expr::Place where;
  where.file = "--filter";
  expr::CompileOptions options;
  options.expected = expr::types::boolean;
  auto program = expr::compile(expression, environment(), diagnostics, where, options);
  if (!program) return std::nullopt;
  auto arena = std::make_shared<Arena>();
  const auto wanted = [this, program = *program, arena, &error](const Record& record) {
    arena->reset();
    Value values[slots] = {};
    const Pool& pool = records_.pool();
    const Value message = record.subject == absent_word ? Value() : pool.value(record.subject);
    const auto text = [&](std::string_view s) { return arena->make_string(s); };
    const auto content = [&](Word word) {
      const Value value = word == absent_word ? Value::of_null() : pool.value(word);
      if (!value.is(Kind::record) || record.place >= system_.tables.size() ||
          (record.kind != RecordKind::row_changed && record.kind != RecordKind::row_write)) {
        return value;
      }
      return map_of(value, system_.tables[record.place].columns, *arena);
    };
    for (const std::uint32_t slot : program.slots()) {
      switch (slot) {
        case slot_id: values[slot] = Value::of_int(record.id); break;
        case slot_time: values[slot] = Value::of_duration(record.time.nanoseconds()); break;
        case slot_kind: values[slot] = text(kind_name(record.kind)); break;
        case slot_outcome: values[slot] = text(outcome_name(record.outcome)); break;
        case slot_service: values[slot] = text(record.service < system_.services.size() ? system_.services[record.service].name : std::string()); break;
        case slot_instance: values[slot] = Value::of_int(record.service < system_.services.size() ? record.instance + 1 : 0); break;
        case slot_handler: values[slot] = text(record.handler < system_.handlers.size() ? system_.handlers[record.handler].name : std::string()); break;
        case slot_step: values[slot] = text(text_.step(record)); break;
        case slot_place: values[slot] = text(place(record)); break;
        case slot_type: {
          const MessageType* type = is_message(message) ? type_of(system_, message) : nullptr;
          values[slot] = text(type != nullptr ? type->name : is_message(message) && message.items()[field_type].is(Kind::string)
                                                                 ? std::string(message.items()[field_type].text()) : std::string());
          break;
        }
        case slot_key: values[slot] = record.key != absent_word ? pool.value(record.key) : is_message(message) ? message.items()[field_key] : Value::of_null(); break;
        case slot_data: {
          const MessageType* type = is_message(message) ? type_of(system_, message) : nullptr;
          const Value data = is_message(message) ? message.items()[field_data] : Value::of_null();
          values[slot] = type != nullptr && data.is(Kind::record) ? map_of(data, type->fields, *arena) : data;
          break;
        }
        case slot_before: values[slot] = content(record.before); break;
        default: values[slot] = content(record.detail); break;
      }
      if (values[slot].is(Kind::absent)) values[slot] = Value::of_null();
    }
    expr::EmptyHost host;
    const Value result = expr::evaluate(program, values, host, *arena);
    // Fields that a record does not have are no error of the expression.
    if (result.is(Kind::error) && error.empty()) error = std::string(result.text());
    return result.is(Kind::boolean) && result.b;
  };
  return RecordFilter(wanted);
}

}  // namespace flowtank::reports
