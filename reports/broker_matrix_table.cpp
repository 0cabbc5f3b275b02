// SPDX-License-Identifier: Apache-2.0
// See broker_matrix_table.hpp. Properties are numbered columns with their names below, as in the table of a sweep; a star marks
// the kind that the file names.
#include "reports/broker_matrix_table.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/text.hpp"
#include "reports/xml_text.hpp"

namespace flowtank::reports {
namespace {

using json = nlohmann::ordered_json;

std::string cell_word(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::pass: return "PASS";
    case VerdictKind::fail: return "FAIL";
    case VerdictKind::inconclusive: return "INC.";
    case VerdictKind::vacuous: return "VAC.";
  }
  return "";
}

std::string painted(const Paint& paint, VerdictKind kind, const std::string& text) {
  if (kind == VerdictKind::pass) return paint.pass(text);
  return kind == VerdictKind::fail ? paint.fail(text) : paint.unsure(text);
}

std::string size_word(const BrokerMatrix& matrix) { return matrix.sampled ? "runs" : matrix.driver == Driver::check ? "states" : "actions"; }

std::string last_line(const BrokerMatrix& matrix) {
  std::size_t as_expected = 0;
  for (const BrokerMatrix::Row& row : matrix.rows) as_expected += row.exit == ExitCode::ok ? 1 : 0;
  std::string text = fmt::format("{} of {} {} as expected", as_expected, matrix.rows.size(), matrix.rows.size() == 1 ? "broker" : "brokers");
  if (!matrix.not_carried.empty()) text += fmt::format(", {} cannot carry it", matrix.not_carried.size());
  return text + (matrix.interrupted ? "; interrupted, the others were not driven." : ".");
}

std::string reason_text(const BrokerMatrix::Reason& reason) {
  if (reason.rule.empty() && !reason.sentence.empty()) return printable(reason.sentence);
  if (reason.rule.empty()) return "no rule of this product is known to decide it";
  return fmt::format("{} ({}): {}", reason.rule, printable(reason.happened), reason.sentence);
}

}  // namespace

std::string broker_matrix_text(const std::string& file, const BrokerMatrix& matrix, const TerminalStyle& style) {
  const Paint paint(style.colour);
  std::size_t width = 6;
  for (const BrokerMatrix::Row& row : matrix.rows) width = std::max(width, row.kind.size() + 1);
  for (const BrokerMatrix::NotCarried& one : matrix.not_carried) width = std::max(width, one.kind.size());
  std::string out = fmt::format("Brokers for {}: {} {}\n\n", printable(file), matrix.rows.size(), matrix.sampled ? "campaigns" : matrix.driver == Driver::check ? "explorations" : "runs");
  out += "  " + paint.bold(padded("broker", width)) + " ";
  for (std::size_t p = 0; p < matrix.properties.size(); ++p) out += padded(fmt::format(" [{}]", p + 1), 6);
  out += fmt::format(" {}  exit\n", padded_left(size_word(matrix), 9));
  for (const BrokerMatrix::Row& row : matrix.rows) {
    out += "  " + padded(printable(row.kind) + (row.is_own ? "*" : ""), width) + " ";
    for (const auto& cell : row.cells) out += " " + (cell ? painted(paint, cell->verdict, cell_word(cell->verdict)) : std::string("-   ")) + " ";
    out += fmt::format(" {}  {}\n", padded_left(thousands(row.size), 9), static_cast<int>(row.exit));
  }
  out += "\n";
  for (std::size_t p = 0; p < matrix.properties.size(); ++p) out += fmt::format("  [{}] {}\n", p + 1, printable(matrix.properties[p]));
  const bool own = std::any_of(matrix.rows.begin(), matrix.rows.end(), [](const BrokerMatrix::Row& row) { return row.is_own; });
  if (own) out += "  * as the file says\n";
  std::size_t last = matrix.properties.size();
  for (const BrokerMatrix::Reason& reason : matrix.reasons) {
    if (std::exchange(last, reason.property) != reason.property) out += fmt::format("\nWhy [{}] differs\n", reason.property + 1);
    out += "  " + padded(printable(reason.kind), width) + " " + painted(paint, reason.verdict, cell_word(reason.verdict)) + "  " + reason_text(reason) + "\n";
  }
  if (!matrix.not_carried.empty()) out += "\nCannot carry it\n";
  for (const BrokerMatrix::NotCarried& one : matrix.not_carried) out += "  " + padded(printable(one.kind), width) + " " + printable(one.why) + "\n";
  out += "\n" + last_line(matrix);
  if (style.terminal) out += "  " + paint.dim(fmt::format("exit {}", static_cast<int>(matrix.exit)));
  out += "\n";
  return style.ascii ? ascii_lines(out) : out;
}

std::string broker_matrix_markdown(const std::string& file, const BrokerMatrix& matrix) {
  const auto cell = [](const std::string& text) { return markdown_text(printable(text)); };
  std::string out = fmt::format("# {} of {} with each broker\n\n| broker |", matrix.driver == Driver::check ? "Check" : "Run", cell(file));
  for (const std::string& property : matrix.properties) out += " " + cell(property) + " |";
  out += " exit |\n|";
  for (std::size_t i = 0; i < matrix.properties.size() + 2; ++i) out += "---|";
  for (const BrokerMatrix::Row& row : matrix.rows) {
    out += fmt::format("\n| {}{} |", cell(row.kind), row.is_own ? " (as the file says)" : "");
    for (const auto& one : row.cells) out += " " + (one ? with_strength(one->verdict, one->strength) : std::string("-")) + " |";
    out += fmt::format(" {} |", static_cast<int>(row.exit));
  }
  out += "\n";
  if (!matrix.reasons.empty()) {
    out += "\n## Why they differ\n\n| property | broker | verdict | rule |\n|---|---|---|---|\n";
    for (const BrokerMatrix::Reason& reason : matrix.reasons) {
      out += fmt::format("| {} | {} | {} | {} |\n", cell(matrix.properties[reason.property]), cell(reason.kind), to_text(reason.verdict), cell(reason_text(reason)));
    }
  }
  if (!matrix.not_carried.empty()) {
    out += "\n## Cannot carry it\n\n";
    for (const BrokerMatrix::NotCarried& one : matrix.not_carried) out += fmt::format("- {}: {}\n", cell(one.kind), cell(one.why));
  }
  return out + "\n" + last_line(matrix) + "\n";
}

std::string broker_matrix_json(const std::string& file, const BrokerMatrix& matrix) {
  json out{{"flowtank_brokers", 1}, {"scenario", printable(file)}, {"driver", to_text(matrix.driver)}, {"exit", static_cast<int>(matrix.exit)}, {"interrupted", matrix.interrupted}};
  json rows = json::array();
  for (const BrokerMatrix::Row& row : matrix.rows) {
    json one{{"broker", printable(row.kind)}, {"own", row.is_own}, {"exit", static_cast<int>(row.exit)}, {size_word(matrix), row.size}};
    json properties = json::array();
    for (std::size_t p = 0; p < row.cells.size(); ++p) {
      if (!row.cells[p]) continue;
      json property{{"name", printable(matrix.properties[p])}, {"verdict", to_text(row.cells[p]->verdict)}};
      if (!to_text(row.cells[p]->strength).empty()) property["strength"] = to_text(row.cells[p]->strength);
      if (!row.cells[p]->note.empty()) property["note"] = printable(row.cells[p]->note);
      properties.push_back(std::move(property));
    }
    one["properties"] = std::move(properties);
    rows.push_back(std::move(one));
  }
  out["rows"] = std::move(rows);
  json reasons = json::array();
  for (const BrokerMatrix::Reason& reason : matrix.reasons) {
    json one{{"property", printable(matrix.properties[reason.property])}, {"broker", printable(reason.kind)}, {"verdict", to_text(reason.verdict)}};
    if (!reason.rule.empty()) {
      one["rule"] = reason.rule;
      one["happened"] = printable(reason.happened);
      one["says"] = reason.sentence;
    }
    reasons.push_back(std::move(one));
  }
  out["differences"] = std::move(reasons);
  json others = json::array();
  for (const BrokerMatrix::NotCarried& one : matrix.not_carried) others.push_back({{"broker", printable(one.kind)}, {"why", printable(one.why)}});
  out["cannot_carry"] = std::move(others);
  return out.dump(2) + "\n";
}

}  // namespace flowtank::reports
