// SPDX-License-Identifier: Apache-2.0
// export: a trace in the formats of other tools. A scenario or a counterexample is run first, and its trace is gone afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <reports/export/export.hpp>

namespace flowtank::cli {

struct Face;
struct CommandLine;

// What was written, and what it means.
struct ExportArguments {
  std::string format, output, epoch, only;  // as written
  reports::ExportFormat kind = reports::ExportFormat::otlp;
  std::optional<std::uint64_t> limit;
};

// Understands format and output. False, a sentence and a hint when they make no sense.
bool understand_export(ExportArguments& arguments, std::string& message, std::string& hint);

int export_command(const CommandLine& line, const Face& face);

}  // namespace flowtank::cli
