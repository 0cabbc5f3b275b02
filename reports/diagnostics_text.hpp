// SPDX-License-Identifier: Apache-2.0
// Diagnostics as people and editors read them: file:line:column: error: message [code], the line of the
// source with a caret, the JSON pointer, the hint. All of them at once, in the order of the file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/diagnostic.hpp>

#include "reports/text.hpp"

namespace flowtank::reports {

// Line number `line` (from 1) of a file, without its end; nothing when it cannot be read.
using SourceLine = std::function<std::optional<std::string>(const std::string& file, std::uint32_t line)>;

// Reads lines from the files on disk; a file is read once, at most 64 MB of it.
SourceLine source_lines_from_disk();

struct DiagnosticsStyle {
  Paint paint{false};
  bool ascii = false;
  std::size_t width = 100;  // characters a line
};

std::string to_text(const Diagnostic& diagnostic, const SourceLine& source, const DiagnosticsStyle& style);
// All of them with a blank line between, and how many were left out.
std::string to_text(const Diagnostics& diagnostics, const SourceLine& source, const DiagnosticsStyle& style);
// "3 errors", "0 errors, 2 warnings"
std::string count_text(const Diagnostics& diagnostics);

}  // namespace flowtank::reports
