// SPDX-License-Identifier: Apache-2.0
// A decision log of any bytes: read, written and read again to the same.
#include <sim/run/decision_log.hpp>

#include "tests/fuzz/target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flowtank;
  const std::string text(reinterpret_cast<const char*>(data), size);
  Diagnostics diagnostics;
  const auto log = parse_decision_log(text, "a.counterexample", diagnostics);
  fuzz::demand(log.has_value() == diagnostics.ok(), "a log exactly when there is no error");
  fuzz::demand_good(diagnostics, {{"a.counterexample", text}});
  if (!log) return 0;
  Diagnostics again;
  const auto copy = parse_decision_log(to_text(*log), "a.counterexample", again);
  fuzz::demand(copy && *copy == *log, "a log that is written is read to the same");
  return 0;
}
