// SPDX-License-Identifier: Apache-2.0
// See conform_command.hpp: reads, judges and counts; names out of files are made safe for a terminal.
#include "cli/conform_command.hpp"

#include <fmt/format.h>

#include <models/brokers/vectors/runner.hpp>
#include <reports/text.hpp>

namespace flowtank::cli {
int conform_command(const CommandLine& line, const Face& face) {
  vectors::Tally tally;
  std::string text;
  bool said = true;
  for (const std::string& file : line.vectors) {
    Diagnostics diagnostics;
    const auto vector = vectors::read_vector(file, diagnostics);
    if (!vector) {
      print(diagnostics, face);
      ++tally.unreadable;
      continue;
    }
    const vectors::Judgement judgement = vectors::judge(*vector);
    using Kind = vectors::Judgement::Kind;
    ++(judgement.kind == Kind::agrees ? tally.agree : judgement.kind == Kind::differs ? tally.differ : tally.not_supported);
    if (line.quiet && judgement.kind != Kind::differs) continue;
    said = say(stdout, fmt::format("{}: {}\n", reports::printable(vector->id), reports::printable(vectors::to_text(judgement)))) && said;
  }
  said = say(stdout, vectors::to_text(tally) + "\n") && said;
  if (tally.unreadable != 0 || !said) return 2;
  return tally.differ == 0 ? 0 : 1;
}

}  // namespace flowtank::cli
