// SPDX-License-Identifier: Apache-2.0
// See sweep_table.hpp. Parameters are columns under the shortest ends of their paths that tell them apart; properties
// are numbered columns with their names below, since many would not fit.
#include "reports/sweep_table.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/text.hpp"
#include "reports/xml_text.hpp"

namespace flowtank::reports {
namespace {

using json = nlohmann::ordered_json;

std::string tail_of(const std::string& path, std::size_t segments) {
  std::size_t at = path.size();
  for (std::size_t i = 0; i < segments && at != std::string::npos && at != 0; ++i) at = path.rfind('.', at - 1);
  return at == std::string::npos || at == 0 ? path : path.substr(at + 1);
}

std::vector<std::string> headings(const SweepTable& table) {
  std::vector<std::string> names;
  for (const SweepParameter& parameter : table.parameters) {
    std::string name;
    for (std::size_t segments = 1; segments < 20; ++segments) {
      name = tail_of(parameter.path, segments);
      const auto same = std::count_if(table.parameters.begin(), table.parameters.end(),
                                      [&](const SweepParameter& other) { return tail_of(other.path, segments) == name; });
      if (same == 1 || name == parameter.path) break;
    }
    // "order.with.publish" says no more than "order.publish".
    if (const std::size_t with = name.find(".with."); with != std::string::npos) name.erase(with, 5);
    names.push_back(printable(name));
  }
  return names;
}

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

std::string summary_of(const SweepTable& table) {
  std::string text = fmt::format("{} {}", thousands(table.rows.size()), table.sampled ? "campaigns" : table.driver == Driver::check ? "explorations" : "runs");
  if (table.rows.size() == 1) text.pop_back();
  if (table.together != 0) text += fmt::format(", every combination of {} of {} parameters", table.together, table.parameters.size());
  else text += ", every combination";
  return text;
}

std::string last_line(const SweepTable& table) {
  std::size_t as_expected = 0;
  for (const SweepRow& row : table.rows) as_expected += row.exit == ExitCode::ok ? 1 : 0;
  return fmt::format("{} of {} rows as expected{}.", as_expected, table.rows.size(), table.interrupted ? "; interrupted, the others were not driven" : "");
}

}  // namespace

std::string sweep_text(const std::string& file, const SweepTable& table, const TerminalStyle& style) {
  const Paint paint(style.colour);
  const std::vector<std::string> names = headings(table);
  std::vector<std::size_t> widths;
  for (std::size_t p = 0; p < names.size(); ++p) {
    std::size_t width = width_of(names[p]);
    for (const std::string& value : table.parameters[p].values) width = std::max(width, width_of(printable(value)));
    widths.push_back(std::min<std::size_t>(width, 30));
  }
  std::string out = fmt::format("Sweep of {}: {}\n\n ", printable(file), summary_of(table));
  for (std::size_t p = 0; p < names.size(); ++p) out += " " + paint.bold(padded(shortened(names[p], widths[p], "..."), widths[p])) + " ";
  for (std::size_t p = 0; p < table.properties.size(); ++p) out += padded(fmt::format(" [{}]", p + 1), 6);
  out += fmt::format(" {}  exit\n", table.sampled ? "     runs" : table.driver == Driver::check ? "   states" : "  actions");
  for (const SweepRow& row : table.rows) {
    if (style.quiet && row.exit == ExitCode::ok) continue;
    out += " ";
    for (std::size_t p = 0; p < names.size(); ++p) {
      out += " " + padded(shortened(printable(table.parameters[p].values[row.values[p]]), widths[p], "..."), widths[p]) + " ";
    }
    for (const auto& cell : row.cells) out += " " + (cell ? painted(paint, cell->verdict, cell_word(cell->verdict)) : std::string("-   ")) + " ";
    if (row.cells.empty()) out += std::string(6 * table.properties.size(), ' ');
    out += fmt::format(" {}  {}", padded_left(thousands(row.size), 9), static_cast<int>(row.exit));
    if (!row.problem.empty()) out += "  " + printable(row.problem);
    out += "\n";
  }
  out += "\n";
  for (std::size_t p = 0; p < table.properties.size(); ++p) out += fmt::format("  [{}] {}\n", p + 1, printable(table.properties[p]));
  out += last_line(table);
  if (style.terminal) out += "  " + paint.dim(fmt::format("exit {}", static_cast<int>(table.exit)));
  out += "\n";
  return style.ascii ? ascii_lines(out) : out;
}

std::string sweep_markdown(const std::string& file, const SweepTable& table) {
  const auto cell = [](const std::string& text) { return markdown_text(printable(text)); };
  std::string out = fmt::format("# Sweep of {}, {}\n\n{}.\n\n|", cell(file), table.driver == Driver::check ? "check" : "run", summary_of(table));
  for (const SweepParameter& parameter : table.parameters) out += " " + cell(parameter.path) + " |";
  for (const std::string& property : table.properties) out += " " + cell(property) + " |";
  out += " exit |\n|";
  for (std::size_t i = 0; i <= table.parameters.size() + table.properties.size(); ++i) out += "---|";
  for (const SweepRow& row : table.rows) {
    out += "\n|";
    for (std::size_t p = 0; p < row.values.size(); ++p) out += " " + cell(table.parameters[p].values[row.values[p]]) + " |";
    for (std::size_t p = 0; p < table.properties.size(); ++p) {
      out += " " + (p < row.cells.size() && row.cells[p] ? with_strength(row.cells[p]->verdict, row.cells[p]->strength) : std::string("-")) + " |";
    }
    out += fmt::format(" {}{} |", static_cast<int>(row.exit), row.problem.empty() ? "" : ": " + cell(row.problem));
  }
  return out + "\n\n" + last_line(table) + "\n";
}

std::string sweep_json(const std::string& file, const SweepTable& table) {
  json out{{"flowtank_sweep", 1}, {"scenario", printable(file)}, {"driver", to_text(table.driver)}, {"exit", static_cast<int>(table.exit)},
           {"interrupted", table.interrupted}};
  if (table.together != 0) out["tway"] = table.together;
  json parameters = json::array();
  for (const SweepParameter& parameter : table.parameters) {
    json values = json::array();
    for (const std::string& value : parameter.values) values.push_back(printable(value));
    parameters.push_back({{"path", printable(parameter.path)}, {"values", std::move(values)}});
  }
  out["parameters"] = std::move(parameters);
  json rows = json::array();
  for (const SweepRow& row : table.rows) {
    json set = json::object();
    for (std::size_t p = 0; p < row.values.size(); ++p) set[printable(table.parameters[p].path)] = printable(table.parameters[p].values[row.values[p]]);
    json one{{"set", std::move(set)}, {"exit", static_cast<int>(row.exit)}};
    if (!row.cells.empty()) one[table.sampled ? "runs" : table.driver == Driver::check ? "states" : "actions"] = row.size;
    if (!row.problem.empty()) one["problem"] = printable(row.problem);
    json properties = json::array();
    for (std::size_t p = 0; p < row.cells.size() && p < table.properties.size(); ++p) {
      if (!row.cells[p]) continue;
      json property{{"name", printable(table.properties[p])}, {"verdict", to_text(row.cells[p]->verdict)}};
      if (!to_text(row.cells[p]->strength).empty()) property["strength"] = to_text(row.cells[p]->strength);
      if (!row.cells[p]->note.empty()) property["note"] = printable(row.cells[p]->note);
      properties.push_back(std::move(property));
    }
    one["properties"] = std::move(properties);
    rows.push_back(std::move(one));
  }
  out["rows"] = std::move(rows);
  return out.dump(2) + "\n";
}

}  // namespace flowtank::reports
