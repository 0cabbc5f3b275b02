// SPDX-License-Identifier: Apache-2.0
// Offsets of time zones at a moment: fixed offsets, and the embedded IANA zones with their POSIX rules.
#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/expr/times.hpp"
#include "sim/expr/zone_data.hpp"

namespace flowtank::expr {
namespace {

// "Mm.w.d/time": weekday d (0 = Sunday) of week w (5 = last) of month m, `second` into that day.
struct YearlyChange {
  std::int64_t month = 1, week = 1, weekday = 0, second = 7200;
};

struct PosixRule {
  std::int64_t standard = 0, summer = 0;  // seconds east of UTC
  bool has_summer = false;
  YearlyChange start, end;  // start in standard time, end in summer time
};

// Only ever reads the embedded rules, which are well-formed.
struct RuleReader {
  std::string_view text;

  bool accept(char c) {
    if (text.empty() || text[0] != c) return false;
    text.remove_prefix(1);
    return true;
  }
  std::int64_t number() {
    std::int64_t value = 0;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      value = value * 10 + (text[0] - '0');
      text.remove_prefix(1);
    }
    return value;
  }
  std::int64_t clock() {
    const bool minus = accept('-');
    if (!minus) accept('+');
    std::int64_t seconds = number() * 3600;
    if (accept(':')) seconds += number() * 60;
    return minus ? -seconds : seconds;
  }
  void name() {
    if (accept('<')) {
      while (!accept('>')) text.remove_prefix(1);
      return;
    }
    while (!text.empty() && ((text[0] >= 'A' && text[0] <= 'Z') || (text[0] >= 'a' && text[0] <= 'z'))) text.remove_prefix(1);
  }
  YearlyChange change() {
    YearlyChange out;
    accept(',');
    accept('M');
    out.month = number();
    accept('.');
    out.week = number();
    accept('.');
    out.weekday = number();
    if (accept('/')) out.second = clock();
    return out;
  }
  PosixRule rule() {
    PosixRule out;
    name();
    out.standard = -clock();
    if (text.empty()) return out;
    out.has_summer = true;
    name();
    out.summer = !text.empty() && text[0] != ',' ? -clock() : out.standard + 3600;
    out.start = change();
    out.end = change();
    return out;
  }
};

// Local seconds since 1970 at which the change happens in `year`.
std::int64_t change_in_year(const YearlyChange& change, std::int64_t year) {
  const std::int64_t first = days_from_date({year, change.month, 1});
  const std::int64_t next = change.month == 12 ? days_from_date({year + 1, 1, 1}) : days_from_date({year, change.month + 1, 1});
  const std::int64_t first_weekday = ((first + 4) % 7 + 7) % 7;
  std::int64_t day = first + (change.weekday - first_weekday + 7) % 7 + (change.week - 1) * 7;
  while (day >= next) day -= 7;
  return day * 86400 + change.second;
}

std::int64_t offset_by_rule(std::string_view text, std::int64_t second) {
  const PosixRule rule = RuleReader{text}.rule();
  if (!rule.has_summer) return rule.standard;
  const std::int64_t local = second + rule.standard;
  const std::int64_t year = date_from_days(local / 86400 - (local % 86400 < 0 ? 1 : 0)).year;
  const std::int64_t start = change_in_year(rule.start, year) - rule.standard;
  const std::int64_t end = change_in_year(rule.end, year) - rule.summer;
  const bool summer = start < end ? second >= start && second < end : second >= start || second < end;
  return summer ? rule.summer : rule.standard;
}

// "+hh:mm", "-hh:mm" or "hh:mm"
std::optional<std::int64_t> fixed_offset(std::string_view zone) {
  const bool minus = zone[0] == '-';
  if (minus || zone[0] == '+') zone.remove_prefix(1);
  if (zone.size() != 5 || zone[2] != ':') return std::nullopt;
  for (const char c : {zone[0], zone[1], zone[3], zone[4]}) {
    if (c < '0' || c > '9') return std::nullopt;
  }
  const std::int64_t hours = (zone[0] - '0') * 10 + (zone[1] - '0');
  const std::int64_t minutes = (zone[3] - '0') * 10 + (zone[4] - '0');
  if (hours > 23 || minutes > 59) return std::nullopt;
  return (minus ? -1 : 1) * (hours * 3600 + minutes * 60);
}

}  // namespace

std::optional<std::int64_t> zone_offset(std::string_view zone, std::int64_t second) {
  if (zone.empty()) return 0;
  if (zone.find(':') != std::string_view::npos) return fixed_offset(zone);
  const auto data = find_zone(zone);
  if (!data) return std::nullopt;
  const auto& changes = data->changes;
  if (changes.empty() && second >= 0) return offset_by_rule(data->rule, second);
  if (!changes.empty() && second >= std::int64_t{changes.back().at} * 60) return offset_by_rule(data->rule, second);
  std::int64_t offset = data->first_offset;
  for (const ZoneChange& change : changes) {
    if (second < std::int64_t{change.at} * 60) break;
    offset = change.offset;
  }
  return offset * 60;
}

}  // namespace flowtank::expr
