// SPDX-License-Identifier: Apache-2.0
// The databases around a violation: the rows of the tables that the property looks at and that the violating step changed, with
// what was added, changed and removed; and the values that the property compares. Rows come from the committed changes of
// the trace, so that what is shown is what was recorded.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "reports/evidence_text.hpp"
#include "reports/html/parts.hpp"
#include "reports/text.hpp"

namespace flowtank::reports::html {
namespace {

constexpr std::size_t most_rows = 10;    // that are concerned
constexpr std::size_t most_others = 3;
constexpr std::size_t most_tables = 3;
constexpr std::size_t most_columns = 8;
constexpr std::size_t widest = 40;

struct RowPair {
  Word before = absent_word, after = absent_word;
};

class States {
 public:
  States(const Scenario& scenario, const PropertyOutcome& outcome, const Story& story)
      : system_(*scenario.system), spec_(scenario.properties[outcome.verdict.index]), outcome_(outcome), story_(story) {}

  std::string write() {
    if (outcome_.witness && outcome_.witness->world) find_tables();
    std::vector<std::string> parts;
    for (const std::uint32_t table : tables_) {
      if (std::string rows = table_of(table); !rows.empty()) parts.push_back(std::move(rows));
    }
    if (std::string counted_values = evidence(); !counted_values.empty()) parts.push_back(std::move(counted_values));
    if (parts.empty()) return "";
    to_.leaf("h4", split_ == no_record ? "State at the end" : "State before and after");
    if (split_ != no_record) to_.leaf("p", {{"class", "intro"}}, fmt::format("Around step {}. + added, ~ changed, − removed.", story_number_));
    to_.open("div", {{"class", "columns"}});
    for (const std::string& part : parts) to_.verbatim(part);
    to_.close();
    return to_.take();
  }

 private:
  void add_table(std::uint32_t table) {
    if (table >= system_.tables.size() || tables_.size() == most_tables) return;
    const TableRole role = system_.tables[table].role;
    if (role == TableRole::outbox || role == TableRole::observation) return;
    if (std::find(tables_.begin(), tables_.end(), table) == tables_.end()) tables_.push_back(table);
  }

  void find_tables() {
    const Trace& trace = outcome_.witness->trace;
    for (const StoryStep& step : story_.steps) {
      if (step.mark != StoryMark::violation || step.record >= trace.size()) continue;
      split_ = step.record;
      story_number_ = step.number;
    }
    add_table(spec_.table);
    add_table(spec_.right);
    for (const std::uint32_t table : spec_.tables) add_table(table);
    for (const Record& record : trace) {
      if (record.kind == RecordKind::row_changed && at_violation(record)) add_table(record.place);
    }
    // A property about effects or messages names no table: those of the service concerned.
    for (const Record& record : trace) {
      if (tables_.empty() && record.kind == RecordKind::row_changed && split_ == no_record) add_table(record.place);
    }
  }

  bool at_violation(const Record& record) const { return split_ != no_record && (record.id == split_ || record.parent == split_); }

  std::string text_of(const Value& value) const { return with_messages_named(system_, printable(to_text(value))); }

  std::map<std::string, RowPair> rows_of(std::uint32_t table) const {
    std::map<std::string, RowPair> rows;
    const Pool& pool = outcome_.witness->world->pool();
    for (const Record& record : outcome_.witness->trace) {
      if (record.kind != RecordKind::row_changed || record.place != table) continue;
      const bool now = at_violation(record);
      if (split_ != no_record && record.id > split_ && !now) break;
      RowPair& row = rows[record.key == absent_word ? std::string() : printable(to_text(pool.value(record.key)))];
      row.after = record.detail;
      if (!now) row.before = record.detail;
    }
    std::erase_if(rows, [](const auto& entry) { return entry.second.before == absent_word && entry.second.after == absent_word; });
    return rows;
  }

  bool concerned(const std::string& key) const {
    return std::any_of(outcome_.verdict.evidence.begin(), outcome_.verdict.evidence.end(), [&](const KeyEvidence& e) { return e.key == key; });
  }

  std::string table_of(std::uint32_t table) const {
    const auto rows = rows_of(table);
    Markup to;
    to.open("div");
    to.leaf("h5", printable(system_.tables[table].display));
    if (rows.empty()) {
      to.leaf("p", {{"class", "note"}}, "No row was ever committed.");
      to.close();
      return to.take();
    }
    std::vector<const std::pair<const std::string, RowPair>*> shown;
    std::size_t others = 0;
    for (const auto& row : rows) {
      const bool first = (split_ != no_record && row.second.before != row.second.after) || concerned(row.first);
      if (first ? shown.size() - others < most_rows : others < most_others) shown.push_back(&row);
      if (!first && others < most_others) ++others;
    }
    std::sort(shown.begin(), shown.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
    to.open("div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", "Rows of " + system_.tables[table].display}});
    to.open("table", {{"class", "rows"}});
    header(to, table);
    to.open("tbody");
    for (const auto* row : shown) one_row(to, table, row->first, row->second);
    to.close();
    to.close();
    to.close();
    if (rows.size() > shown.size()) to.leaf("p", {{"class", "note"}}, fmt::format("and {} more.", counted(rows.size() - shown.size(), "row")));
    to.close();
    return to.take();
  }

  std::size_t columns_of(std::uint32_t table) const { return std::min(system_.tables[table].columns.size(), most_columns); }

  void header(Markup& to, std::uint32_t table) const {
    to.open("thead");
    to.open("tr");
    to.open("th", {{"scope", "col"}});
    to.leaf("span", {{"class", "unseen"}}, "Change");
    to.close();
    for (std::size_t c = 0; c < columns_of(table); ++c) to.leaf("th", {{"scope", "col"}}, system_.tables[table].columns[c].name);
    to.close();
    to.close();
  }

  static const Value* item(const Value& row, std::size_t column) {
    return (row.is(Kind::record) || row.is(Kind::list)) && column < row.items().size() ? &row.items()[column] : nullptr;
  }

  void one_row(Markup& to, std::uint32_t table, const std::string& key, const RowPair& row) const {
    const Pool& pool = outcome_.witness->world->pool();
    const bool added = row.before == absent_word && row.after != absent_word;
    const bool removed = row.before != absent_word && row.after == absent_word;
    const bool changed = !added && !removed && row.before != row.after;
    const std::string kind = added ? "added" : removed ? "removed" : changed ? "changed" : concerned(key) ? "concerned" : "";
    to.open("tr", {{"class", kind}});
    to.leaf("td", {{"class", "sign"}}, added ? "+" : removed ? "−" : changed ? "~" : "");
    const Value before = row.before == absent_word ? Value() : pool.value(row.before);
    const Value after = row.after == absent_word ? Value() : pool.value(row.after);
    for (std::size_t c = 0; c < columns_of(table); ++c) {
      const Value* old_value = item(before, c);
      const Value* new_value = item(after, c);
      const std::string was = old_value == nullptr ? "" : text_of(*old_value);
      const std::string is = new_value == nullptr ? "" : text_of(*new_value);
      to.open("td");
      if (changed && was != is) {
        to.leaf("del", shortened(was, widest, "…"));
        to.text(" ");
        to.leaf("ins", shortened(is, widest, "…"));
      } else {
        to.text(shortened(removed ? was : is, widest, "…"));
      }
      to.close();
    }
    to.close();
  }

  // What the property compares; columns without a value are left out.
  std::string evidence() const {
    if (story_.evidence.empty()) return "";
    const std::string titles[3] = {story_.sides ? "left" : "before", story_.sides ? "right" : "now", "allowed"};
    std::string KeyEvidence::*const fields[3] = {&KeyEvidence::before, &KeyEvidence::after, &KeyEvidence::allowed};
    bool there[3] = {false, false, false};
    for (const KeyEvidence& e : story_.evidence) {
      for (std::size_t i = 0; i < 3; ++i) there[i] = there[i] || !(e.*fields[i]).empty();
    }
    Markup to;
    to.open("div");
    to.leaf("h5", "What the property looks at");
    to.open("div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", "What the property looks at"}});
    to.open("table", {{"class", "rows"}});
    to.open("thead");
    to.open("tr");
    to.leaf("th", {{"scope", "col"}}, "of");
    to.leaf("th", {{"scope", "col"}}, "key");
    for (std::size_t i = 0; i < 3; ++i) {
      if (there[i]) to.leaf("th", {{"scope", "col"}}, titles[i]);
    }
    to.close();
    to.close();
    to.open("tbody");
    for (std::size_t n = 0; n < std::min(story_.evidence.size(), most_rows); ++n) {
      const KeyEvidence& e = story_.evidence[n];
      to.open("tr");
      to.leaf("td", e.subject);
      to.leaf("td", e.key);
      for (std::size_t i = 0; i < 3; ++i) {
        if (there[i]) to.leaf("td", {{"class", i == 1 ? "wrong" : ""}}, shortened(e.*fields[i], 2 * widest, "…"));
      }
      to.close();
    }
    to.close();
    to.close();
    to.close();
    if (story_.evidence.size() > most_rows) to.leaf("p", {{"class", "note"}}, fmt::format("and {} more.", story_.evidence.size() - most_rows));
    to.close();
    return to.take();
  }

  const System& system_;
  const PropertySpec& spec_;
  const PropertyOutcome& outcome_;
  const Story& story_;
  std::vector<std::uint32_t> tables_;
  RecordId split_ = no_record;  // the violating record; none: by what did not happen
  std::uint32_t story_number_ = 0;
  Markup to_;
};

}  // namespace

std::string states_around(const Scenario& scenario, const PropertyOutcome& outcome, const Story& story) { return States(scenario, outcome, story).write(); }

}  // namespace flowtank::reports::html
