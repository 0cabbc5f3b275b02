// SPDX-License-Identifier: Apache-2.0
// The story of a violation: from the trace of its witness to numbered plain sentences, the fault that made
// it possible, the window it struck in, the table of what was allowed, the option in the file that causes
// it, and the command that tries the better one. A Story is plain text; terminal, Markdown and JSON show it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sim/check/result.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank::reports {

enum class StoryMark : std::uint8_t { none, fault, violation };

struct StoryStep {
  std::uint32_t number = 0;     // from 1
  RecordId record = no_record;  // "#110" in the trace
  Time time;
  StoryMark mark = StoryMark::none;
  std::string sentence;
};

struct StoryCause {
  std::string file;
  SourceRange where;
  std::string option;   // "services.payment.with.consume"
  std::string value;    // "naive"
  std::string says;     // the model author's sentence; may be empty
  std::string better;   // "inbox"; empty: the author names none
};

struct Story {
  std::string property;
  std::string headline;              // "Order o-7 was charged twice."
  std::string origin;                // "Found in a run of 212 actions; shrunk to 11, ...", or why it is told as found; empty: no shrinker was meant
  std::vector<std::string> faults;   // "fault dup: the broker holds a second copy of OrderPlaced(o-7)"
  std::vector<StoryStep> steps;
  std::size_t left_out = 0;          // steps in the middle of a long story
  std::size_t repeats_from = 0;      // a lasso: number of the first step of the cycle; 0: none
  std::vector<KeyEvidence> evidence; // printable; each row has values
  bool sides = false;                // before and after of the evidence are a left and a right side
  std::string window;                // "between commit and publish"; empty when no crash matters
  std::string window_name;           // "commit-then-publish"; empty where the window is none of two writes
  std::string critical;              // the step after which nothing helps, or that it is undecided; empty: not looked for
  std::string passes;                // the nearest run that passes, and where it parts; empty: none is known
  std::optional<StoryCause> cause;
  std::string try_command;           // empty: nothing to try
  std::vector<std::string> business; // labels of the witness's business steps, in order
  std::size_t actions = 0;           // of the witness
  bool shortest = false;             // no run with fewer actions violates it
  bool minimal = false;              // shrunk: without any one of its actions the property is not violated
};

// The story of one failed property: of its shrunk run where there is one (told_failure() says which scenario and witness its steps
// and records are of), else of the run that was found. Cause and what to try are of the scenario itself. `outcome.verdict` is FAIL;
// without a witness the story has no steps.
Story tell(const Scenario& scenario, const Result& result, const PropertyOutcome& outcome);

// The same of the run that was found, whatever the shrinker made of it.
Story tell_found(const Scenario& scenario, const Result& result, const PropertyOutcome& outcome);

// "A shortest counterexample", "A minimal counterexample", "A counterexample": as much as is known of it.
std::string_view kind_of_counterexample(const Story& story);

// "flowtank check FILE --set a=b ..." for the scenario as loaded now, `extra` options appended.
std::string command_line(const Scenario& scenario, std::string_view command, const std::vector<std::string>& overrides,
                         std::string_view extra = "");

}  // namespace flowtank::reports
