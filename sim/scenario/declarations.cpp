// SPDX-License-Identifier: Apache-2.0
// What a model declares for one service: messages, tables, effects, timers; and the observation tables
// that properties read. An event or command is one type for the whole System, so two models that speak of
// the same one must give it the same shape.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "sim/scenario/builder.hpp"

namespace flowtank::loading {

std::uint32_t Builder::add_table(Table table, const std::string& display, std::vector<expr::Field> fields) {
  table.display = display;
  const expr::Type record = types->add_record({"rows of " + display, true, std::move(fields)});
  table.record_type = types->record_id(record);
  const auto index = static_cast<std::uint32_t>(system->tables.size());
  tables[display] = index;
  system->tables.push_back(std::move(table));
  return index;
}

void Builder::observation(const std::string& display, expr::Type key, bool amount, std::uint32_t& out) {
  if (const auto found = tables.find(display); found != tables.end()) {
    out = found->second;
    return;
  }
  Table table;
  table.name = display;
  table.role = TableRole::observation;
  std::vector<expr::Field> fields{{"key", key}, {"count", expr::types::int64}};
  if (amount) fields.push_back({"amount", expr::types::int64});
  for (const expr::Field& field : fields) table.columns.push_back({field.name, field.type});
  out = add_table(std::move(table), display, std::move(fields));
}

namespace {

// The constant of an option in expressions.
std::pair<expr::Type, Value> option_value(Arena& arena, const JsonNode& node, const JsonNode* declaration) {
  const JsonNode* type = declaration ? declaration->find("type") : nullptr;
  if (type && type->text == "duration") {
    const auto value = node.is(JsonKind::string) ? parse_duration(node.text)
                       : node.is(JsonKind::integer) ? checked_multiply(ms(1), node.integer) : checked_duration(node.real, ms(1));
    return {expr::types::duration, Value::of_duration(value.value_or(Duration::zero()).nanoseconds())};
  }
  switch (node.kind) {
    case JsonKind::boolean: return {expr::types::boolean, Value::of_bool(node.boolean)};
    case JsonKind::integer: return {expr::types::int64, Value::of_int(node.integer)};
    default: return {expr::types::string, arena.make_string(node.text)};
  }
}

}  // namespace

void Builder::declare(ServiceScope& scope) {
  reading.options = &scope.options;
  Fields model(reading, {&scope.model->root, ""}, "a model");
  for (const char* key : {"$schema", "name", "doc", "extends", "see"}) model.allow(key);
  if (const Place version = model.require("flowtank"); version && reading.integer(version, 1, 1'000'000).value_or(1) != 1) {
    reading.error(codes::model_version, version, "this Flowtank reads version 1");
  }
  for (const char* key : {"weaknesses", "options", "events", "commands", "tables", "effects", "handlers", "pollers", "timers"}) model.allow(key);
  model.finish();
  scope.environment = expr::Environment(types);
  const JsonNode* declared = scope.model->root.find("options");
  for (const auto& [name, node] : scope.options) {
    const auto [type, value] = option_value(*system->constants, node, declared ? declared->find(name) : nullptr);
    scope.environment.declare_constant("options." + name, type, value);
  }
  declare_messages(scope, "events", false);
  declare_messages(scope, "commands", true);
  declare_effects_and_timers(scope);
  declare_tables(scope);
  collect_weaknesses(reading, *scope.model, scope.use, scope.with, scope.index, scenario.weaknesses);
  for (const auto& [name, node] : scope.options) {
    const JsonNode& value = node;
    std::string text = value.is(JsonKind::integer) ? std::to_string(value.integer) : value.is(JsonKind::boolean) ? (value.boolean ? "true" : "false") : value.text;
    scenario.choices.emplace_back("services." + system->services[scope.index].name + ".with." + name, std::move(text));
  }
  reading.options = nullptr;
}

void Builder::declare_messages(ServiceScope& scope, const char* section_name, bool commands) {
  const Place section{scope.model->root.find(section_name), pointer_to("", section_name)};
  if (!section || !reading.is_object(section, section_name)) return;
  for (const JsonMember& member : section.node->members) {
    if (cel_name(section, member) && is_included(reading, section.at(member))) declare_message(scope, section, member, commands);
  }
}

void Builder::declare_message(ServiceScope& scope, const Place& section, const JsonMember& member, bool command) {
  Fields fields(reading, section.at(member), command ? "a command" : "an event");
  if (!fields.valid()) return;
  fields.allow("doc");
  fields.allow("only");
  MessageType message;
  message.name = member.key;
  message.command = command;
  message.version = static_cast<std::uint32_t>(fields.integer("version", 1, 1'000'000, 1));
  std::string shape = command ? "command" : fmt::format("event v{}", message.version);
  std::vector<expr::Field> data;
  std::vector<std::string> names;
  if (const Place list = fields.object("fields")) {
    for (const JsonMember& field : list.node->members) {
      if (!cel_name(list, field)) continue;
      // A number that no producer gives: which copy of the event this is.
      const bool copy = !command && field.value.is(JsonKind::string) && field.value.text == "copy";
      if (copy) message.copy_field = static_cast<std::uint32_t>(data.size());
      const expr::Type type = copy ? expr::types::int64 : type_named(list.at(field));
      data.push_back({field.key, type});
      names.push_back(field.key);
      message.fields.push_back({field.key, type});
      shape += fmt::format(" {}:{}", field.key, copy ? "copy" : types->name(type));
    }
  }
  if (const Place key = fields.find("key")) {
    const auto name = reading.text(key);
    const auto found = name ? std::find(names.begin(), names.end(), *name) : names.end();
    if (found != names.end()) message.key_field = static_cast<std::uint32_t>(found - names.begin());
    else if (name) reading.unknown_name(codes::ref_field, key, "field", *name, names, "Fields");
    if (name) shape += " key:" + *name;
  }
  if (const Place channel = command ? Place{} : fields.find("channel")) {
    if (const auto name = reading.text(channel)) scope.default_channel[member.key] = *name;
  }
  fields.finish();
  if (const auto known = message_shapes.find(member.key); known != message_shapes.end()) {
    if (known->second.first != shape) {
      reading.error_at_key(codes::type_shape, section, member, in_quotes(member.key) + " has another shape in " + known->second.second,
                           "Here: " + shape + ". There: " + known->second.first + ".");
    }
    scope.messages[member.key] = messages[member.key];
    return;
  }
  message_shapes[member.key] = {shape, scope.model->file};
  const std::string display = (command ? "command " : "event ") + member.key;
  const expr::Type key_type = message.key_field == none ? expr::types::dyn : message.fields[message.key_field].type;
  const expr::Type data_type = types->add_record({"data of " + display, true, std::move(data)});
  const expr::Type record = types->add_record(
      {display, false, {{"id", expr::types::string}, {"type", expr::types::string}, {"key", key_type}, {"data", data_type}}});
  message.data_type = types->record_id(data_type);
  message.record_type = types->record_id(record);
  messages[member.key] = scope.messages[member.key] = static_cast<std::uint32_t>(system->messages.size());
  system->messages.push_back(std::move(message));
}

void Builder::declare_effects_and_timers(ServiceScope& scope) {
  const Place list{scope.model->root.find("effects"), "/effects"};
  if (list && reading.is_object(list, "effects")) {
    for (const JsonMember& member : list.node->members) {
      if (!cel_name(list, member) || !is_included(reading, list.at(member))) continue;
      Fields fields(reading, list.at(member), "an effect");
      fields.allow("doc");
      fields.allow("only");
      fields.finish();
      // An effect of the same name is the same business effect, whoever causes it.
      if (effects.count(member.key) == 0) {
        effects[member.key] = static_cast<std::uint32_t>(system->effects.size());
        system->effects.push_back({member.key, scope.index, none});
      }
      scope.effects[member.key] = effects[member.key];
    }
  }
  const Place timers{scope.model->root.find("timers"), "/timers"};
  if (!timers || !reading.is_object(timers, "timers")) return;
  for (const JsonMember& member : timers.node->members) {
    if (!cel_name(timers, member) || !is_included(reading, timers.at(member))) continue;
    Fields fields(reading, timers.at(member), "a timer");
    fields.allow("doc");
    fields.allow("only");
    const auto timer_class = static_cast<TimerClass>(fields.word("class", {"race", "slow"}, "Timer classes", 0));
    const Duration length = fields.time("length").value_or(Duration::infinite());
    fields.finish();
    scope.timers[member.key] = static_cast<std::uint32_t>(system->timers.size());
    const expr::Type input = types->add_record({"timer " + member.key, false, {{"id", expr::types::string}, {"type", expr::types::string},
                                                {"key", expr::types::dyn}, {"data", expr::types::null}}});
    system->timers.push_back({member.key, scope.index, none, types->record_id(input), timer_class, length});
  }
}

void Builder::declare_tables(ServiceScope& scope) {
  const Place section{scope.model->root.find("tables"), "/tables"};
  if (!section || !reading.is_object(section, "tables")) return;
  for (const JsonMember& member : section.node->members) {
    if (cel_name(section, member) && is_included(reading, section.at(member))) declare_table(scope, section, member);
  }
}

void Builder::read_unique(const Place& list, Table& table) {
  std::vector<std::string> names;
  for (const Column& column : table.columns) names.push_back(column.name);
  for (std::size_t i = 0; i < list.node->items.size(); ++i) {
    const Place set = list.at(i);
    std::vector<std::uint32_t> indices;
    if (!reading.is_list(set, "columns that are unique together")) continue;
    for (std::size_t k = 0; k < set.node->items.size(); ++k) {
      const auto name = reading.text(set.at(k));
      if (!name) continue;
      const auto found = std::find(names.begin(), names.end(), *name);
      if (found != names.end()) indices.push_back(static_cast<std::uint32_t>(found - names.begin()));
      else reading.unknown_name(codes::ref_column, set.at(k), "column", *name, names, "Columns");
    }
    if (!indices.empty()) table.unique.push_back(std::move(indices));
  }
}

void Builder::declare_table(ServiceScope& scope, const Place& section, const JsonMember& member) {
  Fields fields(reading, section.at(member), "a table");
  if (!fields.valid()) return;
  fields.allow("doc");
  fields.allow("only");
  Table table;
  table.name = member.key;
  table.service = scope.index;
  table.durable = fields.boolean("durable", true);
  if (!table.durable && system->services[scope.index].instances > 1) {
    reading.error(codes::run_shared_memory, fields.place(),
                  fmt::format("{} keeps this table in memory and has {} instances", system->services[scope.index].name, system->services[scope.index].instances),
                  "Memory belongs to one instance; a table in memory is modelled for one instance only. Use 1 instance, or a durable table.");
  }
  table.role = static_cast<TableRole>(fields.word("role", {"data", "inbox", "outbox"}, "Roles", 0));
  const Place key = fields.require("key");
  const auto key_name = key ? reading.text(key) : std::nullopt;
  std::vector<expr::Field> row;
  std::vector<std::string> names;
  std::string sequence, commit_order;  // columns that the database fills
  const Place columns = fields.require("columns");
  if (columns && reading.is_object(columns, "columns")) {
    for (const JsonMember& column : columns.node->members) {
      if (!cel_name(columns, column)) continue;
      const std::string filled = column.value.is(JsonKind::string) ? column.value.text : "";
      std::string* const filled_column = filled == "sequence" ? &sequence : filled == "commit_order" ? &commit_order : nullptr;
      if (filled_column && !filled_column->empty()) reading.error(codes::model_duplicate, columns.at(column), "a table has one " + filled + " at most");
      if (filled_column) *filled_column = column.key;
      if (filled == "commit_order" && key_name && column.key == *key_name) {
        reading.error(codes::type_name, columns.at(column), "the key of a row cannot wait for the commit", "\"sequence\" is given at insert.");
      }
      const expr::Type type = filled_column ? expr::types::int64 : type_named(columns.at(column));
      names.push_back(column.key);
      // Column 0 is the key.
      row.insert(key_name && column.key == *key_name ? row.begin() : row.end(), {column.key, type});
    }
    if (key_name && std::find(names.begin(), names.end(), *key_name) == names.end()) {
      reading.unknown_name(codes::ref_column, key, "column", *key_name, names, "Columns");
    }
  }
  if (row.empty()) row.push_back({"key", expr::types::dyn});
  for (const expr::Field& field : row) {
    const auto index = static_cast<std::uint32_t>(table.columns.size());
    if (field.name == sequence) table.sequence = index;
    if (field.name == commit_order) table.commit_order = index;
    table.columns.push_back({field.name, field.type});
  }
  if (const Place unique = fields.list("unique")) read_unique(unique, table);
  fields.finish();
  const expr::Type key_type = row[0].type;
  const std::uint32_t index = add_table(std::move(table), system->services[scope.index].name + "." + member.key, std::move(row));
  scope.tables[member.key] = index;
  system->services[scope.index].tables.push_back(index);
  scope.environment.declare_constant("db." + member.key, types->map(key_type, types->record_type(system->tables[index].record_type)),
                                     expr::table_value(index));
}

void Builder::finish_declarations() {
  for (EffectType& effect : system->effects) observation("effects." + effect.name, expr::types::dyn, true, effect.table);
  for (MessageType& message : system->messages) {
    if (message.command) continue;
    const expr::Type key = message.key_field == none ? expr::types::dyn : message.fields[message.key_field].type;
    observation("accepted." + message.name, key, false, message.accepted_table);
  }
  for (Service& service : system->services) observation("dead." + service.name, expr::types::dyn, false, service.dead_letters);
}

}  // namespace flowtank::loading
