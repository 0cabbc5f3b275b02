// SPDX-License-Identifier: Apache-2.0
// See subjects.hpp: two patterns are walked word by word, so that nothing is copied and every answer takes time linear in the
// length of the texts.
#include "models/brokers/nats_jetstream/subjects.hpp"

namespace flowtank::nats {
namespace {

// The first word of a text, which loses it; `more` tells whether there is another.
std::string_view take_word(std::string_view& text, bool& more) {
  const std::size_t dot = text.find('.');
  const std::string_view word = text.substr(0, dot);
  more = dot != std::string_view::npos;
  text = more ? text.substr(dot + 1) : std::string_view();
  return word;
}

enum class How : unsigned char { matches, overlap, subset };

// Walks `a` (a pattern) along `b` (a subject for `matches`, else a pattern).
bool walk(std::string_view a, std::string_view b, How how) {
  bool more_a = true, more_b = true;
  while (more_a && more_b) {
    const std::string_view x = take_word(a, more_a), y = take_word(b, more_b);
    if (x.empty() || y.empty()) return false;
    if (x == ">") return true;
    if (how != How::matches && y == ">") return how == How::overlap;
    if (x == "*" || x == y) continue;
    if (how == How::overlap && y == "*") continue;
    return false;
  }
  return more_a == more_b;
}

bool is_well_formed(std::string_view text, bool wildcards) {
  bool more = !text.empty();
  while (more) {
    const std::string_view word = take_word(text, more);
    if (word.empty() || word.find_first_of(" \t\r\n") != std::string_view::npos) return false;
    if (!wildcards && (word == "*" || word == ">")) return false;
    if (word == ">" && more) return false;
    if (!more) return true;
  }
  return false;
}

}  // namespace

bool is_subject(std::string_view text) { return is_well_formed(text, false); }
bool is_pattern(std::string_view text) { return is_well_formed(text, true); }
bool matches(std::string_view pattern, std::string_view subject) { return walk(pattern, subject, How::matches); }
bool overlap(std::string_view a, std::string_view b) { return walk(a, b, How::overlap); }
bool is_subset(std::string_view inner, std::string_view outer) { return walk(outer, inner, How::subset); }

}  // namespace flowtank::nats
