// SPDX-License-Identifier: Apache-2.0
// Parameter sweeps: one scenario with several values of some of its parameters, each a --set. Every combination, or
// only so many that each combination of t parameters comes once (a covering array). Here is which rows
// there are and what came out of each; who drives a row is up to the face.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/diagnostic.hpp>

#include "sim/check/result.hpp"

namespace flowtank {

struct SweepParameter {
  std::string path;                 // "services.payment.with.consume"
  std::vector<std::string> values;  // at least one, each JSON or a word
};

// "path=a,b,c": commas inside of brackets and quotes part nothing; "path=1..5" are whole numbers (at most 1,000). Nothing and a
// diagnostic (FT-SWEEP-001) when it is none.
std::optional<SweepParameter> parse_sweep(const std::string& text, Diagnostics& diagnostics);

inline constexpr std::size_t most_sweep_rows = 10'000;
inline constexpr std::size_t most_sweep_combinations = 100'000;

// By row the value of each parameter, as an index. `together`: how many parameters are combined fully; all when it is
// at least their number. Deterministic; each row has something that no earlier one has. Nothing when there would be more than
// most_sweep_rows, or more than most_sweep_combinations to cover; that is known before anything is listed.
std::optional<std::vector<std::vector<std::uint32_t>>> sweep_rows(const std::vector<SweepParameter>& parameters, std::size_t together);

struct SweepRow {
  std::vector<std::uint32_t> values;   // by parameter
  std::vector<std::string> overrides;  // "path=value"
  ExitCode exit = ExitCode::ok;
  struct Cell {
    VerdictKind verdict = VerdictKind::inconclusive;
    Strength strength = Strength::unstated;
    std::string note;
  };
  std::vector<std::optional<Cell>> cells;  // by property of the table; nothing: the row has no such property. Empty: it
                                           // could not be loaded or driven
  std::string problem;                     // then why
  std::uint64_t size = 0;   // states of an exploration, actions of a run, runs of a campaign
};

struct SweepTable {
  Driver driver = Driver::check;
  std::vector<SweepParameter> parameters;
  std::size_t together = 0;             // of --tway; 0: all
  std::vector<std::string> properties;  // of all rows, in the order in which they first appear
  std::vector<SweepRow> rows;
  ExitCode exit = ExitCode::ok;         // the worst of the rows: 3, 2, 1, 4, 0
  bool interrupted = false;             // the rows are not all
  bool sampled = false;                 // rows are campaigns: their size is a number of runs
};

// Drives one row, whose overrides are given; nothing and diagnostics when that is not possible.
using SweepDriver = std::function<std::optional<Result>(const std::vector<std::string>& overrides, Diagnostics& diagnostics)>;

// Drives every row. `stop` is asked between rows.
SweepTable sweep(Driver driver, std::vector<SweepParameter> parameters, std::size_t together,
                 const std::vector<std::vector<std::uint32_t>>& rows, const SweepDriver& drive, const std::function<bool()>& stop);

}  // namespace flowtank
