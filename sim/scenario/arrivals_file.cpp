// SPDX-License-Identifier: Apache-2.0
// Arrivals recorded in a file beside the scenario: CSV with a header, or JSON lines. One column is the time
// since the client's start (time_s, time_ms, time_us, or time with a unit: "250ms"); the others are the fields
// of `recorded`. Invariant: whatever the bytes are, every refusal names the file and the line.
#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "sim/scenario/client_reader.hpp"

namespace flowtank::loading {
namespace {

constexpr std::size_t most_columns = 1'000;
constexpr std::size_t most_problems = 20;  // of one file

using Cells = std::vector<std::pair<std::string, Value>>;

class ArrivalsFile {
 public:
  ArrivalsFile(Builder& builder, std::string path, Client& client) : b_(builder), path_(std::move(path)), client_(client) {}

  void read(const std::string& text) {
    std::size_t begin = 0;
    for (line_ = 1; begin < text.size() && problems_ < most_problems; ++line_) {
      std::size_t end = text.find('\n', begin);
      if (end == std::string::npos) end = text.size();
      std::string line = text.substr(begin, end - begin);
      begin = end + 1;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (line.empty()) continue;
      if (client_.times.size() >= b_.options.limits.requests) return problem(codes::range_workload, "more arrivals than the limit");
      if (line.front() == '{') json(line);
      else csv(line);
    }
    if (problems_ == 0 && client_.times.empty()) problem(codes::file_line, "there are no arrivals in the file");
  }

 private:
  void problem(std::string_view code, std::string message, std::string hint = "") {
    ++problems_;
    b_.reading.report({Severity::error, std::string(code), path_, {line_, 1, 1}, "", std::move(message), std::move(hint)});
  }

  // "time_ms" and the like; nothing for other names.
  static std::optional<Duration> unit_of(const std::string& name) {
    if (name == "time_s") return s(1);
    if (name == "time_ms") return ms(1);
    if (name == "time_us") return us(1);
    return name == "time" ? std::optional(Duration{}) : std::nullopt;
  }

  void arrival(const std::string& name, Duration unit, const Value& given, const Cells& cells) {
    std::optional<Duration> time;
    if (given.kind == Kind::int64 && unit > Duration{} && given.i >= 0) time = checked_duration(static_cast<double>(given.i), unit);
    if (given.kind == Kind::real && unit > Duration{} && given.d >= 0) time = checked_duration(given.d, unit);
    if (given.kind == Kind::string) time = parse_duration(given.text());
    if (!time) {
      return problem(codes::range_time, fmt::format("{} is no time: {}", in_quotes(name), to_text(given)),
                     unit > Duration{} ? "A number, not negative, in the unit of the name." : "With a unit, for example 250ms.");
    }
    if (!client_.times.empty() && *time < client_.times.back()) return problem(codes::range_time, "arrivals must be in the order of time");
    std::vector<std::pair<Value, Value>> fields;
    for (const auto& [key, value] : cells) {
      if (!unit_of(key)) fields.emplace_back(b_.string_value(key), value);
    }
    std::sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return compare(a.first, b.first) < 0; });
    std::vector<Value> pairs;
    for (const auto& [key, value] : fields) pairs.insert(pairs.end(), {key, value});
    client_.times.push_back(*time);
    client_.recorded.push_back(b_.system->constants->make_map(pairs));
  }

  void record(const Cells& cells) {
    for (const auto& [name, value] : cells) {
      if (const auto unit = unit_of(name)) return arrival(name, *unit, value, cells);
    }
    problem(codes::file_line, "no time is given", "One of time_s, time_ms, time_us, time.");
  }

  void json(const std::string& line) {
    Sources own;
    Diagnostics found;
    const std::uint32_t only = own.add(path_, line);
    const auto node = read_json(own, only, b_.options.limits.read, found);
    for (Diagnostic diagnostic : found.all()) {
      diagnostic.range.line = line_;
      ++problems_;
      b_.reading.report(std::move(diagnostic));
    }
    if (!node || !found.ok() || !node->is(JsonKind::object)) return;
    Cells cells;
    for (const JsonMember& member : node->members) {
      const JsonNode& value = member.value;
      if (value.is(JsonKind::object) || value.is(JsonKind::array)) {
        return problem(codes::type_json, in_quotes(member.key) + " is no single value");
      }
      cells.emplace_back(member.key, value.is(JsonKind::null)      ? Value::of_null()
                                     : value.is(JsonKind::boolean) ? Value::of_bool(value.boolean)
                                     : value.is(JsonKind::integer) ? Value::of_int(value.integer)
                                     : value.is(JsonKind::real)    ? Value::of_real(value.real)
                                                                   : b_.string_value(value.text));
    }
    record(cells);
  }

  void csv(const std::string& line) {
    std::vector<std::pair<std::string, bool>> cells;
    if (!split(line, cells)) return problem(codes::file_line, "a quoted cell has no end");
    if (names_.empty()) {
      for (auto& [name, was_quoted] : cells) {
        if (name.empty() || std::find(names_.begin(), names_.end(), name) != names_.end()) {
          return problem(codes::file_line, name.empty() ? "a column has no name" : "two columns are called " + in_quotes(name));
        }
        names_.push_back(name);
      }
      if (std::none_of(names_.begin(), names_.end(), [](const std::string& name) { return unit_of(name).has_value(); })) {
        problem(codes::file_line, "no column is the time", "The first line names the columns; one of them is time_s, time_ms, time_us or time.");
      }
      return;
    }
    if (cells.size() != names_.size()) {
      return problem(codes::file_line, fmt::format("{} cells, but {} columns", cells.size(), names_.size()));
    }
    Cells named;
    for (std::size_t i = 0; i < cells.size(); ++i) named.emplace_back(names_[i], value_of(cells[i].first, cells[i].second));
    record(named);
  }

  // Cells between commas; "..." may contain commas, and "" for a quote.
  static bool split(const std::string& line, std::vector<std::pair<std::string, bool>>& out) {
    std::string cell;
    bool quoted_now = false, was_quoted = false;
    for (std::size_t i = 0; i <= line.size(); ++i) {
      if (i == line.size() || (line[i] == ',' && !quoted_now)) {
        if (quoted_now || out.size() >= most_columns) return false;
        out.emplace_back(std::move(cell), was_quoted);
        cell.clear();
        was_quoted = false;
      } else if (line[i] != '"') {
        cell += line[i];
      } else if (quoted_now && i + 1 < line.size() && line[i + 1] == '"') {
        cell += line[i++];
      } else {
        quoted_now = !quoted_now;
        was_quoted = true;
      }
    }
    return true;
  }

  Value value_of(const std::string& text, bool was_quoted) {
    if (was_quoted) return b_.string_value(text);
    if (text.empty()) return Value::of_null();
    if (text == "true" || text == "false") return Value::of_bool(text == "true");
    const char* end = text.data() + text.size();
    std::int64_t integer = 0;
    if (const auto r = std::from_chars(text.data(), end, integer); r.ec == std::errc() && r.ptr == end) return Value::of_int(integer);
    double real = 0;
    const auto r = std::from_chars(text.data(), end, real);
    const bool finite = real - real == 0;
    if (r.ec == std::errc() && r.ptr == end && finite) return Value::of_real(real);
    return b_.string_value(text);
  }

  Builder& b_;
  std::string path_;
  Client& client_;
  std::vector<std::string> names_;
  std::uint32_t line_ = 0;
  std::size_t problems_ = 0;
};

}  // namespace

void ClientReader::recorded(const Place& file, Client& client) {
  const auto name = builder_.reading.text(file);
  if (!name) return;
  if (name->empty() || name->find('\0') != std::string::npos) {
    return builder_.reading.error(codes::file_missing, file, "the path of the file of arrivals is empty");
  }
  const auto path = (std::filesystem::path(builder_.reading.file_of(*file.node)).parent_path() / *name).lexically_normal().generic_string();
  if (!Files(builder_.options).exists(path)) {
    return builder_.reading.error(codes::file_missing, file, "there is no file " + in_quotes(path), "A path from the folder of this file.");
  }
  const auto text = Files(builder_.options).read(path, builder_.reading.diagnostics());
  if (!text) return;
  builder_.data_texts.push_back(path + '\n' + *text);
  ArrivalsFile(builder_, path, client).read(*text);
}

}  // namespace flowtank::loading
