// SPDX-License-Identifier: Apache-2.0
// The text form of decision logs: a keyword and its value a line. Reading reports every bad line.
#include "sim/run/decision_log.hpp"

#include <charconv>

#include <fmt/format.h>

namespace flowtank {
namespace {

constexpr std::string_view magic = "flowtank-decisions";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

// Nothing when a backslash is not followed by what escaped() writes.
std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (text[i] == '\\') {
      out += '\\';
    } else if (text[i] == 'n') {
      out += '\n';
    } else if (text[i] == 'x' && i + 2 < text.size()) {
      unsigned byte = 0;
      const auto read = std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
      if (read.ec != std::errc() || read.ptr != text.data() + i + 3) return std::nullopt;
      out += static_cast<char>(byte);
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::pair<std::string_view, std::string_view> split(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return {line, {}};
  return {line.substr(0, space), line.substr(space + 1)};
}

class LogReader {
 public:
  LogReader(const std::string& file, Diagnostics& diagnostics) : file_(file), diagnostics_(diagnostics) {}

  std::optional<DecisionLog> read(std::string_view text) {
    const std::size_t errors = diagnostics_.errors();
    std::size_t begin = 0;
    while (begin < text.size() && going_on_) {
      std::size_t end = text.find('\n', begin);
      if (end == std::string_view::npos) end = text.size();
      std::string_view content = text.substr(begin, end - begin);
      if (!content.empty() && content.back() == '\r') content.remove_suffix(1);
      ++line_;
      line(content);
      begin = end + 1;
    }
    if (line_ == 0) {
      error("FT-LOG-001", "this is not a decision log: it is empty", "The first line is \"flowtank-decisions 1\".");
    } else if (!ended_ && going_on_) {
      error("FT-LOG-003", "this decision log is truncated", "Its last line is \"end\" and the number of actions.");
    }
    if (diagnostics_.errors() != errors) return std::nullopt;
    return std::move(log_);
  }

 private:
  void error(std::string_view code, std::string message, std::string hint = "") {
    Diagnostic d;
    d.code = code;
    d.file = file_;
    d.range = {line_ == 0 ? 1 : line_, 1, 1};
    d.message = std::move(message);
    d.hint = std::move(hint);
    diagnostics_.add(std::move(d));
  }

  void first_line(std::string_view content) {
    const auto [word, version] = split(content);
    if (word != magic) {
      error("FT-LOG-001", "this is not a decision log", "The first line is \"flowtank-decisions 1\".");
      going_on_ = false;
    } else if (number<std::uint32_t>(version) != decision_log_version) {
      error("FT-LOG-002", fmt::format("this decision log has version \"{}\"", escaped(version.substr(0, 20))),
            fmt::format("This Flowtank reads version {}.", decision_log_version));
      going_on_ = false;
    }
  }

  void line(std::string_view content) {
    if (line_ == 1) return first_line(content);
    if (content.empty() || content.front() == '#') return;
    if (ended_) return error("FT-LOG-004", "nothing may follow the line \"end\"");
    const auto [word, rest] = split(content);
    const auto value = unescaped(rest);
    if (!value) return error("FT-LOG-004", "a backslash stands before something unknown");
    fact(word, *value);
  }

  void fact(std::string_view word, const std::string& value) {
    if (word == "scenario") {
      log_.scenario = value;
    } else if (word == "hash") {
      log_.scenario_hash = value;
    } else if (word == "set") {
      if (const std::size_t equals = value.find('='); equals == 0 || equals == std::string::npos) {
        return error("FT-LOG-004", "a setting is path=value, as after --set");
      }
      log_.overrides.push_back(value);
    } else if (word == "property") {
      log_.property = value;
    } else if (word == "fingerprint") {
      log_.fingerprint = value;
    } else if (word == "driver") {
      driver(value);
    } else if (word == "seed") {
      const auto seed = number<std::uint64_t>(value);
      if (!seed) return error("FT-LOG-004", "a seed is a whole number from 0 to 18446744073709551615");
      log_.seed = *seed;
    } else if (word == "horizon_ns") {
      const auto ns = number<std::int64_t>(value);
      if (!ns || *ns < 0) return error("FT-LOG-004", "a horizon is a number of nanoseconds, not negative");
      log_.horizon = Time(*ns);
    } else if (word == "deviation") {
      error("FT-LOG-005", "version 1 defines no deviations", "Was this log written by a later Flowtank?");
    } else if (word == "action") {
      action(value);
    } else if (word == "end") {
      ended_ = true;
      if (number<std::size_t>(value) != log_.actions.size()) {
        error("FT-LOG-003", fmt::format("this decision log has {} actions, its last line says {}", log_.actions.size(),
                                        escaped(value)));
      }
    } else {
      error("FT-LOG-004", fmt::format("unknown fact \"{}\" in a decision log", escaped(word.substr(0, 40))),
            name_hint(word, {"scenario", "hash", "set", "driver", "seed", "horizon_ns", "property", "fingerprint",
                             "action", "end"}, "Facts"));
    }
  }

  void driver(const std::string& value) {
    if (value == "run") {
      log_.driver = Driver::run;
    } else if (value == "check") {
      log_.driver = Driver::check;
    } else {
      error("FT-LOG-004", fmt::format("there is no driver \"{}\"", escaped(value)), name_hint(value, {"run", "check"}, "Drivers"));
    }
  }

  void action(const std::string& value) {
    const auto [count, text] = split(value);
    const auto occurrence = number<std::uint32_t>(count);
    if (!occurrence || *occurrence == 0 || text.empty()) {
      return error("FT-LOG-004", "an action is its occurrence, from 1, and its description");
    }
    log_.actions.push_back({std::string(text), *occurrence});
  }

  const std::string& file_;
  Diagnostics& diagnostics_;
  DecisionLog log_;
  std::uint32_t line_ = 0;
  bool ended_ = false;
  bool going_on_ = true;
};

}  // namespace

std::string_view to_text(Driver driver) { return driver == Driver::run ? "run" : "check"; }

std::string to_text(const DecisionLog& log) {
  std::string out = fmt::format("{} {}\n", magic, decision_log_version);
  const auto fact = [&out](std::string_view word, std::string_view value) {
    if (!value.empty()) out += fmt::format("{} {}\n", word, escaped(value));
  };
  fact("scenario", log.scenario);
  fact("hash", log.scenario_hash);
  for (const std::string& assignment : log.overrides) fact("set", assignment);
  fact("driver", to_text(log.driver));
  out += fmt::format("seed {}\n", log.seed);
  if (log.horizon) out += fmt::format("horizon_ns {}\n", log.horizon->nanoseconds());
  fact("property", log.property);
  fact("fingerprint", log.fingerprint);
  for (const std::string& deviation : log.deviations) fact("deviation", deviation);
  for (const LoggedAction& action : log.actions) {
    out += fmt::format("action {} {}\n", action.occurrence, escaped(action.text));
  }
  out += fmt::format("end {}\n", log.actions.size());
  return out;
}

std::optional<DecisionLog> parse_decision_log(std::string_view text, const std::string& file,
                                              Diagnostics& diagnostics) {
  return LogReader(file, diagnostics).read(text);
}

}  // namespace flowtank
