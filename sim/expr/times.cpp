// SPDX-License-Identifier: Apache-2.0
// See times.hpp. Days are counted in eras of 400 years with March as the first month, which puts the
// leap day last (the method of H. Hinnant's "chrono-compatible low-level date algorithms").
#include "sim/expr/times.hpp"

#include <array>

#include <sim/base/hash.hpp>

#include "sim/expr/error.hpp"

namespace flowtank::expr {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t day_s = 86400;
__extension__ using int128 = __int128;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
  static constexpr std::array<std::int64_t, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : days[static_cast<std::size_t>(month - 1)];
}

std::optional<Value> make_timestamp(int128 nanoseconds) {
  int128 seconds = nanoseconds / second_ns;
  int128 rest = nanoseconds % second_ns;
  if (rest < 0) {
    rest += second_ns;
    --seconds;
  }
  if (seconds < first_second || seconds > last_second) return std::nullopt;
  return Value::of_timestamp(static_cast<std::int64_t>(seconds), static_cast<std::uint32_t>(rest));
}

int128 total_nanoseconds(const Value& timestamp) { return int128{timestamp.i} * second_ns + timestamp.tag; }

// Reads the fixed fields of RFC 3339.
struct Reader {
  std::string_view text;
  std::size_t at = 0;
  bool good = true;

  std::int64_t digits(std::size_t count) {
    std::int64_t value = 0;
    for (std::size_t i = 0; i < count; ++i, ++at) {
      const char c = at < text.size() ? text[at] : '\0';
      if (c < '0' || c > '9') good = false;
      else value = value * 10 + (c - '0');
    }
    return value;
  }
  void sign(char wanted) {
    good = good && at < text.size() && text[at] == wanted;
    ++at;
  }
  char peek() const { return at < text.size() ? text[at] : '\0'; }
};

std::int64_t fraction(Reader& in) {
  if (in.peek() != '.') return 0;
  ++in.at;
  std::int64_t value = 0, scale = second_ns / 10;
  if (in.peek() < '0' || in.peek() > '9') in.good = false;
  for (; in.peek() >= '0' && in.peek() <= '9'; ++in.at, scale /= 10) value += (in.peek() - '0') * scale;
  return value;
}

// "Z" or "+hh:mm", in seconds.
std::int64_t offset_suffix(Reader& in) {
  if (in.peek() == 'Z') {
    ++in.at;
    return 0;
  }
  const bool west = in.peek() == '-';
  if (!west && in.peek() != '+') in.good = false;
  ++in.at;
  const std::int64_t hours = in.digits(2);
  in.sign(':');
  const std::int64_t minutes = in.digits(2);
  if (hours > 23 || minutes > 59) in.good = false;
  return (west ? -1 : 1) * (hours * 3600 + minutes * 60);
}

std::string two(std::int64_t value) {
  std::string out = std::to_string(value);
  return out.size() < 2 ? "0" + out : out;
}

// ".5" for half a second, nothing for 0.
std::string fraction_text(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return {};
  std::string digits = std::to_string(nanoseconds);
  digits.insert(0, 9 - digits.size(), '0');
  while (digits.back() == '0') digits.pop_back();
  return "." + digits;
}

}  // namespace

std::int64_t days_from_date(const Date& date) {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = floor_div(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

Date date_from_days(std::int64_t days) {
  days += 719468;
  const std::int64_t era = floor_div(days, 146097);
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month + 2) / 5 + 1;
  return {year_of_era + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, day};
}

std::optional<Value> parse_timestamp(std::string_view text) {
  Reader in{text};
  const std::int64_t year = in.digits(4);
  in.sign('-');
  const std::int64_t month = in.digits(2);
  in.sign('-');
  const std::int64_t day = in.digits(2);
  in.sign('T');
  const std::int64_t hour = in.digits(2);
  in.sign(':');
  const std::int64_t minute = in.digits(2);
  in.sign(':');
  const std::int64_t second = in.digits(2);
  const std::int64_t nanoseconds = fraction(in);
  const std::int64_t offset = offset_suffix(in);
  if (!in.good || in.at != text.size() || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
      hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  const std::int64_t seconds = days_from_date({year, month, day}) * day_s + hour * 3600 + minute * 60 + second - offset;
  return make_timestamp(int128{seconds} * second_ns + nanoseconds);
}

std::string format_timestamp(const Value& timestamp) {
  const std::int64_t days = floor_div(timestamp.i, day_s);
  const std::int64_t second = timestamp.i - days * day_s;
  const Date date = date_from_days(days);
  std::string year = std::to_string(date.year);
  year.insert(0, year.size() < 4 ? 4 - year.size() : 0, '0');
  return year + "-" + two(date.month) + "-" + two(date.day) + "T" + two(second / 3600) + ":" +
         two(second / 60 % 60) + ":" + two(second % 60) + fraction_text(timestamp.tag) + "Z";
}

std::optional<Value> parse_duration(std::string_view text) {
  struct Unit { std::string_view name; std::int64_t ns; };
  static constexpr std::array<Unit, 8> units = {{
      {"ns", 1}, {"us", 1000}, {"\xC2\xB5s", 1000}, {"\xCE\xBCs", 1000}, {"ms", 1'000'000},
      {"s", second_ns}, {"m", 60 * second_ns}, {"h", 3600 * second_ns},
  }};
  const bool minus = !text.empty() && text[0] == '-';
  if (minus || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
  if (text == "0") return Value::of_duration(0);
  if (text.empty() || text.size() > 200) return std::nullopt;
  constexpr int128 most = int128{1} << 63;
  int128 total = 0;
  while (!text.empty()) {
    int128 whole = 0, part = 0, scale = 1;
    std::size_t i = 0, digits = 0;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, ++digits) {
      whole = whole * 10 + (text[i] - '0');
      if (whole > most) return std::nullopt;
    }
    if (i < text.size() && text[i] == '.') {
      for (++i; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, ++digits) {
        if (scale < int128{1'000'000'000'000'000}) part = part * 10 + (text[i] - '0'), scale *= 10;
      }
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(i);
    const Unit* unit = nullptr;
    for (const Unit& u : units) {
      if (text.starts_with(u.name) && (unit == nullptr || u.name.size() > unit->name.size())) unit = &u;
    }
    if (unit == nullptr) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total += whole * unit->ns + part * unit->ns / scale;
    if (total > most) return std::nullopt;
  }
  if (minus) total = -total;
  if (total >= most || total < -most) return std::nullopt;
  return Value::of_duration(static_cast<std::int64_t>(total));
}

std::string format_duration(const Value& duration) {
  const std::uint64_t size = duration.i < 0 ? ~static_cast<std::uint64_t>(duration.i) + 1 : static_cast<std::uint64_t>(duration.i);
  constexpr auto second = static_cast<std::uint64_t>(second_ns);
  return (duration.i < 0 ? "-" : "") + std::to_string(size / second) + fraction_text(static_cast<std::int64_t>(size % second)) + "s";
}

Value shift_timestamp(const Value& timestamp, std::int64_t nanoseconds, bool backwards) {
  const int128 shift = backwards ? -int128{nanoseconds} : int128{nanoseconds};
  const auto moved = make_timestamp(total_nanoseconds(timestamp) + shift);
  return moved ? *moved : error_value(ErrorCode::overflow);
}

Value timestamp_difference(const Value& a, const Value& b) {
  const int128 difference = total_nanoseconds(a) - total_nanoseconds(b);
  constexpr int128 limit = int128{1} << 63;
  if (difference >= limit || difference < -limit) return error_value(ErrorCode::overflow);
  return Value::of_duration(static_cast<std::int64_t>(difference));
}

std::int64_t timestamp_part(Builtin part, const Value& timestamp, std::int64_t offset_seconds) {
  const std::int64_t local = timestamp.i + offset_seconds;
  const std::int64_t days = floor_div(local, day_s);
  const std::int64_t second = local - days * day_s;
  const Date date = date_from_days(days);
  switch (part) {
    case Builtin::full_year: return date.year;
    case Builtin::month: return date.month - 1;
    case Builtin::date: return date.day;
    case Builtin::day_of_month: return date.day - 1;
    case Builtin::day_of_week: return ((days + 4) % 7 + 7) % 7;
    case Builtin::day_of_year: return days - days_from_date({date.year, 1, 1});
    case Builtin::hours: return second / 3600;
    case Builtin::minutes: return second / 60 % 60;
    case Builtin::seconds: return second % 60;
    default: return timestamp.tag / 1'000'000;
  }
}

std::int64_t duration_part(Builtin part, const Value& duration) {
  switch (part) {
    case Builtin::hours: return duration.i / (3600 * second_ns);
    case Builtin::minutes: return duration.i / (60 * second_ns);
    case Builtin::seconds: return duration.i / second_ns;
    default: return duration.i / 1'000'000 % 1000;
  }
}

}  // namespace flowtank::expr
