// SPDX-License-Identifier: Apache-2.0
// See difference.hpp. Reports are flattened to paths and values, properties by their names, so that a key that a later version
// adds is compared, too, and the order of properties is none.
#include "reports/compare/difference.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

using nlohmann::json;

constexpr std::size_t longest = 100;
constexpr std::size_t most_listed = 60;
constexpr std::size_t most_items = 3;  // of one list

// What may differ between equal results (time, memory, names of files, how far the shrinker came), or tells again what other keys say.
bool passed_over(std::string_view key) {
  static constexpr std::string_view keys[] = {"wall_seconds", "bytes", "counterexample", "shrunk", "told", "not_shrunk", "found", "origin", "business", "scenario", "flowtank_report"};
  return std::find(std::begin(keys), std::end(keys), key) != std::end(keys);
}

bool is_verdict(std::string_view path) {
  for (const std::string_view end : {": verdict", ": strength", ": expected.met", ": expected.accepted"}) {
    if (path.ends_with(end)) return true;
  }
  return path == "exit" || path == "our_fault" || path == "errors" || path == "property" || path.starts_with("errors.");
}

std::string scalar(const json& value) {
  if (value.is_string()) return printable(value.get<std::string>());
  if (value.is_number_unsigned()) return thousands(value.get<std::uint64_t>());
  return value.dump();
}

std::string name_in(const json& item, std::size_t at) {
  for (const char* key : {"name", "handler", "code"}) {
    if (item.is_object() && item.contains(key) && item[key].is_string()) return printable(item[key].get<std::string>()) + (std::string_view(key) == "handler" && item.contains("step") ? " " + scalar(item["step"]) : "");
  }
  return std::to_string(at + 1);
}

void flatten(const json& value, const std::string& path, std::map<std::string, std::string>& out, int depth) {
  if (depth > 20) return;
  if (value.is_object()) {
    for (const auto& [key, inside] : value.items()) {
      if (passed_over(key) && depth > 0) continue;
      if (key == "states" && path.ends_with("explanation")) continue;  // looked at until a time was over
      if (depth == 0 && (key == "wall_seconds" || key == "title" || key == "claim" || key == "scenario")) continue;
      flatten(inside, path.empty() ? printable(key) : path + (path.ends_with(":") ? " " : ".") + printable(key), out, depth + 1);
    }
    return;
  }
  if (!value.is_array()) {
    out[path] = scalar(value);
    return;
  }
  std::map<std::string, int> names;
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string name = name_in(value[i], i);
    if (const int again = ++names[name]; again > 1) name += fmt::format(" ({})", again);
    flatten(value[i], (path == "properties" ? "" : path + ".") + name + (value[i].is_object() ? ":" : ""), out, depth + 1);
  }
}

std::optional<json> report_of(const std::string& text, const std::string& file, Diagnostics& diagnostics) {
  json report = json::parse(text, nullptr, false);
  if (report.is_object() && report.contains("flowtank_report") && report["flowtank_report"] == 1) return report;
  Diagnostic d;
  d.code = "FT-DIFF-001";
  d.file = file;
  d.message = "this is no JSON report of Flowtank, version 1";
  d.hint = "check, run and replay write one with --report json=FILE.";
  diagnostics.add(std::move(d));
  return std::nullopt;
}

bool tells_shrunk(const json& property) { return property.is_object() && property.contains("told") && property["told"] == "shrunk"; }

// Where one report tells a shrunk run and the other the run that was found (a campaign file, --no-shrink, no time left), their
// stories are of two runs, which says nothing: they are left out of both.
void leave_out_stories_of_two_runs(json& a, json& b) {
  for (json* report : {&a, &b}) {
    if (!report->contains("properties") || !(*report)["properties"].is_array()) return;
  }
  for (json& one : a["properties"]) {
    for (json& other : b["properties"]) {
      if (!one.is_object() || !other.is_object() || !one.contains("name") || !other.contains("name") || one["name"] != other["name"]) continue;
      if (tells_shrunk(one) == tells_shrunk(other)) continue;
      for (const char* key : {"evidence", "story", "actions", "explanation"}) {
        one.erase(key);
        other.erase(key);
      }
    }
  }
}

std::set<std::string> violated_in(const TraceView& view) {
  std::set<std::string> names;
  const TraceReader& reader = view.reader();
  for (std::size_t chunk = 0; chunk < reader.chunks().size(); ++chunk) {
    const ChunkPlace& place = reader.chunks()[chunk];
    if ((place.kinds & bit_of(RecordKind::violated)) == 0 || !reader.readable(chunk)) continue;
    for (std::uint32_t i = 0; i < place.records; ++i) {
      const Record record = reader.record(place.first + i);
      if (record.kind == RecordKind::violated && record.place < reader.names().properties.size()) names.insert(reader.names().properties[record.place]);
    }
  }
  return names;
}

// "FAIL"; of a trace that has no FAIL "no FAIL", or nothing to say ("?") when it was cut off; empty: there is no such property.
std::string verdict_of(const RunSide& side, const std::set<std::string>& violated, bool whole, const std::string& name) {
  if (!side.verdicts.empty()) {
    const auto known = side.verdicts.find(name);
    return known == side.verdicts.end() ? "" : known->second;
  }
  if (violated.contains(name)) return "FAIL";
  const auto& names = side.view->reader().names().properties;
  if (std::find(names.begin(), names.end(), name) == names.end()) return "";
  return whole ? "no FAIL" : "?";
}

bool is_whole(const TraceReader& reader) { return reader.end().has_value() && reader.problems().all().empty(); }

// "actions.2" before "actions.10": digits count as the number that they write.
bool in_order(const std::string& x, const std::string& y) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t i = 0, j = 0;
  while (i < x.size() && j < y.size()) {
    if (!digit(x[i]) || !digit(y[j])) {
      if (x[i] != y[j]) return x[i] < y[j];
      ++i;
      ++j;
      continue;
    }
    const std::size_t begin_x = i, begin_y = j;
    while (i < x.size() && digit(x[i])) ++i;
    while (j < y.size() && digit(y[j])) ++j;
    if (i - begin_x != j - begin_y) return i - begin_x < j - begin_y;
    if (const int order = x.compare(begin_x, i - begin_x, y, begin_y, j - begin_y); order != 0) return order < 0;
  }
  return x.size() - i < y.size() - j;
}

// Of "charged at most once: actions.12: action" the list that it is an item of; empty: of none.
std::string_view list_of(std::string_view what) {
  for (std::size_t dot = what.rfind('.'); dot != std::string_view::npos && dot != 0; dot = what.rfind('.', dot - 1)) {
    const std::size_t begin = dot + 1;
    std::size_t end = begin;
    while (end < what.size() && what[end] >= '0' && what[end] <= '9') ++end;
    if (end != begin && (end == what.size() || what[end] == ':')) return what.substr(0, dot);
  }
  return {};
}

void compare_value(Difference& out, bool verdict, std::string what, std::string a, std::string b) {
  if (a != b) out.changes.push_back({verdict, std::move(what), std::move(a), std::move(b)});
}

}  // namespace

bool is_json_report(const std::string& text) {
  const json report = json::parse(text, nullptr, false);
  return report.is_object() && report.contains("flowtank_report");
}

bool Difference::same_verdicts() const {
  return std::none_of(changes.begin(), changes.end(), [](const Change& change) { return change.verdict; });
}

std::optional<Difference> diff_reports(const std::string& a, const std::string& file_a, const std::string& b, const std::string& file_b, Diagnostics& diagnostics) {
  auto report_a = report_of(a, file_a, diagnostics);
  auto report_b = report_of(b, file_b, diagnostics);
  if (!report_a || !report_b) return std::nullopt;
  leave_out_stories_of_two_runs(*report_a, *report_b);
  std::map<std::string, std::string> values_a, values_b;
  flatten(*report_a, "", values_a, 0);
  flatten(*report_b, "", values_b, 0);
  Difference out;
  out.kind = "reports";
  out.name_a = file_a;
  out.name_b = file_b;
  std::set<std::string, bool (*)(const std::string&, const std::string&)> paths(in_order);
  for (const auto& [path, value] : values_a) paths.insert(path);
  for (const auto& [path, value] : values_b) paths.insert(path);
  for (const std::string& path : paths) {
    const auto in_a = values_a.find(path), in_b = values_b.find(path);
    compare_value(out, is_verdict(path), path, in_a == values_a.end() ? "" : in_a->second, in_b == values_b.end() ? "" : in_b->second);
  }
  std::stable_sort(out.changes.begin(), out.changes.end(), [](const Change& x, const Change& y) { return x.verdict && !y.verdict; });
  return out;
}

namespace {

void compare_verdicts(const RunSide& a, const RunSide& b, Difference& out) {
  std::set<std::string> names;
  for (const RunSide* side : {&a, &b}) {
    for (const auto& [name, verdict] : side->verdicts) names.insert(name);
    for (const std::string& name : side->view->reader().names().properties) names.insert(name);
  }
  const std::set<std::string> fails_a = violated_in(*a.view), fails_b = violated_in(*b.view);
  const bool whole_a = is_whole(a.view->reader()), whole_b = is_whole(b.view->reader());
  const bool both_judged = !a.verdicts.empty() && !b.verdicts.empty();
  for (const std::string& name : names) {
    const std::string in_a = verdict_of(a, fails_a, whole_a, name), in_b = verdict_of(b, fails_b, whole_b, name);
    if (in_a == "?" || in_b == "?") continue;
    const bool alike = !both_judged && !in_a.empty() && !in_b.empty() && (in_a == "FAIL") == (in_b == "FAIL");
    if (!alike) compare_value(out, true, printable(name) + ": verdict", in_a, in_b);
  }
}

}  // namespace

std::optional<Difference> diff_runs(const RunSide& a, const RunSide& b, Diagnostics& diagnostics) {
  const TraceReader& reader_a = a.view->reader();
  const TraceReader& reader_b = b.view->reader();
  const TraceIdentity& of_a = reader_a.identity();
  const TraceIdentity& of_b = reader_b.identity();
  if (of_a.level != of_b.level) {
    Diagnostic d;
    d.code = "FT-DIFF-002";
    d.file = b.file;
    d.message = fmt::format("the traces are of different levels, {} and {}", to_text(of_a.level), to_text(of_b.level));
    d.hint = "Record both with the same --trace-level.";
    diagnostics.add(std::move(d));
    return std::nullopt;
  }
  Difference out;
  out.kind = "runs";
  out.name_a = a.file;
  out.name_b = b.file;
  compare_verdicts(a, b, out);
  compare_value(out, false, "scenario and models", fmt::format("{:016x}{:016x}", of_a.scenario.hi, of_a.scenario.lo), fmt::format("{:016x}{:016x}", of_b.scenario.hi, of_b.scenario.lo));
  compare_value(out, false, "seed", std::to_string(of_a.seed), std::to_string(of_b.seed));
  compare_value(out, false, "records", thousands(reader_a.size()), thousands(reader_b.size()));
  const auto found = first_difference(a.view->records(), a.view->records().pool(), b.view->records(), b.view->records().pool());
  out.whole = is_whole(reader_a) && is_whole(reader_b);
  if (!found) return out;
  out.parts_at = found->record;
  out.story = a.view->difference(*found, *b.view);
  // A run that was made for this has a file that nobody knows.
  for (const auto& [reader, side] : {std::pair{&reader_a, &a}, std::pair{&reader_b, &b}}) {
    const std::string made = printable(reader->name()), named = printable(side->file);
    if (made == named) continue;
    for (std::size_t at = out.story.find(made); at != std::string::npos; at = out.story.find(made, at + named.size())) out.story.replace(at, made.size(), named);
  }
  return out;
}

std::string difference_text(const Difference& difference, bool verdicts_only) {
  const std::string names = fmt::format("{} and {}", printable(difference.name_a), printable(difference.name_b));
  if (difference.same()) return names + (difference.whole ? ": the same\n" : ": alike as far as both can be read\n");
  std::size_t verdicts = 0;
  for (const Change& change : difference.changes) verdicts += change.verdict ? 1 : 0;
  std::string out = fmt::format("{} differ: {}, {}\n", names, counted(verdicts, "verdict"), counted(difference.changes.size() - verdicts, "other value"));
  std::size_t width = 0, listed = 0, left_out = 0;
  std::map<std::string_view, std::size_t> items, shown;  // of lists, such as the actions of a counterexample
  for (const Change& change : difference.changes) ++items[list_of(change.what)];
  for (const Change& change : difference.changes) width = std::max(width, std::min<std::size_t>(40, width_of(change.what)));
  for (const Change& change : difference.changes) {
    if ((verdicts_only && !change.verdict) || listed == most_listed) {
      ++left_out;
      continue;
    }
    if (const std::string_view list = list_of(change.what); !list.empty() && items[list] > most_items) {
      if (++shown[list] > most_items) {
        if (shown[list] == items[list]) out += fmt::format("  {}  {} more of them\n", padded(list, width), thousands(items[list] - most_items));
        continue;
      }
    }
    ++listed;
    const auto side = [](const std::string& text) { return text.empty() ? std::string("(nothing)") : shortened(text, longest, "..."); };
    out += fmt::format("  {}  {} -> {}\n", padded(change.what, width), side(change.a), side(change.b));
  }
  if (left_out != 0) out += fmt::format("  and {} more\n", thousands(left_out));
  if (!difference.whole) out += "  not all of both can be read: what is missing may differ, too\n";
  if (!difference.story.empty() && !verdicts_only) out += difference.story;
  return out;
}

std::string difference_json(const Difference& difference) {
  nlohmann::ordered_json out{{"flowtank_diff", diff_version}, {"kind", difference.kind}, {"a", printable(difference.name_a)}, {"b", printable(difference.name_b)},
                             {"whole", difference.whole}, {"same", difference.same() && difference.whole}, {"same_verdicts", difference.same_verdicts() && difference.whole}, {"changes", nlohmann::ordered_json::array()}};
  for (const Change& change : difference.changes) {
    nlohmann::ordered_json one{{"what", change.what}, {"verdict", change.verdict}};
    if (!change.a.empty()) one["a"] = change.a;
    if (!change.b.empty()) one["b"] = change.b;
    out["changes"].push_back(std::move(one));
  }
  if (difference.parts_at) {
    out["parts_at"] = *difference.parts_at;
    out["says"] = difference.story;
  }
  return out.dump(2) + "\n";
}

}  // namespace flowtank::reports
