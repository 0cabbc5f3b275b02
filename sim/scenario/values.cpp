// SPDX-License-Identifier: Apache-2.0
// Small values of scenario and model files: types by name, distributions of durations, scalars, retry
// policies. Every refusal says what would be right.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <sim/base/distribution.hpp>

#include "sim/scenario/builder.hpp"

namespace flowtank::loading {

std::vector<std::string> names_of(const Names& names) {
  std::vector<std::string> out;
  for (const auto& [name, index] : names) out.push_back(name);
  return out;
}

namespace {

const std::vector<std::pair<std::string, expr::Type>>& scalar_types() {
  static const std::vector<std::pair<std::string, expr::Type>> all{
      {"string", expr::types::string}, {"int", expr::types::int64},       {"uint", expr::types::uint64},
      {"double", expr::types::real},   {"bool", expr::types::boolean},    {"bytes", expr::types::bytes},
      {"timestamp", expr::types::timestamp}, {"duration", expr::types::duration},
      {"id", expr::types::string},     {"event", expr::types::dyn},       {"any", expr::types::dyn}};
  return all;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// list(T) and map(K, V) nest at most `depth` deep.
std::optional<expr::Type> parse_type(expr::TypeTable& types, std::string_view text, int depth) {
  text = trim(text);
  for (const auto& [name, type] : scalar_types()) {
    if (text == name) return type;
  }
  if (depth == 0 || !text.ends_with(')')) return std::nullopt;
  if (text.starts_with("list(")) {
    const auto element = parse_type(types, text.substr(5, text.size() - 6), depth - 1);
    return element ? std::optional(types.list(*element)) : std::nullopt;
  }
  if (text.starts_with("map(")) {
    const std::string_view inside = text.substr(4, text.size() - 5);
    const std::size_t comma = inside.find(',');  // keys are scalars, so the first comma separates
    if (comma == std::string_view::npos) return std::nullopt;
    const auto key = parse_type(types, inside.substr(0, comma), 0);
    const auto value = parse_type(types, inside.substr(comma + 1), depth - 1);
    return key && value ? std::optional(types.map(*key, *value)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

expr::Type Builder::type_named(const Place& place) {
  const auto text = reading.text(place);
  if (!text) return expr::types::dyn;
  constexpr int most_nesting = 8;
  if (const auto type = parse_type(*types, *text, most_nesting)) return *type;
  std::vector<std::string> names;
  for (const auto& [name, type] : scalar_types()) names.push_back(name);
  reading.unknown_name(codes::type_name, place, "type", *text, names, "Types (also list(T) and map(K, V))");
  return expr::types::dyn;
}

namespace {

// {"uniform_ms": [1, 5]}, {"exponential_ms": 3}, {"lognormal_ms": {"median": 5, "p99": 80}}, ...
class DistributionReader {
 public:
  explicit DistributionReader(Reading& reading) : reading_(reading) {}

  std::optional<Distribution> read(const Place& place) {
    if (!place.node->is(JsonKind::object)) {
      const auto value = reading_.duration(place, ms(1));
      return value ? take(place, Distribution::constant(*value)) : std::nullopt;
    }
    Fields fields(reading_, place, "a distribution");
    std::optional<Distribution> result;
    int found = 0;
    for (const auto& [suffix, unit] : std::array<std::pair<std::string, Duration>, 3>{{{"_ms", ms(1)}, {"_s", s(1)}, {"_us", us(1)}}}) {
      unit_ = unit;
      for (const char* kind : {"constant", "uniform", "exponential", "lognormal", "pareto", "samples", "quantiles"}) {
        const Place parameters = fields.find(kind + suffix);
        if (!parameters) continue;
        ++found;
        result = by_kind(kind, parameters);
      }
    }
    fields.finish();
    if (found != 1) reading_.error(codes::key_conflict, place, "a distribution has exactly one kind", "For example {\"uniform_ms\": [1, 20]}.");
    return result;
  }

 private:
  std::optional<Distribution> take(const Place& place, DistributionOr made) {
    if (!made) reading_.error(codes::range_number, place, std::string(made.problem));
    return made.distribution;
  }

  std::vector<Duration> durations(const Place& list) {
    std::vector<Duration> out;
    if (!reading_.is_list(list, "times")) return out;
    for (std::size_t i = 0; i < list.node->items.size(); ++i) {
      if (const auto value = reading_.duration(list.at(i), unit_)) out.push_back(*value);
    }
    return out.size() == list.node->items.size() ? out : std::vector<Duration>{};
  }

  std::optional<Distribution> by_kind(std::string_view kind, const Place& place) {
    if (kind == "constant" || kind == "exponential") {
      const auto value = reading_.duration(place, unit_);
      if (!value) return std::nullopt;
      return take(place, kind == "constant" ? Distribution::constant(*value) : Distribution::exponential(*value));
    }
    if (kind == "uniform") {
      const auto ends = durations(place);
      if (ends.size() == 2) return take(place, Distribution::uniform(ends[0], ends[1]));
      if (place.node->is(JsonKind::array)) reading_.error(codes::range_number, place, "a uniform distribution is [shortest, longest]");
      return std::nullopt;
    }
    if (kind == "samples") {
      const auto all = durations(place);
      return all.empty() ? std::nullopt : take(place, Distribution::empirical_of_samples(all));
    }
    if (kind == "quantiles") return quantiles(place);
    return shaped(kind, place);
  }

  // [[0, 1], [0.5, 4], [1, 90]]: share, time
  std::optional<Distribution> quantiles(const Place& place) {
    if (!reading_.is_list(place, "pairs of share and time")) return std::nullopt;
    std::vector<QuantilePoint> points;
    for (std::size_t i = 0; i < place.node->items.size(); ++i) {
      const Place pair = place.at(i);
      if (!reading_.is_list(pair, "share and time")) return std::nullopt;
      if (pair.node->items.size() != 2) {
        reading_.error(codes::range_number, pair, "expected [share, time]");
        return std::nullopt;
      }
      const auto share = reading_.real(pair.at(std::size_t{0}));
      const auto value = reading_.duration(pair.at(std::size_t{1}), unit_);
      if (!share || !value) return std::nullopt;
      points.push_back({*share, *value});
    }
    return take(place, Distribution::empirical(points));
  }

  std::optional<Distribution> shaped(std::string_view kind, const Place& place) {
    Fields fields(reading_, place, std::string(kind) + " parameters");
    const auto time = [&](const char* key) {
      const Place at = fields.find(key);
      return at ? reading_.duration(at, unit_) : std::nullopt;
    };
    const auto number = [&](const char* key) {
      const Place at = fields.find(key);
      return at ? reading_.real(at) : std::nullopt;
    };
    std::optional<Distribution> result;
    if (kind == "lognormal") {
      const auto median = time("median");
      const auto p99 = time("p99");
      const auto sigma = number("sigma");
      if (median && p99 && !sigma) result = take(place, Distribution::lognormal_p99(*median, *p99));
      else if (median && sigma && !p99) result = take(place, Distribution::lognormal(*median, *sigma));
      else reading_.error(codes::key_missing, place, "a lognormal distribution needs median, and sigma or p99");
    } else {
      const auto scale = time("scale");
      const auto shape = number("shape");
      const auto cap = time("cap");
      if (scale && shape) result = take(place, Distribution::pareto(*scale, *shape, cap));
      else reading_.error(codes::key_missing, place, "a Pareto distribution needs scale and shape");
    }
    fields.finish();
    return result;
  }

  Reading& reading_;
  Duration unit_ = ms(1);
};

}  // namespace

std::uint32_t Builder::distribution(const Place& place) {
  const auto made = DistributionReader(reading).read(reading.resolve(place));
  if (!made) return none;
  system->distributions.push_back(*made);
  return static_cast<std::uint32_t>(system->distributions.size() - 1);
}

std::optional<Value> Builder::scalar(const Place& given) {
  const Place place = reading.resolve(given);
  switch (place.node->kind) {
    case JsonKind::null: return Value::of_null();
    case JsonKind::boolean: return Value::of_bool(place.node->boolean);
    case JsonKind::integer: return Value::of_int(place.node->integer);
    case JsonKind::real: return Value::of_real(place.node->real);
    case JsonKind::string: return string_value(place.node->text);
    default:
      reading.error(codes::type_json, place, "expected a single value, found " + std::string(kind_name(place.node->kind)));
      return std::nullopt;
  }
}

bool Builder::cel_name(const Place& object, const JsonMember& member) {
  if (is_cel_name(member.key)) return true;
  reading.error_at_key(codes::key_name, object, member, in_quotes(member.key) + " cannot be used as a name in expressions",
                       "Letters, digits and _, not a digit first, and no word of the language.");
  return false;
}

RetryPolicy read_retry(Reading& reading, const Place& place) {
  Fields fields(reading, place, "a retry policy");
  RetryPolicy retry;
  retry.max_attempts = static_cast<std::uint32_t>(fields.integer("attempts", 0, 1'000'000, 0));
  if (const auto backoff = fields.time("backoff")) retry.backoff = *backoff;
  if (const auto cap = fields.time("cap")) retry.cap = *cap;
  if (const Place factor = fields.find("factor")) {
    const auto value = reading.real(factor);
    if (value && *value >= 1 && *value <= 1000) retry.factor_percent = static_cast<std::uint32_t>(*value * 100);
    else if (value) reading.error(codes::range_number, factor, "the factor is out of range", "Allowed: 1 to 1000.");
  }
  fields.finish();
  return retry;
}

}  // namespace flowtank::loading
