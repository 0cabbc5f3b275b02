// SPDX-License-Identifier: Apache-2.0
// See option_reader.hpp: types, ranges and choices of options, and the words of the complaints about them.
#include "models/brokers/kafka/option_reader.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace flowtank::kafka {
namespace {

std::string_view scope_name(Scope scope) {
  switch (scope) {
    case Scope::broker: return "brokers";
    case Scope::topic: return "topics";
    case Scope::producer: return "producers";
    case Scope::consumer: return "consumers";
  }
  return "";
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::vector<std::string> words(std::string_view text, char by) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(by, at), text.size());
    std::string_view word = text.substr(at, end - at);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (!word.empty()) out.emplace_back(word);
    at = end + 1;
  }
  return out;
}

void OptionReader::unknown_keys() {
  std::vector<std::string> names;
  for (const KafkaOption& option : options()) {
    if ((option.scopes & static_cast<std::uint8_t>(scope_)) != 0) names.emplace_back(option.key);
  }
  for (const Setting& setting : settings_) {
    if (find_option(setting.key, scope_) != nullptr) continue;
    std::string hint;
    if (const auto close = closest_name(setting.key, names)) hint = fmt::format("Did you mean \"{}\"?", *close);
    for (const Scope other : {Scope::broker, Scope::topic, Scope::producer, Scope::consumer}) {
      if (find_option(setting.key, other) != nullptr) hint = fmt::format("It is an option of {}.", scope_name(other));
    }
    complain("FT-KEY-001", &setting, fmt::format("Kafka has no option \"{}\" for {}", setting.key, scope_name(scope_)), hint);
  }
}

const Setting* OptionReader::written(std::string_view key) const {
  const auto found = std::find_if(settings_.begin(), settings_.end(), [&](const Setting& s) { return s.key == key; });
  return found == settings_.end() ? nullptr : &*found;
}

const Setting* OptionReader::written(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys) {
    if (const Setting* setting = written(key)) return setting;
  }
  return nullptr;
}

std::string OptionReader::text(std::initializer_list<std::string_view> keys) {
  const KafkaOption& option = *find_option(*keys.begin(), scope_);
  const Setting* setting = written(keys);
  std::string preset(librdkafka_ && !option.librdkafka.empty() ? option.librdkafka : option.preset);
  if (setting == nullptr) return preset;
  return allowed(option, *setting) ? setting->text : preset;
}

std::int64_t OptionReader::whole(std::initializer_list<std::string_view> keys, std::int64_t otherwise) {
  const std::string value = text(keys);
  return value.empty() ? otherwise : number(value).value_or(otherwise);
}

double OptionReader::real(std::string_view key) {
  const std::string value = text({key});
  return parse_real(value).value_or(0);
}

void OptionReader::complain(std::string_view code, const Setting* setting, std::string message, std::string hint) {
  Diagnostic diagnostic = place_;
  diagnostic.code = code;
  if (setting != nullptr && setting->where.line != 0) diagnostic.range = setting->where;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  diagnostics_.add(std::move(diagnostic));
}

bool OptionReader::allowed(const KafkaOption& option, const Setting& setting) {
  const std::string unit = option.unit.empty() ? "" : fmt::format(" ({})", option.unit);
  switch (option.type) {
    case OptionType::boolean:
      if (setting.text == "true" || setting.text == "false") return true;
      complain("FT-TYPE-001", &setting, fmt::format("\"{}\" is true or false, not \"{}\"", setting.key, setting.text), "");
      return false;
    case OptionType::whole: {
      const auto value = number(setting.text);
      if (value && *value >= option.least && *value <= option.most) return true;
      complain(value ? "FT-RANGE-004" : "FT-TYPE-001", &setting,
               fmt::format("\"{}\"{} is a whole number from {} to {}, not \"{}\"", setting.key, unit, option.least, option.most, setting.text), "");
      return false;
    }
    case OptionType::real: {
      const auto value = parse_real(setting.text);
      if (value && *value >= static_cast<double>(option.least) && *value <= static_cast<double>(option.most)) return true;
      complain("FT-RANGE-004", &setting, fmt::format("\"{}\" is a number from {} to {}, not \"{}\"", setting.key, option.least, option.most, setting.text), "");
      return false;
    }
    case OptionType::text: return true;
    case OptionType::choice: return one_of(option, setting, setting.text);
    case OptionType::list: {
      const auto items = words(setting.text, ',');
      if (items.empty()) complain("FT-TYPE-001", &setting, fmt::format("\"{}\" is empty", setting.key), "");
      return !items.empty() && std::all_of(items.begin(), items.end(), [&](const std::string& item) { return one_of(option, setting, item); });
    }
  }
  return true;
}

bool OptionReader::one_of(const KafkaOption& option, const Setting& setting, const std::string& value) {
  const auto values = words(option.values);
  if (std::find(values.begin(), values.end(), value) != values.end()) return true;
  complain("FT-TYPE-001", &setting, fmt::format("\"{}\" cannot be \"{}\"", setting.key, value), name_hint(value, values, "Values"));
  return false;
}

}  // namespace flowtank::kafka
