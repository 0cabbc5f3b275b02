// SPDX-License-Identifier: Apache-2.0
// The arguments of export, understood without opening anything: which format, and what time zero of a run is.
#include <fmt/format.h>

#include <sim/base/diagnostic.hpp>

#include "cli/export_command.hpp"

namespace flowtank::cli {

bool understand_export(ExportArguments& arguments, std::string& message, std::string& hint) {
  if (!arguments.format.empty()) {
    const auto format = reports::export_format_of(arguments.format);
    if (!format) {
      message = fmt::format("there is no format \"{}\"", arguments.format);
      hint = name_hint(arguments.format, reports::export_formats(), "Formats");
      return false;
    }
    arguments.kind = *format;
  }
  const bool story = arguments.kind == reports::ExportFormat::mermaid || arguments.kind == reports::ExportFormat::plantuml;
  if (arguments.limit && !story) {
    message = fmt::format("--limit has no meaning for {}: it has everything", to_text(arguments.kind));
    hint = "Only mermaid and plantuml tell a part; --only KEY exports one trace.";
    return false;
  }
  if (!arguments.epoch.empty() && !reports::parse_epoch(arguments.epoch)) {
    message = fmt::format("--epoch is a time such as 2026-11-23T17:00:00Z or seconds since 1970, not \"{}\"", arguments.epoch);
    hint = "For example: --epoch $(date +%s)";
    return false;
  }
  return true;
}

}  // namespace flowtank::cli
