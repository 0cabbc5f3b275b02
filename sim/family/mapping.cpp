// SPDX-License-Identifier: Apache-2.0
// See mapping.hpp. Changes of a row count from its first to its last state, so that what was changed back is no change.
#include "sim/family/mapping.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace flowtank::family {

namespace {

std::string text_of(const World& world, Word word) { return word == absent_word ? "-" : to_text(world.pool().value(word)); }

Word id_of(const World& world, Word message) {
  const Value value = world.pool().value(message);
  return value.kind == Kind::record ? world.pool().find(value.items()[field_id]) : absent_word;
}

}  // namespace

std::string message_words_with_data(const World& world, Word message) {
  const Value value = world.pool().value(message);
  if (value.kind != Kind::record) return to_text(value);
  const auto fields = value.items();
  std::string text = fmt::format("{} {}", to_text(fields[field_type]), to_text(fields[field_key]));
  const std::uint32_t type = world.message_type(message);
  if (type == none || fields[field_data].kind != Kind::record) return text;
  const auto& columns = world.system().messages[type].fields;
  const auto data = fields[field_data].items();
  text += " {";
  for (std::size_t i = 0; i < data.size() && i < columns.size(); ++i) {
    text += fmt::format("{}{}: {}", i == 0 ? "" : ", ", columns[i].name, to_text(data[i]));
  }
  return text + "}";
}

std::string_view name_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::row_added: return "row added";
    case ChangeKind::row_changed: return "row changed";
    case ChangeKind::row_removed: return "row removed";
    case ChangeKind::effect: return "effect";
    case ChangeKind::event_again: return "event again";
    case ChangeKind::event_new: return "new event";
    case ChangeKind::timer: return "timer";
  }
  return "";
}

std::string to_text(const Change& change) {
  std::string text = fmt::format("{} {}", name_of(change.kind), change.what);
  if (!change.subject.empty()) text += " " + change.subject;
  if (!change.detail.empty()) text += ": " + change.detail;
  return text;
}

std::string message_words(const World& world, Word message) {
  const Value value = world.pool().value(message);
  if (value.kind != Kind::record) return to_text(value);
  const auto fields = value.items();
  const std::string key = fields[field_key].kind == Kind::null ? "" : " " + to_text(fields[field_key]);
  return to_text(fields[field_type]) + key;
}

std::string timer_words(const World& world, std::uint32_t timer) {
  const TimerType& type = world.system().timers[timer];
  return fmt::format("{}.{}", world.system().services[type.service].name, type.name);
}

std::string row_words(const World& world, const Mapping& mapping, std::uint32_t table, std::span<const Word> columns) {
  const Table& spec = world.system().tables[table];
  std::string text = "{";
  for (std::size_t c = 1; c < columns.size(); ++c) {
    if (!mapping.keeps(table, c)) continue;
    const Value value = world.pool().value(columns[c]);
    const bool message = value.kind == Kind::record && world.message_type(columns[c]) != none;
    text += fmt::format("{}{}: {}", text.size() == 1 ? "" : ", ", spec.columns[c].name, message ? message_words_with_data(world, columns[c]) : text_of(world, columns[c]));
  }
  return text + "}";
}

Mapping::Mapping(const System& system, const std::vector<std::string>& ignore, std::vector<std::string>& unknown) : system_(system) {
  tables_.assign(system.tables.size(), true);
  why_tables_.resize(system.tables.size());
  columns_.resize(system.tables.size());
  why_columns_.resize(system.tables.size());
  for (std::uint32_t t = 0; t < system.tables.size(); ++t) {
    const Table& table = system.tables[t];
    columns_[t].assign(table.columns.size(), true);
    why_columns_[t].resize(table.columns.size());
    const auto drop = [&](std::size_t column, const char* why) {
      columns_[t][column] = false;
      why_columns_[t][column] = why;
    };
    if (table.role == TableRole::inbox) {
      tables_[t] = false;
      why_tables_[t] = "who handled what";
    }
    for (std::size_t c = 1; c < table.columns.size(); ++c) {
      const expr::TypeKind kind = system.types->kind(table.columns[c].type);
      if (kind == expr::TypeKind::timestamp) drop(c, "a time");
      if (c == table.sequence || c == table.commit_order) drop(c, "a number that the database gives away");
    }
    for (const std::string& name : ignore) {
      if (name == table.display || name == table.name) {
        tables_[t] = false;
        why_tables_[t] = "as asked";
      }
      for (std::size_t c = 1; c < table.columns.size(); ++c) {
        if (name == table.display + "." + table.columns[c].name) drop(c, "as asked");
      }
    }
  }
  for (const std::string& name : ignore) {
    const bool known = std::any_of(system.tables.begin(), system.tables.end(), [&](const Table& table) {
      if (name == table.display || name == table.name) return true;
      return std::any_of(table.columns.begin(), table.columns.end(), [&](const Column& column) { return name == table.display + "." + column.name; });
    });
    if (!known) unknown.push_back(name);
  }
}

bool Mapping::differ(const RowChange& row, std::set<std::string>* left_out) const {
  if (row.before == row.after) return false;
  const std::string& name = system_.tables[row.table].display;
  if (!tables_[row.table]) {
    if (left_out != nullptr) left_out->insert(fmt::format("table {} ({})", name, why_tables_[row.table]));
    return false;
  }
  if (row.before.empty() || row.after.empty()) return true;
  bool differs = false;
  for (std::size_t c = 0; c < row.after.size(); ++c) {
    if (row.before[c] == row.after[c]) continue;
    if (columns_[row.table][c]) differs = true;
    else if (left_out != nullptr) left_out->insert(fmt::format("column {}.{} ({})", name, system_.tables[row.table].columns[c].name, why_columns_[row.table][c]));
  }
  return differs;
}

std::vector<RowChange> Mapping::net(const Consequences& consequences, std::set<std::string>* left_out) const {
  std::vector<RowChange> rows;
  for (const RowChange& change : consequences.rows) {
    const auto same = std::find_if(rows.begin(), rows.end(), [&](const RowChange& r) { return r.table == change.table && r.key == change.key; });
    if (same == rows.end()) rows.push_back(change);
    else same->after = change.after;
  }
  std::erase_if(rows, [&](const RowChange& row) { return !differ(row, left_out); });
  return rows;
}

bool Mapping::nothing(const Consequences& consequences) {
  if (!consequences.effects.empty() || !consequences.sent.empty() || !consequences.timers.empty()) {
    return false;
  }
  return consequences.rows.empty() || net(consequences, &left_out_).empty();
}

std::vector<Change> Mapping::changes(const World& world, const Consequences& consequences, const std::vector<Word>& known) {
  std::vector<Change> out;
  const auto again = [&](Word message) {
    const Word id = id_of(world, message);
    return id != absent_word && std::any_of(known.begin(), known.end(), [&](Word other) { return id_of(world, other) == id; });
  };
  const auto event = [&](Word message, const std::string& where) {
    left_out_.insert("ids of events");
    out.push_back({again(message) ? ChangeKind::event_again : ChangeKind::event_new, message_words(world, message), where, ""});
  };
  for (const RowChange& row : net(consequences, &left_out_)) {
    const Table& table = system_.tables[row.table];
    const std::string key = text_of(world, row.key);
    if (table.role == TableRole::outbox && !row.after.empty()) {
      Word message = absent_word;
      for (const Word word : row.after) {
        if (world.pool().value(word).kind == Kind::record && world.message_type(word) != none) message = word;
      }
      if (message != absent_word) {
        event(message, "(in " + table.display + ")");
        continue;
      }
    }
    if (row.before.empty()) {
      out.push_back({ChangeKind::row_added, table.display, key, row_words(world, *this, row.table, row.after)});
    } else if (row.after.empty()) {
      out.push_back({ChangeKind::row_removed, table.display, key, row_words(world, *this, row.table, row.before)});
    } else {
      std::string detail;
      for (std::size_t c = 1; c < row.after.size(); ++c) {
        if (row.before[c] == row.after[c] || !keeps(row.table, c)) continue;
        detail += fmt::format("{}{} {} -> {}", detail.empty() ? "" : ", ", table.columns[c].name, text_of(world, row.before[c]), text_of(world, row.after[c]));
      }
      out.push_back({ChangeKind::row_changed, table.display, key, detail});
    }
  }
  for (const EffectDone& effect : consequences.effects) {
    const EffectType& type = system_.effects[effect.effect];
    const std::string name = type.service == none ? type.name : system_.services[type.service].name + "." + type.name;
    out.push_back({ChangeKind::effect, name, text_of(world, effect.key), effect.amount == 0 ? "" : fmt::format("amount {}", effect.amount)});
  }
  for (const Word message : consequences.sent) event(message, "");
  for (const auto& [timer, key] : consequences.timers) out.push_back({ChangeKind::timer, timer_words(world, timer), text_of(world, key), "armed again"});
  return out;
}

std::vector<std::string> Mapping::outcome(const World& world, const Consequences& consequences) const {
  std::vector<std::string> out;
  for (const RowChange& row : net(consequences, nullptr)) {
    const Table& table = system_.tables[row.table];
    if (table.role == TableRole::outbox && !row.after.empty()) {
      out.push_back(fmt::format("row {}: {}", table.display, row_words(world, *this, row.table, row.after)));
      continue;
    }
    out.push_back(fmt::format("row {} {}: {}", table.display, text_of(world, row.key), row.after.empty() ? "gone" : row_words(world, *this, row.table, row.after)));
  }
  for (const EffectDone& effect : consequences.effects) {
    out.push_back(fmt::format("effect {} {} {}", system_.effects[effect.effect].name, text_of(world, effect.key), effect.amount));
  }
  for (const Word message : consequences.sent) {
    out.push_back("event " + message_words_with_data(world, message));
  }
  for (const auto& [timer, key] : consequences.timers) out.push_back(fmt::format("timer {} {}", timer_words(world, timer), text_of(world, key)));
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> Mapping::drops() const {
  std::vector<std::string> out{"ids of events"};
  for (std::size_t t = 0; t < tables_.size(); ++t) {
    const Table& table = system_.tables[t];
    if (!tables_[t]) out.push_back(fmt::format("table {} ({})", table.display, why_tables_[t]));
    for (std::size_t c = 0; c < columns_[t].size() && tables_[t]; ++c) {
      if (!columns_[t][c]) out.push_back(fmt::format("column {}.{} ({})", table.display, table.columns[c].name, why_columns_[t][c]));
    }
  }
  return out;
}

}  // namespace flowtank::family
