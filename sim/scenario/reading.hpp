// SPDX-License-Identifier: Apache-2.0
// What every part of the loader shares: the sources, the diagnostics (each told once, though a model may
// be used by many services), and Fields, the only way in which objects are read. Fields knows which keys
// were asked for, so that every other key is an unknown key with a suggestion.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/base/time.hpp>

#include "sim/scenario/codes.hpp"
#include "sim/scenario/json_reader.hpp"

namespace flowtank::loading {

// A node and the JSON pointer to it. An empty Place has no node.
struct Place {
  const JsonNode* node = nullptr;
  std::string pointer;

  explicit operator bool() const { return node != nullptr; }
  Place at(std::size_t index) const { return {&node->items[index], pointer_to(pointer, index)}; }
  Place at(const JsonMember& member) const { return {&member.value, pointer_to(pointer, member.key)}; }
};

// The options of a service: by name, the value chosen or the default.
using OptionValues = std::map<std::string, JsonNode, std::less<>>;

class Reading {
 public:
  Reading(Sources& sources, Diagnostics& diagnostics) : sources_(sources), diagnostics_(diagnostics) {}

  const Sources& sources() const { return sources_; }
  Sources& sources() { return sources_; }
  Diagnostics& diagnostics() { return diagnostics_; }
  const std::string& file_of(const JsonNode& node) const { return sources_.all[node.source].name; }

  void error(std::string_view code, const Place& place, std::string message, std::string hint = "");
  void warning(std::string_view code, const Place& place, std::string message, std::string hint = "");
  // At the key of a member.
  void error_at_key(std::string_view code, const Place& object, const JsonMember& member, std::string message,
                    std::string hint = "");
  void report(Diagnostic diagnostic);

  // "there is no WHAT "name"" with a suggestion.
  void unknown_name(std::string_view code, const Place& place, std::string_view what, std::string_view name,
                    const std::vector<std::string>& candidates, std::string_view plural);

  // In a model, a string "=options.NAME" stands for the value of that option wherever a constant is
  // needed. Nothing else is changed.
  Place resolve(const Place& place) const;
  const OptionValues* options = nullptr;  // of the service being read; null outside models

  // Typed reading of one node; nothing and a diagnostic when it is of another type or out of range.
  std::optional<std::string> text(const Place& place);
  std::optional<bool> boolean(const Place& place);
  std::optional<std::int64_t> integer(const Place& place, std::int64_t least, std::int64_t most);
  std::optional<double> real(const Place& place);
  // A number of `unit`, or a text with a unit ("250ms", "1.5s"); not negative.
  std::optional<Duration> duration(const Place& place, Duration unit);
  // An index into `words`, which are few and fixed.
  std::optional<std::size_t> word(const Place& place, const std::vector<std::string>& words, std::string_view plural);
  bool is_object(const Place& place, std::string_view what);
  bool is_list(const Place& place, std::string_view what);

 private:
  void wrong_type(const Place& place, std::string_view expected);

  Sources& sources_;
  Diagnostics& diagnostics_;
  std::set<std::tuple<std::string, std::string, std::uint32_t, std::uint32_t, std::string>> told_;
};

// One object. Ask for each key that may stand here, then call finish().
class Fields {
 public:
  // `what` completes "unknown key "x" in ...": "a fault".
  Fields(Reading& reading, Place object, std::string_view what);

  const Place& place() const { return object_; }
  bool valid() const { return object_.node != nullptr && object_.node->is(JsonKind::object); }

  Place find(std::string_view key);             // empty when absent
  Place require(std::string_view key);          // diagnosed when absent
  Place object(std::string_view key);           // empty when absent or no object (diagnosed)
  Place list(std::string_view key);
  std::string text(std::string_view key, std::string fallback = "");
  std::string required_text(std::string_view key);
  bool boolean(std::string_view key, bool fallback);
  std::int64_t integer(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t fallback);
  // KEY_ms, KEY_s or KEY_us (at most one of them).
  std::optional<Duration> time(std::string_view key);
  std::size_t word(std::string_view key, const std::vector<std::string>& words, std::string_view plural,
                   std::size_t fallback);
  // Marks a key as known without reading it.
  void allow(std::string_view key) { known_.insert(std::string(key)); }
  bool has(std::string_view key) const { return valid() && object_.node->find(key) != nullptr; }

  // Reports every key that nobody asked for.
  void finish();
  // The members nobody asked for, for objects with free keys.
  std::vector<const JsonMember*> others() const;

 private:
  Reading& reading_;
  Place object_;
  std::string what_;
  std::set<std::string, std::less<>> known_;
};

// "a", "an"
std::string in_quotes(std::string_view name);

// Whether a name can be used in expressions: a letter or _, then letters, digits or _; no word of CEL.
bool is_cel_name(std::string_view name);

// Parses "250ms", "1.5s", "3us", "7ns", "2m", "1h". Nothing when it is none or out of range.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace flowtank::loading
