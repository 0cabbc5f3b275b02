// SPDX-License-Identifier: Apache-2.0
// What the user types to see only some events: words such as service:orders kind:delivered key=o-7 !poll, all of which
// must hold, or, after "=", any expression of CEL that `flowtank trace --filter` takes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gui/session/run_reader.hpp"

namespace flowtank::gui {

struct FilterTerm {
  enum class Field : std::uint8_t { any, kind, service, key, handler, place };
  Field field = Field::any;
  std::string text;      // lower case
  bool exact = false;    // key=o-7, not key:o-7
  bool negated = false;
  friend bool operator==(const FilterTerm&, const FilterTerm&) = default;
};

// The terms of a filter; a field that is none is named in `problem`.
std::vector<FilterTerm> parse_filter(const std::string& text, std::string& problem);

class EventFilter {
 public:
  // Nothing and a sentence in `problem` when it cannot be understood. `run` outlives it.
  static std::optional<EventFilter> of(const std::string& text, const RunReader& run, std::string& problem);

  bool wants(RecordId id) const;
  // Why the expression had no value for some event that was asked about, the first time; empty when it had one for all.
  const std::string& error() const { return *error_; }
  bool is_empty() const { return terms_.empty() && !expression_; }

 private:
  explicit EventFilter(const RunReader& run) : run_(&run) {}
  const RunReader* run_;
  std::vector<FilterTerm> terms_;
  reports::RecordFilter expression_;
  std::shared_ptr<std::string> error_ = std::make_shared<std::string>();
};

}  // namespace flowtank::gui
