// SPDX-License-Identifier: Apache-2.0
// See diagnostic.hpp. Keeps the promise that a reading reports everything at once, in file order.
#include "sim/base/diagnostic.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace flowtank {

void Diagnostics::add(Diagnostic diagnostic) {
  // A World that is made again (for a witness, for another thread) complains again of the same.
  const auto same = [&](const Diagnostic& other) {
    return std::tie(other.severity, other.code, other.file, other.range.line, other.range.column, other.pointer, other.message, other.hint) ==
           std::tie(diagnostic.severity, diagnostic.code, diagnostic.file, diagnostic.range.line, diagnostic.range.column, diagnostic.pointer,
                    diagnostic.message, diagnostic.hint);
  };
  if (std::any_of(all_.begin(), all_.end(), same)) return;
  if (diagnostic.severity == Severity::error) ++errors_;
  if (diagnostic.severity == Severity::warning) ++warnings_;
  if (all_.size() >= limit_) {
    ++suppressed_;
    return;
  }
  all_.push_back(std::move(diagnostic));
}

void Diagnostics::sort_by_position() {
  std::stable_sort(all_.begin(), all_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.file, a.range.line, a.range.column) < std::tie(b.file, b.range.line, b.range.column);
  });
}

namespace {

// Optimal string alignment distance, given up beyond `most`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > most) return most + 1;
  std::vector<std::size_t> before(a.size() + 1), previous(a.size() + 1), current(a.size() + 1);
  for (std::size_t i = 0; i <= a.size(); ++i) previous[i] = i;
  for (std::size_t j = 1; j <= b.size(); ++j) {
    current[0] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      current[i] = std::min({previous[i] + 1, current[i - 1] + 1, previous[i - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[i] = std::min(current[i], before[i - 2] + 1);
      }
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[a.size()];
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

std::optional<std::string> closest_name(std::string_view name, const std::vector<std::string>& candidates) {
  if (name.size() > 200) return std::nullopt;
  const std::size_t most = std::max<std::size_t>(1, name.size() / 3);
  std::size_t best = most + 1;
  std::optional<std::string> found;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(lower(name), lower(candidate), most);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

std::string name_hint(std::string_view name, const std::vector<std::string>& candidates, std::string_view what) {
  std::string hint;
  if (const auto close = closest_name(name, candidates)) hint = "Did you mean \"" + *close + "\"?";
  constexpr std::size_t few = 12;
  if (!candidates.empty() && candidates.size() <= few) {
    if (!hint.empty()) hint += ' ';
    hint += std::string(what) + ": ";
    for (std::size_t i = 0; i < candidates.size(); ++i) hint += (i ? ", " : "") + candidates[i];
  }
  return hint;
}

}  // namespace flowtank
