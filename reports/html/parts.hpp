// SPDX-License-Identifier: Apache-2.0
// The parts that pages of this folder are put together from, each a function from results to markup. Which of them a page has,
// and in which order, report.cpp and family.cpp say. All are bounded: a part that leaves something out says so.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/html/markup.hpp"
#include "reports/html/page.hpp"
#include "reports/html/report.hpp"

namespace flowtank::reports::html {

// ---- words (words.cpp) ---------------------------------------------------------------------------
// Of an absolute path its last part; pages leave the machine they were made on.
std::string shown_path(std::string_view path);
// The same for each place of `text` that names the scenario's file.
std::string without_folders(std::string text, const Scenario& scenario);
std::string title_of(const Scenario& scenario);
std::string broker_words(const System& system);
// What verdicts of this result rest on, a sentence each.
std::vector<std::string> assumptions(const Scenario& scenario, const Result& result);
// How much was looked at: name and value.
std::vector<std::pair<std::string, std::string>> extent(const Scenario& scenario, const Result& result);
// "1 key: o-7" as the verdict has it, without what only repeats the strength.
std::string note_of(const Verdict& verdict);
// Names of services in the order in which properties are grouped, the last for those of none: by property.
std::string service_of(const System& system, const PropertySpec& spec);

// ---- parts --------------------------------------------------------------------------------------
// Is it consistent, why not, and how many of each verdict (banner.cpp).
std::string banner(const Scenario& scenario, const Result& result, const HtmlAside& aside);

// A banner of the other pages (banner.cpp): the answer in two sentences, and what was counted.
struct Answer {
  VerdictKind kind = VerdictKind::pass;
  std::string words, sentence, more;  // `more` may be empty
  std::vector<std::pair<std::string, std::uint64_t>> counts;
};
std::string answer_banner(const Answer& answer);

// Properties by kinds of faults, as a table and, for narrow pages, as cards (matrix.cpp). `story_ids`: by property the anchor of
// its counterexample; empty: none is told.
std::string verdict_matrix(const Scenario& scenario, const Result& result, const HtmlAside& aside, const std::vector<std::string>& story_ids);

// One counterexample: diagram, story, cause, state before and after (counterexample.cpp, states.cpp). `id`: "c1".
std::string counterexample(const Scenario& scenario, const Result& result, const PropertyOutcome& outcome, const Story& story, const Aside& aside,
                           const std::string& id);
std::string states_around(const Scenario& scenario, const PropertyOutcome& outcome, const Story& story);

// Which handlers may be handed a message twice, which messages may come in any order (handlers.cpp). The tables alone:
std::string handlers_table(const family::IdempotencyReport& report);
std::string pairs_matrices(const family::CommuteReport& report);
// Both with what differs in a sentence each and how far was looked, for the consistency report; or why that was not asked.
std::string handlers_section(const Scenario& scenario, const FamiliesAside& families);
VerdictKind kind_of(family::HandlerVerdict verdict);
// Of an exploration that was cut short nothing is good yet: what was not looked at may differ. `complete`: everything was.
VerdictKind so_far(VerdictKind kind, bool complete);
inline constexpr std::string_view none_so_far = "no difference so far";

std::string charts(const Scenario& scenario, const RunSeries& series);      // charts.cpp
// `series`: knows what a run reached that kept no trace; may be nullptr (coverage.cpp).
std::string coverage(const Scenario& scenario, const Result& result, const RunSeries* series);
std::string setup(const Scenario& scenario);                                // setup.cpp
std::string bullet_list(const std::vector<std::string>& lines, std::size_t most = 40, std::string_view style = "");
// Commands to type, one a line; what stands before them may be empty.
struct CommandToType {
  std::string what;
  std::string command;
};
std::string commands_to_type(const std::vector<CommandToType>& commands);

}  // namespace flowtank::reports::html
