// SPDX-License-Identifier: Apache-2.0
// Evidence from the trace. A table is found by its name in the evidence, a row by its key as text.
#include "reports/evidence_text.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

struct ColumnChange {
  std::string column;
  std::string before;  // empty: there was no row
  std::string after;   // empty: there is none any more
  bool changed = false;
  bool read = false;   // by the property
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool mentions(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

// The last change of the row that the evidence is about; nothing when the trace has none.
std::optional<Record> change_of(const KeyEvidence& evidence, const RecordText& text) {
  const Records& trace = text.trace();
  const auto& tables = text.system().tables;
  const auto is_it = [&](const Record& r) {
    return r.kind == RecordKind::row_changed && r.place < tables.size() && tables[r.place].display == evidence.subject &&
           r.key != absent_word && to_text(text.pool().value(r.key)) == evidence.key;
  };
  if (evidence.record < trace.size() && is_it(trace[evidence.record])) return trace[evidence.record];
  for (std::size_t id = trace.size(); id-- > 0;) {
    if (const Record record = trace[id]; is_it(record)) return record;
  }
  return std::nullopt;
}

std::vector<ColumnChange> changes_of(const Record& record, const PropertySpec& spec, const RecordText& text) {
  const System& system = text.system();
  const auto& columns = system.tables[record.place].columns;
  const auto items = [&](Word row) {
    const Value value = row == absent_word ? Value() : text.pool().value(row);
    return value.is(Kind::list) || value.is(Kind::record) ? value.items() : std::span<const Value>();
  };
  const auto before = items(record.before);
  const auto after = items(record.detail);
  std::vector<ColumnChange> out;
  for (std::size_t c = 1; c < columns.size(); ++c) {
    ColumnChange change;
    change.column = printable(columns[c].name);
    if (c < before.size()) change.before = with_messages_named(system, printable(to_text(before[c])));
    if (c < after.size()) change.after = with_messages_named(system, printable(to_text(after[c])));
    change.changed = c < before.size() && c < after.size() && !identical(before[c], after[c]);
    change.read = mentions(spec.source, columns[c].name);
    if (change.changed || change.read) out.push_back(std::move(change));
  }
  const bool any_read = std::any_of(out.begin(), out.end(), [](const ColumnChange& c) { return c.read; });
  std::erase_if(out, [&](const ColumnChange& c) { return any_read && !c.read; });
  return out;
}

// The end of the bracket that opens at `at`; strings in it may hold brackets.
std::size_t end_of_list(const std::string& text, std::size_t at) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quoted) {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '[' || c == ']')) {
      depth += c == '[' ? 1 : -1;
      if (depth == 0) return i + 1;
    }
  }
  return std::string::npos;
}

}  // namespace

std::string with_messages_named(const System& system, const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.compare(at, 2, "[\"") == 0 ? end_of_list(text, at) : std::string::npos;
    std::string named;
    if (end != std::string::npos) {
      const std::string list = text.substr(at, end - at);
      for (const MessageType& type : system.messages) {
        const std::string middle = "\", \"" + printable(type.name) + "\", ";
        const std::size_t begin = list.find(middle);
        if (begin == std::string::npos || begin != list.find("\", ")) continue;
        const std::size_t key = begin + middle.size();
        std::string key_text = list.substr(key, list.find(", ", key) - key);
        std::erase(key_text, '"');
        named = fmt::format("{}({})", printable(type.name), key_text);
      }
    }
    if (named.empty()) {
      out += text[at++];
    } else {
      out += named;
      at = end;
    }
  }
  return out;
}

std::vector<KeyEvidence> evidence_rows(const PropertySpec& spec, const Verdict& verdict, const RecordText& text) {
  constexpr std::size_t most_columns = 4;
  const System& system = text.system();
  std::vector<KeyEvidence> rows;
  for (const KeyEvidence& evidence : verdict.evidence) {
    KeyEvidence row = evidence;
    for (std::string* field : {&row.key, &row.subject, &row.before, &row.after, &row.allowed}) {
      *field = with_messages_named(system, printable(*field));
    }
    if (!row.before.empty() || !row.after.empty()) {
      rows.push_back(std::move(row));
      continue;
    }
    const std::optional<Record> change = change_of(evidence, text);
    if (!change) continue;
    std::size_t shown = 0;
    for (const ColumnChange& column : changes_of(*change, spec, text)) {
      if (++shown > most_columns) break;
      KeyEvidence cell = row;
      cell.key = row.key + " " + column.column;
      cell.before = column.before;
      cell.after = column.after;
      if (shown != 1) cell.allowed.clear();
      rows.push_back(std::move(cell));
    }
  }
  return rows;
}

std::string what_went_wrong(const PropertySpec& spec, const Verdict& verdict, const RecordText& text) {
  if (verdict.evidence.empty()) return "";
  const KeyEvidence& evidence = verdict.evidence.front();
  std::string sentence = with_messages_named(text.system(), printable(evidence.sentence));
  while (!sentence.empty() && sentence.back() == '.') sentence.pop_back();
  if (spec.kind != PropertyKind::always || spec.source.empty()) return sentence;
  const std::optional<Record> change = change_of(evidence, text);
  if (!change) return sentence;
  std::string told;
  for (const ColumnChange& column : changes_of(*change, spec, text)) {
    if (!column.changed || !column.read) continue;
    told += told.empty() ? fmt::format("{}[{}].", printable(evidence.subject), printable(evidence.key)) : " and ";
    told += fmt::format("{} went from {} to {}", column.column, column.before, column.after);
  }
  return told.empty() ? sentence : fmt::format("{} (must be: {})", told, printable(spec.source));
}

}  // namespace flowtank::reports
