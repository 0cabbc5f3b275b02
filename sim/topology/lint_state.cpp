// SPDX-License-Identifier: Apache-2.0
// Findings on what is declared and not used: tables, columns, options of models, timers. A table counts as read
// when a handler, a client or a property looks at it; a column likewise, or when its table is compared whole.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "sim/topology/study.hpp"

namespace flowtank::topology {

namespace {

using ColumnOf = std::pair<std::uint32_t, std::uint32_t>;  // table, column

struct Usage {
  std::set<std::uint32_t> filled, read;
  std::set<ColumnOf> written, looked_at;

  void read_whole(const System& system, std::uint32_t table) {
    read.insert(table);
    for (std::uint32_t c = 0; c < system.tables[table].columns.size(); ++c) looked_at.emplace(table, c);
  }
};

// The record behind a type: of a row, or of the elements of lists and maps.
std::uint32_t record_in(const expr::TypeTable& types, expr::Type type) {
  for (int depth = 0; depth < 8; ++depth) {
    const expr::TypeKind kind = types.kind(type);
    if (kind == expr::TypeKind::record) return types.record_id(type);
    if (kind != expr::TypeKind::list && kind != expr::TypeKind::map) return none;
    type = types.element(type);
  }
  return none;
}

void writes(const System& system, Usage& usage) {
  for (const Handler& handler : system.handlers) {
    for (const InsertSpec& insert : handler.program.inserts) {
      if (insert.table == none) continue;
      usage.filled.insert(insert.table);
      for (std::uint32_t c = 0; c < insert.columns.size(); ++c) {
        if (insert.columns[c] != none) usage.written.emplace(insert.table, c);
      }
      // An insert that stops at a row which is there has looked at it.
      if (insert.on_conflict == OnConflict::jump || insert.on_conflict == OnConflict::error) usage.read.insert(insert.table);
    }
    for (const UpdateSpec& update : handler.program.updates) {
      if (update.table == none) continue;
      for (const Assignment& set : update.set) usage.written.emplace(update.table, set.column);
      if (update.changed != none) usage.read.insert(update.table);
    }
  }
}

void reads_of_expressions(const Study& study, Usage& usage) {
  const System& system = study.system;
  std::set<ExprId> locals;
  for (const auto& sites : study.sites) {
    for (const Site& site : sites) {
      if (site.role == Role::local) locals.insert(site.expression);
    }
  }
  std::map<std::uint32_t, std::uint32_t> table_of;  // by record
  std::map<std::string, std::vector<ColumnOf>> columns_called;
  for (std::uint32_t t = 0; t < system.tables.size(); ++t) {
    table_of[system.tables[t].record_type] = t;
    for (std::uint32_t c = 0; c < system.tables[t].columns.size(); ++c) columns_called[system.tables[t].columns[c].name].emplace_back(t, c);
  }
  for (ExprId id = 0; id < system.expressions.size(); ++id) {
    if (study.spoken[id]) continue;
    const expr::Program& program = system.expressions[id];
    const ExpressionUse use = use_of(program);
    for (const expr::TableAccess& access : program.accesses()) usage.read.insert(static_cast<std::uint32_t>(access.table.u));
    const std::uint32_t whole = locals.count(id) != 0 ? none : record_in(program.types(), program.result_type());
    if (const auto table = table_of.find(whole); table != table_of.end()) usage.read_whole(system, table->second);
    for (const auto& [record, field] : use.fields) {
      if (const auto table = table_of.find(record); table != table_of.end()) usage.looked_at.emplace(table->second, field);
    }
    for (const auto* names : {&use.names, &use.tested}) {
      for (const std::string& name : *names) {
        if (const auto columns = columns_called.find(name); columns != columns_called.end()) usage.looked_at.insert(columns->second.begin(), columns->second.end());
      }
    }
  }
}

void reads_from_outside(const Study& study, Usage& usage) {
  const System& system = study.system;
  for (const PropertySpec& property : study.scenario.properties) {
    for (const std::uint32_t table : {property.table, property.right}) {
      if (table == none) continue;
      usage.read.insert(table);
      if (property.predicate == none && property.compare.empty() && property.column == none) usage.read_whole(system, table);
    }
    for (const auto& [left, right] : property.compare) {
      usage.looked_at.emplace(property.table, left);
      usage.looked_at.emplace(property.right, right);
    }
    for (const std::uint32_t table : property.tables) usage.read_whole(system, table);
    if (property.column != none) usage.looked_at.emplace(property.table, property.column);
  }
  for (const Edge& edge : study.topology.edges()) {
    const Node& from = study.topology.nodes()[edge.from];
    if (edge.kind == EdgeKind::reads && study.topology.nodes()[edge.to].kind == NodeKind::client) usage.read_whole(system, from.index);
  }
}

void table(Study& study, const Usage& usage, std::uint32_t index) {
  const Table& t = study.system.tables[index];
  const Spot& spot = study.topology.nodes()[study.topology.node(NodeKind::table, index)].at;
  const bool filled = usage.filled.count(index) != 0;
  const bool read = usage.read.count(index) != 0;
  if (!filled && !read) study.warn(codes::lint_table_unused, t.display, spot, fmt::format("nobody uses table {}", t.display), "Remove it, or say with \"only\" which options need it.");
  else if (!filled) study.warn(codes::lint_table_unused, t.display, spot, fmt::format("nobody inserts into table {}, so it is always empty", t.display));
  else if (!read) study.note(codes::lint_table_unused, t.display, spot, fmt::format("nobody reads table {}", t.display), "Neither a handler nor a property looks at it.");
  if (!filled || !read) return;
  std::vector<std::string> unread;
  for (std::uint32_t c = 1; c < t.columns.size(); ++c) {
    if (c == t.sequence || c == t.commit_order) continue;
    const bool written = usage.written.count({index, c}) != 0;
    const bool looked_at = usage.looked_at.count({index, c}) != 0;
    const std::string& name = t.columns[c].name;
    if (written && !looked_at) unread.push_back(name);
    if (written) continue;
    study.warn(codes::lint_column_unused, t.display + "." + name, spot,
               looked_at ? fmt::format("column {} of {} is read, but nobody ever writes it", name, t.display) : fmt::format("nobody uses column {} of {}", name, t.display),
               looked_at ? "It is always null." : "Remove it.");
  }
  if (!unread.empty()) study.note(codes::lint_column_unused, t.display, spot, fmt::format("nobody reads {} of {}", listed(unread), t.display), "Neither a handler nor a property looks at it.");
}

void timers(Study& study) {
  const System& system = study.system;
  for (std::uint32_t i = 0; i < system.timers.size(); ++i) {
    const NodeId node = study.topology.node(NodeKind::timer, i);
    const auto& edges = study.topology.edges();
    const bool set = std::any_of(edges.begin(), edges.end(), [&](const Edge& e) { return e.kind == EdgeKind::sets && e.to == node; });
    const Node& timer = study.topology.nodes()[node];
    if (!set) study.warn(codes::lint_timer_unset, timer.subject, timer.at, fmt::format("nobody sets timer {} of {}", timer.name, study.service_name(system.timers[i].service)));
    else if (system.timers[i].handler == none) study.warn(codes::lint_timer_unset, timer.subject, timer.at, fmt::format("timer {} of {} is set, but nothing happens when it fires", timer.name, study.service_name(system.timers[i].service)), "Add a handler \"on\" it.");
  }
}

}  // namespace

void lint_state(Study& study) {
  Usage usage;
  writes(study.system, usage);
  reads_of_expressions(study, usage);
  reads_from_outside(study, usage);
  for (std::uint32_t i = 0; i < study.system.tables.size(); ++i) {
    if (study.system.tables[i].role != TableRole::observation) table(study, usage, i);
  }
  timers(study);
  for (const UnusedOption& option : study.scenario.unused_options) {
    study.warn(codes::lint_option_unused, option.model + "." + option.name, option.spot, fmt::format("option {} of model {} changes nothing", option.name, option.model),
               "Neither an \"only\" nor an expression of the model looks at it.");
  }
}

}  // namespace flowtank::topology
