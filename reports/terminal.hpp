// SPDX-License-Identifier: Apache-2.0
// A result on a terminal: verdict table, the story of each failure, cause, what to try, how to replay, what
// took effect, the fingerprint, the expectations. At most 100 columns. The same text without colour when
// it goes to a file; --ascii replaces the signs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <sim/check/result.hpp>
#include <sim/scenario/scenario.hpp>

#include "reports/story.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {

struct TerminalStyle {
  bool colour = false;
  bool ascii = false;
  bool terminal = false;  // prints "exit N" at the end of the last line
  bool quiet = false;     // only what is not as expected, and the last line
};

// What a face knows beside the result.
struct Aside {
  double seconds = 0;                               // wall time of the run or exploration
  std::map<std::string, std::string> counterexamples;  // property -> file that replays it
  std::string replay_of;                            // path of the log that is replayed; empty otherwise
  std::string again;                                // command that gives the same result: "flowtank check shop.json --states 50"; may be empty
  std::map<std::string, std::string> accepted;      // property that is not as expected -> why a baseline accepts that
};

std::string terminal_text(const Scenario& scenario, const Result& result, const Aside& aside,
                          const TerminalStyle& style);

// Files that show a failure again: of the run that is told, then of the other one. Empty where none was written.
enum class ReplayKind : std::uint8_t {
  shrunk,    // what is told, where it was shrunk
  as_found,  // beside it the run it was shrunk from
  told,      // what is told as it was found
  smaller,   // beside it as far as it was shrunk
};
struct ReplayFile {
  ReplayKind kind;
  std::string file;
};
std::vector<ReplayFile> replay_files(const PropertyOutcome& property, const Aside& aside);
std::string_view label_of(ReplayKind kind);  // "Shrunk", "As found", "Replay", "Smaller"

// The second line of every report: brokers, driver, workload, faults, without colour.
std::string subtitle(const Scenario& scenario, const Result& result);
// "duplicate 1 of 1, crash 1 of 1"; empty when the scenario has no faults.
std::string took_effect(const Scenario& scenario, const Result& result);
// "1 order, 1 crash at any step": what a proof covers.
std::string bounds_text(const Scenario& scenario);
// "transactions at read_committed and serializable": the isolation levels that its handlers use; empty without transactions.
std::string isolation_text(const Scenario& scenario);
// "4 of 4 expectations met (1 FAIL was demanded).", "3 of 4 expectations met, 1 accepted."
std::string expectations_text(const Result& result, const Aside& aside);
std::string_view sign_of(VerdictKind kind, const Signs& signs);
// "PASS tested"
std::string with_strength(VerdictKind kind, Strength strength);

}  // namespace flowtank::reports
