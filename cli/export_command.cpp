// SPDX-License-Identifier: Apache-2.0
// See export_command.hpp. The output is there whole or not at all: a trace that turns out to be damaged, and a disk that is
// full, leave what was there before.
#include "cli/export_command.hpp"

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/text.hpp>
#include <reports/trace_view.hpp>
#include <sim/base/growing_file.hpp>

#include "cli/command_line.hpp"
#include "cli/face.hpp"
#include "cli/installation.hpp"
#include "cli/recorded_run.hpp"

namespace flowtank::cli {
namespace {

constexpr int bad_input = 2;

int wrong(const Diagnostics& diagnostics, const Face& face) {
  print(diagnostics, face);
  return bad_input;
}

int write(const CommandLine& line, const Face& face, const TraceReader& reader) {
  const ExportArguments& asked = line.exporting;
  Diagnostics diagnostics;
  reports::ExportOptions options;
  options.format = asked.kind;
  options.limit = asked.limit;
  options.version = reports::json_quoted(version());
  options.version = options.version.substr(1, options.version.size() - 2);
  for (const BrokerKind& kind : shipped_brokers()) {
    const MessagingSystem system = messaging_system_of(kind.name);
    options.systems[std::string(kind.name)] = {std::string(system.sends), std::string(system.receives)};
  }
  if (!asked.epoch.empty()) options.epoch = *reports::parse_epoch(asked.epoch);
  if (!asked.only.empty()) {
    const reports::TraceView view(reader);
    options.only = view.find(asked.only, reports::TraceView::Keys::first, diagnostics);
    if (!options.only) return wrong(diagnostics, face);
  }
  const bool to_stdout = asked.output.empty() || asked.output == "-";
  GrowingFile file;
  if (!to_stdout) {
    if (const auto problem = file.open(asked.output)) {
      print_error(*problem, "", face);
      return bad_input;
    }
  }
  bool said = true;
  reports::Output out([&](std::string_view text) { return said = to_stdout ? say(stdout, text) : file.write(text); });
  const auto result = reports::export_trace(reader, options, out, diagnostics);
  print(diagnostics, face);
  if (!result) return bad_input;
  print(reader.problems(), face);
  if (to_stdout) {
    if (!said) print_error("cannot write to standard output", "", face);
    return result->whole ? 0 : bad_input;
  }
  if (!result->whole && said) {
    print_error(fmt::format("the trace is damaged: {} was not written", asked.output), "flowtank trace FILE --verify says where.", face);
    return bad_input;
  }
  if (const auto problem = file.finish()) {
    print_error(*problem, "", face);
    return bad_input;
  }
  std::string text = fmt::format("{}: {} as {}, {} bytes", reports::printable(asked.output), reports::counted(result->written, "entry", "entries"), to_text(asked.kind), thousands(out.bytes()));
  if (result->left_out != 0) text += fmt::format("; {} lines left out (--limit shows more)", thousands(result->left_out));
  say(stderr, text + "\n");
  return 0;
}

}  // namespace

int export_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  RecordedRun run;
  const bool opened = run.open(line.file, line.models, diagnostics);
  diagnostics.sort_by_position();
  print(diagnostics, face);
  return opened ? write(line, face, run.reader()) : bad_input;
}

}  // namespace flowtank::cli
