// SPDX-License-Identifier: Apache-2.0
// See reading.hpp. Every wrong value is told where it stands and reading goes on with a fallback, so that
// one reading finds all errors.
#include "sim/scenario/reading.hpp"

#include <algorithm>
#include <array>

#include <sim/base/hash.hpp>

namespace flowtank::loading {

std::string in_quotes(std::string_view name) {
  constexpr std::size_t most = 60;  // a name of a hostile file may be megabytes long
  if (name.size() <= most) return '"' + std::string(name) + '"';
  std::size_t cut = most;
  while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xc0U) == 0x80U) --cut;
  return '"' + std::string(name.substr(0, cut)) + "…\"";
}

bool is_cel_name(std::string_view name) {
  constexpr std::array reserved{"true", "false", "null", "in", "as", "break", "const", "continue", "else", "for",
                                "function", "if", "import", "let", "loop", "package", "namespace", "return", "var",
                                "void", "while"};
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    if (!(c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) return false;
  }
  return std::find(reserved.begin(), reserved.end(), name) == reserved.end();
}

std::optional<Duration> parse_duration(std::string_view text) {
  std::size_t i = 0;
  std::int64_t whole = 0;
  std::int64_t fraction = 0;
  std::int64_t scale = 1;
  bool digits = false;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, digits = true) {
    if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, text[i] - '0', &whole)) return std::nullopt;
  }
  if (i < text.size() && text[i] == '.') {
    for (++i; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
      if (scale >= 1'000'000'000) return std::nullopt;  // finer than a nanosecond of a second
      fraction = fraction * 10 + (text[i] - '0');
      scale *= 10;
    }
  }
  if (!digits) return std::nullopt;
  const std::string_view unit_name = text.substr(i);
  Duration unit;
  if (unit_name == "ns") unit = ns(1);
  else if (unit_name == "us") unit = us(1);
  else if (unit_name == "ms") unit = ms(1);
  else if (unit_name == "s") unit = s(1);
  else if (unit_name == "m") unit = s(60);
  else if (unit_name == "h") unit = s(3600);
  else return std::nullopt;
  const auto wholes = checked_multiply(unit, whole);
  // At most 1e9 * 3.6e12 / 1e9: the fraction is taken of the unit in steps that cannot overflow.
  const Duration part(static_cast<std::int64_t>(static_cast<uint128>(fraction) * static_cast<uint128>(unit.nanoseconds()) /
                                                static_cast<uint128>(scale)));
  return wholes ? checked_add(*wholes, part) : std::nullopt;
}

void Reading::report(Diagnostic diagnostic) {
  if (!told_.emplace(diagnostic.code, diagnostic.file, diagnostic.range.line, diagnostic.range.column, diagnostic.message).second) return;
  diagnostics_.add(std::move(diagnostic));
}

void Reading::error(std::string_view code, const Place& place, std::string message, std::string hint) {
  report({Severity::error, std::string(code), file_of(*place.node), place.node->where, place.pointer, std::move(message),
          std::move(hint)});
}

void Reading::warning(std::string_view code, const Place& place, std::string message, std::string hint) {
  report({Severity::warning, std::string(code), file_of(*place.node), place.node->where, place.pointer,
          std::move(message), std::move(hint)});
}

void Reading::error_at_key(std::string_view code, const Place& object, const JsonMember& member, std::string message,
                           std::string hint) {
  report({Severity::error, std::string(code), file_of(member.value), member.key_where, pointer_to(object.pointer, member.key),
          std::move(message), std::move(hint)});
}

void Reading::unknown_name(std::string_view code, const Place& place, std::string_view what, std::string_view name,
                           const std::vector<std::string>& candidates, std::string_view plural) {
  error(code, place, "there is no " + std::string(what) + " " + in_quotes(name), name_hint(name, candidates, plural));
}

Place Reading::resolve(const Place& place) const {
  constexpr std::string_view prefix = "=options.";
  if (!options || !place || !place.node->is(JsonKind::string)) return place;
  const std::string_view text = place.node->text;
  if (!text.starts_with(prefix)) return place;
  const auto found = options->find(text.substr(prefix.size()));
  return found == options->end() ? place : Place{&found->second, place.pointer};
}

void Reading::wrong_type(const Place& place, std::string_view expected) {
  error(codes::type_json, place, "expected " + std::string(expected) + ", found " + std::string(kind_name(place.node->kind)));
}

std::optional<std::string> Reading::text(const Place& given) {
  const Place place = resolve(given);
  if (place.node->is(JsonKind::string)) return place.node->text;
  wrong_type(place, "a string");
  return std::nullopt;
}

std::optional<bool> Reading::boolean(const Place& given) {
  const Place place = resolve(given);
  if (place.node->is(JsonKind::boolean)) return place.node->boolean;
  wrong_type(place, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> Reading::integer(const Place& given, std::int64_t least, std::int64_t most) {
  const Place place = resolve(given);
  if (!place.node->is(JsonKind::integer)) {
    wrong_type(place, "a whole number");
    return std::nullopt;
  }
  const std::int64_t value = place.node->integer;
  if (value >= least && value <= most) return value;
  error(codes::range_number, place, std::to_string(value) + " is out of range",
        most == std::numeric_limits<std::int64_t>::max()
            ? "At least " + std::to_string(least) + "."
            : "Allowed: " + std::to_string(least) + " to " + std::to_string(most) + ".");
  return std::nullopt;
}

std::optional<double> Reading::real(const Place& given) {
  const Place place = resolve(given);
  if (place.node->is_number()) return place.node->real;
  wrong_type(place, "a number");
  return std::nullopt;
}

std::optional<Duration> Reading::duration(const Place& given, Duration unit) {
  const Place place = resolve(given);
  std::optional<Duration> result;
  if (place.node->is(JsonKind::integer)) {
    result = checked_multiply(unit, place.node->integer);
  } else if (place.node->is(JsonKind::real)) {
    result = checked_duration(place.node->real, unit);
  } else if (place.node->is(JsonKind::string)) {
    result = parse_duration(place.node->text);
    if (!result) {
      error(codes::range_time, place, in_quotes(place.node->text) + " is not a time", "A number, or a text such as \"250ms\" or \"1.5s\".");
      return std::nullopt;
    }
  } else {
    wrong_type(place, "a time");
    return std::nullopt;
  }
  if (!result || *result == Duration::infinite()) {
    error(codes::range_time, place, "the time is too long", "Times end at about 292 years.");
    return std::nullopt;
  }
  if (*result < Duration::zero()) {
    error(codes::range_time, place, "the time is negative");
    return std::nullopt;
  }
  return result;
}

std::optional<std::size_t> Reading::word(const Place& given, const std::vector<std::string>& words, std::string_view plural) {
  const Place place = resolve(given);
  const auto value = text(place);
  if (!value) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), *value);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  error(codes::ref_word, place, in_quotes(*value) + " is not allowed here", name_hint(*value, words, plural));
  return std::nullopt;
}

bool Reading::is_object(const Place& place, std::string_view what) {
  if (place.node->is(JsonKind::object)) return true;
  wrong_type(place, std::string("an object (") + std::string(what) + ")");
  return false;
}

bool Reading::is_list(const Place& place, std::string_view what) {
  if (place.node->is(JsonKind::array)) return true;
  wrong_type(place, std::string("a list (") + std::string(what) + ")");
  return false;
}

Fields::Fields(Reading& reading, Place object, std::string_view what)
    : reading_(reading), object_(std::move(object)), what_(what) {
  if (object_) reading_.is_object(object_, what);
}

Place Fields::find(std::string_view key) {
  known_.insert(std::string(key));
  if (!valid()) return {};
  const JsonMember* member = object_.node->find_member(key);
  return member ? object_.at(*member) : Place{};
}

Place Fields::require(std::string_view key) {
  Place place = find(key);
  if (!place && valid()) {
    reading_.error(codes::key_missing, object_, "the key " + in_quotes(key) + " is missing in " + what_);
  }
  return place;
}

Place Fields::object(std::string_view key) {
  Place place = find(key);
  return place && reading_.is_object(place, key) ? place : Place{};
}

Place Fields::list(std::string_view key) {
  Place place = find(key);
  return place && reading_.is_list(place, key) ? place : Place{};
}

std::string Fields::text(std::string_view key, std::string fallback) {
  const Place place = find(key);
  return place ? reading_.text(place).value_or(fallback) : fallback;
}

std::string Fields::required_text(std::string_view key) {
  const Place place = require(key);
  return place ? reading_.text(place).value_or("") : "";
}

bool Fields::boolean(std::string_view key, bool fallback) {
  const Place place = find(key);
  return place ? reading_.boolean(place).value_or(fallback) : fallback;
}

std::int64_t Fields::integer(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t fallback) {
  const Place place = find(key);
  return place ? reading_.integer(place, least, most).value_or(fallback) : fallback;
}

std::optional<Duration> Fields::time(std::string_view key) {
  std::optional<Duration> result;
  Place first;
  const std::array<std::pair<const char*, Duration>, 3> units{{{"_ms", ms(1)}, {"_s", s(1)}, {"_us", us(1)}}};
  for (const auto& [suffix, unit] : units) {
    const Place place = find(std::string(key) + suffix);
    if (!place) continue;
    if (first) {
      reading_.error(codes::key_conflict, place, "the same time is given twice, in two units");
      continue;
    }
    first = place;
    result = reading_.duration(place, unit);
  }
  return result;
}

std::size_t Fields::word(std::string_view key, const std::vector<std::string>& words, std::string_view plural, std::size_t fallback) {
  const Place place = find(key);
  return place ? reading_.word(place, words, plural).value_or(fallback) : fallback;
}

std::vector<const JsonMember*> Fields::others() const {
  std::vector<const JsonMember*> result;
  if (!valid()) return result;
  for (const JsonMember& member : object_.node->members) {
    if (known_.find(member.key) == known_.end()) result.push_back(&member);
  }
  return result;
}

void Fields::finish() {
  const std::vector<std::string> candidates(known_.begin(), known_.end());
  for (const JsonMember* member : others()) {
    reading_.error_at_key(codes::key_unknown, object_, *member, "unknown key " + in_quotes(member->key) + " in " + what_,
                          name_hint(member->key, candidates, "Keys"));
  }
}

}  // namespace flowtank::loading
