// SPDX-License-Identifier: Apache-2.0
// See sweep.hpp. The covering array is greedy: a row takes the first combination that is missing and fills up with
// the values that bring the most others; near the smallest for the few parameters that people sweep.
#include "sim/check/sweep.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

namespace flowtank {
namespace {

using Row = std::vector<std::uint32_t>;
constexpr std::uint32_t open_value = 0xffffffffU;
constexpr std::uint64_t most_numbers = 1000;

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts(1);
  int open = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\' && i + 1 < text.size()) {
      parts.back() += c;
      parts.back() += text[++i];
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '[' || c == '{')) ++open;
    if (!quoted && (c == ']' || c == '}')) --open;
    if (c == ',' && !quoted && open == 0) parts.emplace_back();
    else parts.back() += c;
  }
  return parts;
}

// Which parameters a combination is about, and their values.
struct Combination {
  Row parameters, values;
  friend auto operator<=>(const Combination&, const Combination&) = default;
};

void each_choice(std::size_t of, std::size_t count, const std::function<void(const Row&)>& visit) {
  Row chosen;
  const std::function<void(std::uint32_t)> go = [&](std::uint32_t from) {
    if (chosen.size() == count) return visit(chosen);
    for (std::uint32_t i = from; i < of; ++i) {
      chosen.push_back(i);
      go(i + 1);
      chosen.pop_back();
    }
  };
  go(0);
}

// Would there be too many rows, or too many combinations to list? Each is an elementary symmetric polynomial of the numbers
// of values: sums[t] is over all choices of t parameters the product of theirs. Stops counting where it is too many.
bool too_many(const std::vector<SweepParameter>& parameters, std::size_t together) {
  std::vector<std::size_t> sums(together + 1, 0), sizes;
  sums[0] = 1;
  for (const SweepParameter& parameter : parameters) {
    sizes.push_back(parameter.values.size());
    for (std::size_t t = together; t > 0; --t) {
      sums[t] = std::min(most_sweep_combinations + 1, sums[t] + sums[t - 1] * std::min(most_sweep_combinations, sizes.back()));
    }
  }
  // At least as many rows as the parameters with the most values have combinations.
  std::sort(sizes.rbegin(), sizes.rend());
  std::size_t rows = 1;
  for (std::size_t i = 0; i < together && rows <= most_sweep_rows; ++i) rows *= sizes[i];
  return rows > most_sweep_rows || sums[together] > most_sweep_combinations;
}

std::set<Combination> all_combinations(const std::vector<SweepParameter>& parameters, std::size_t together) {
  std::set<Combination> missing;
  each_choice(parameters.size(), together, [&](const Row& chosen) {
    Combination next{chosen, Row(chosen.size(), 0)};
    for (;;) {
      missing.insert(next);
      std::size_t at = chosen.size();
      while (at != 0 && ++next.values[at - 1] == parameters[chosen[at - 1]].values.size()) next.values[--at] = 0;
      if (at == 0) return;
    }
  });
  return missing;
}

// How many missing combinations of the row's filled values include parameter `with`.
std::size_t gain(const std::set<Combination>& missing, const Row& row, std::uint32_t with, std::size_t together) {
  std::size_t count = 0;
  each_choice(row.size(), together, [&](const Row& chosen) {
    if (std::find(chosen.begin(), chosen.end(), with) == chosen.end()) return;
    Combination combination{chosen, {}};
    for (const std::uint32_t p : chosen) {
      if (row[p] == open_value) return;
      combination.values.push_back(row[p]);
    }
    count += missing.count(combination);
  });
  return count;
}

// A verdict goes under the name of its property: rows need not have the same ones in the same order.
void place(const Verdict& verdict, std::vector<std::string>& properties, SweepRow& row) {
  const auto at = static_cast<std::size_t>(std::find(properties.begin(), properties.end(), verdict.property) - properties.begin());
  if (at == properties.size()) properties.push_back(verdict.property);
  row.cells.resize(properties.size());
  row.cells[at] = SweepRow::Cell{verdict.kind, verdict.strength, verdict.note};
}

int badness(ExitCode exit) {
  switch (exit) {
    case ExitCode::our_fault: return 4;
    case ExitCode::bad_input: return 3;
    case ExitCode::not_met: return 2;
    case ExitCode::inconclusive: return 1;
    case ExitCode::ok: return 0;
  }
  return 4;
}

}  // namespace

std::optional<SweepParameter> parse_sweep(const std::string& text, Diagnostics& diagnostics) {
  const auto fail = [&](std::string message) {
    Diagnostic d;
    d.code = "FT-SWEEP-001";
    d.file = "--sweep " + text.substr(0, 200);
    d.message = std::move(message);
    d.hint = "For example services.payment.with.consume=naive,inbox or clients.shoppers.count=1..3.";
    diagnostics.add(std::move(d));
    return std::nullopt;
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return fail("a sweep is path=value,value,...");
  SweepParameter parameter{text.substr(0, equals), {}};
  const std::string_view values = std::string_view(text).substr(equals + 1);
  const std::size_t dots = values.find("..");
  const auto first = dots == std::string_view::npos ? std::nullopt : whole(values.substr(0, dots));
  const auto last = dots == std::string_view::npos ? std::nullopt : whole(values.substr(dots + 2));
  if (first && last) {
    if (*last < *first || static_cast<std::uint64_t>(*last) - static_cast<std::uint64_t>(*first) >= most_numbers) return fail(fmt::format("a range goes up, by at most {} numbers", most_numbers));
    for (std::int64_t number = *first;; ++number) {
      parameter.values.push_back(std::to_string(number));
      if (number == *last) break;  // it may be the greatest there is
    }
    return parameter;
  }
  parameter.values = parts_of(values);
  for (const std::string& value : parameter.values) {
    if (value.empty()) return fail("a value of the sweep is empty");
    if (std::count(parameter.values.begin(), parameter.values.end(), value) > 1) return fail(fmt::format("the value \"{}\" comes twice", value));
  }
  return parameter;
}

std::optional<std::vector<Row>> sweep_rows(const std::vector<SweepParameter>& parameters, std::size_t together) {
  std::vector<Row> rows;
  if (parameters.empty()) return rows;
  const bool all = together == 0 || together >= parameters.size();
  if (too_many(parameters, all ? parameters.size() : together)) return std::nullopt;
  std::set<Combination> missing = all_combinations(parameters, all ? parameters.size() : together);
  if (all) {
    for (const Combination& combination : missing) rows.push_back(combination.values);
    return rows;
  }
  while (!missing.empty()) {
    if (rows.size() == most_sweep_rows) return std::nullopt;
    Row row(parameters.size(), open_value);
    const Combination& first = *missing.begin();
    for (std::size_t i = 0; i < first.parameters.size(); ++i) row[first.parameters[i]] = first.values[i];
    for (std::uint32_t p = 0; p < row.size(); ++p) {
      if (row[p] != open_value) continue;
      std::uint32_t best = 0;
      std::size_t most_gained = 0;
      for (std::uint32_t value = 0; value < parameters[p].values.size(); ++value) {
        row[p] = value;
        const std::size_t gained = gain(missing, row, p, together);
        if (value == 0 || gained > most_gained) {
          best = value;
          most_gained = gained;
        }
      }
      row[p] = best;
    }
    each_choice(row.size(), together, [&](const Row& chosen) {
      Combination covered{chosen, {}};
      for (const std::uint32_t p : chosen) covered.values.push_back(row[p]);
      missing.erase(covered);
    });
    rows.push_back(std::move(row));
  }
  return rows;
}

SweepTable sweep(Driver driver, std::vector<SweepParameter> parameters, std::size_t together, const std::vector<Row>& rows,
                 const SweepDriver& drive, const std::function<bool()>& stop) {
  SweepTable table;
  table.driver = driver;
  table.parameters = std::move(parameters);
  table.together = together >= table.parameters.size() ? 0 : together;
  for (const Row& values : rows) {
    if (stop && stop()) {
      table.interrupted = true;
      break;
    }
    SweepRow row;
    row.values = values;
    for (std::size_t p = 0; p < values.size(); ++p) {
      row.overrides.push_back(table.parameters[p].path + "=" + table.parameters[p].values[values[p]]);
    }
    Diagnostics diagnostics;
    const auto result = drive(row.overrides, diagnostics);
    if (!result) {
      row.exit = ExitCode::bad_input;
      row.problem = diagnostics.all().empty() ? "it cannot be driven" : diagnostics.all().front().code + ": " + diagnostics.all().front().message;
    } else {
      row.exit = result->exit;
      row.problem = result->our_fault;
      row.size = driver == Driver::check ? result->counts.states : result->run.actions;
      if (result->campaign) row.size = result->campaign->runs;
      table.sampled = table.sampled || result->campaign.has_value();
      for (const PropertyOutcome& outcome : result->properties) place(outcome.verdict, table.properties, row);
      table.interrupted = table.interrupted || result->interrupted;
    }
    if (badness(row.exit) > badness(table.exit)) table.exit = row.exit;
    table.rows.push_back(std::move(row));
  }
  for (SweepRow& row : table.rows) {
    if (!row.cells.empty()) row.cells.resize(table.properties.size());
  }
  return table;
}

}  // namespace flowtank
