// SPDX-License-Identifier: Apache-2.0
// Diagnostics: the first kind of error, "the user's data is wrong". A diagnostic has a stable code,
// a position in the user's file, what was expected, and where possible a suggestion. Readers report
// all of them at once: they add to a Diagnostics list and go on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowtank {

enum class Severity : std::uint8_t { note, warning, error };

// A range of a source text. Lines and columns count from 1, columns in bytes; 0 = unknown.
struct SourceRange {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 0;  // bytes underlined by the caret, at least 1 when known
};

struct Diagnostic {
  Severity severity = Severity::error;
  std::string code;     // stable, for example "FT-KEY-001"; listed on the diagnostics page
  std::string file;     // as the user named it; empty when there is none
  SourceRange range;
  std::string pointer;  // JSON pointer such as /faults/0/on/channel; empty outside JSON
  std::string message;  // one sentence without full stop, lower case start
  std::string hint;     // "Did you mean \"x\"?", allowed values, what to do; may be empty
  std::uint32_t expression_column = 0;  // column inside the expression at `pointer`, from 1; 0 outside one
};

// All diagnostics of one reading. At most `limit` are kept (the rest is counted), so that a hostile
// file cannot fill memory with them.
class Diagnostics {
 public:
  explicit Diagnostics(std::size_t limit = 200) : limit_(limit) {}

  void add(Diagnostic diagnostic);
  const std::vector<Diagnostic>& all() const { return all_; }
  std::size_t errors() const { return errors_; }
  std::size_t warnings() const { return warnings_; }
  std::size_t suppressed() const { return suppressed_; }
  bool ok() const { return errors_ == 0; }
  // Order of the file, then of discovery; stable.
  void sort_by_position();

 private:
  std::vector<Diagnostic> all_;
  std::size_t limit_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
  std::size_t suppressed_ = 0;
};

// The candidate closest to `name` (optimal string alignment distance at most a third of the length,
// at least 1), or nothing. Ties go to the first candidate.
std::optional<std::string> closest_name(std::string_view name, const std::vector<std::string>& candidates);

// "Did you mean "x"?" when a close name exists, and the allowed names when there are few (`what` is a
// plural such as "Channels"); empty when there is nothing useful to say.
std::string name_hint(std::string_view name, const std::vector<std::string>& candidates, std::string_view what);

}  // namespace flowtank
