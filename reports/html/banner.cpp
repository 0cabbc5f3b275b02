// SPDX-License-Identifier: Apache-2.0
// The first screen: consistent or not, why in one sentence, how many of each verdict. Who stops reading here knows enough. A FAIL
// outranks what is undecided, that what was never put to the test, and only what is left is a good word.
#include <algorithm>

#include <fmt/format.h>

#include "reports/html/marks.hpp"
#include "reports/html/parts.hpp"
#include "reports/text.hpp"

namespace flowtank::reports::html {
namespace {

struct Counts {
  std::size_t of[4] = {0, 0, 0, 0};  // by VerdictKind
  std::size_t proved = 0;
  std::size_t operator[](VerdictKind kind) const { return of[static_cast<std::size_t>(kind)]; }
};

Counts count(const Result& result) {
  Counts counts;
  for (const PropertyOutcome& property : result.properties) {
    ++counts.of[static_cast<std::size_t>(property.verdict.kind)];
    counts.proved += property.verdict.kind == VerdictKind::pass && property.verdict.strength == Strength::proved ? 1 : 0;
  }
  return counts;
}

struct Words {
  VerdictKind kind = VerdictKind::pass;
  std::string answer;    // "Not consistent."
  std::string sentence;  // why
  std::string more;
};

Words failing(const Scenario& scenario, const Result& result) {
  Words words{VerdictKind::fail, "Not consistent.", "", ""};
  const auto first = std::find_if(result.properties.begin(), result.properties.end(), [](const PropertyOutcome& p) { return p.verdict.kind == VerdictKind::fail; });
  const Story story = tell(scenario, result, *first);
  words.sentence = story.headline + (story.headline.ends_with('.') ? "" : ".");
  if (story.cause && !story.cause->says.empty()) words.more = story.cause->says;
  else words.more = printable(scenario.claim);
  return words;
}

Words good(const Scenario& scenario, const Result& result, const Counts& counts) {
  Words words{VerdictKind::pass, "Consistent.", "", ""};
  const std::size_t all = result.properties.size();
  if (counts.proved == all) {
    words.sentence = fmt::format("{} proved for every order of events within: {}.", all == 1 ? "The property is" : fmt::format("All {} properties are", all), bounds_text(scenario));
  } else if (result.campaign) {
    words.sentence = with_capital(no_violation_text(*result.campaign)) + ".";
    words.more = "Runs were sampled; what was not drawn may still fail.";
  } else if (result.lineage) {
    words.sentence = result.lineage->budget == 0 ? "No run that was tried breaks a property; the scenario allows no faults." : "No set of faults that was tried breaks a property.";
    words.more = "Other orders of events were not tried; a proof looks at all.";
  } else if (result.driver == Driver::run) {
    words.sentence = fmt::format("One run, seed {}, showed no violation.", result.seed);
    words.more = "One run is an observation, no proof: `flowtank check` looks at every order of events.";
  } else {
    words.sentence = "No property is violated.";
  }
  return words;
}

Words words_for(const Scenario& scenario, const Result& result, const Counts& counts) {
  if (result.properties.empty()) return {VerdictKind::vacuous, "Nothing was asked.", "The scenario states no property, so nothing can hold or fail.", ""};
  if (counts[VerdictKind::fail] != 0) return failing(scenario, result);
  if (counts[VerdictKind::inconclusive] != 0) {
    const auto first = std::find_if(result.properties.begin(), result.properties.end(), [](const PropertyOutcome& p) { return p.verdict.kind == VerdictKind::inconclusive; });
    return {VerdictKind::inconclusive, "Undecided.",
            fmt::format("{} of {} not decided: {}.", counts[VerdictKind::inconclusive], counted(result.properties.size(), "property is", "properties are"), note_of(first->verdict)),
            result.interrupted ? "The work was interrupted; the verdicts are about what was covered until then." : ""};
  }
  const std::size_t vacuous = counts[VerdictKind::vacuous];
  if (vacuous == result.properties.size()) {
    return {VerdictKind::vacuous, "Nothing was put to the test.", with_capital(note_of(result.properties.front().verdict)) + ".",
            "A property that was never in danger says nothing: it is neither kept nor broken."};
  }
  Words words = good(scenario, result, counts);
  if (vacuous == 0) return words;
  words.answer = "Consistent where it was put to the test.";
  words.more = fmt::format("{} never in danger and {} nothing.", counted(vacuous, "property was", "properties were"), vacuous == 1 ? "says" : "say");
  return words;
}

}  // namespace

std::string banner(const Scenario& scenario, const Result& result, const HtmlAside& aside) {
  const Counts counts = count(result);
  const Words words = words_for(scenario, result, counts);
  Markup to;
  to.open("div", {{"class", "banner " + std::string(class_name(words.kind))}});
  icon(to, icon_name(words.kind));
  to.open("div", {{"class", "answer"}});
  to.open("p", {{"class", "headline"}});
  to.leaf("strong", words.answer);
  to.text(" ");
  to.leaf("span", words.sentence);
  to.close();
  if (!words.more.empty()) {
    to.open("p", {{"class", "why"}});
    to.with_code(words.more);
    to.close();
  }
  to.leaf("p", {{"class", "expected"}}, expectations_text(result, aside.aside));
  to.close();
  to.open("dl", {{"class", "counts"}});
  const std::pair<VerdictKind, std::string> parts[] = {
      {VerdictKind::fail, "fail"},
      {VerdictKind::pass, counts.proved != 0 ? fmt::format("pass, {} proved", counts.proved) : std::string("pass")},
      {VerdictKind::inconclusive, "inconclusive"},
      {VerdictKind::vacuous, "vacuous"}};
  for (const auto& [kind, name] : parts) {
    to.open("div", {{"class", std::string(class_name(kind)) + (counts[kind] == 0 ? " none" : "")}});
    to.leaf("dt", name);
    to.leaf("dd", thousands(counts[kind]));
    to.close();
  }
  to.close();
  to.close();
  return to.take();
}

std::string answer_banner(const Answer& answer) {
  Markup to;
  to.open("div", {{"class", "banner " + std::string(class_name(answer.kind))}});
  icon(to, icon_name(answer.kind));
  to.open("div", {{"class", "answer"}});
  to.open("p", {{"class", "headline"}});
  to.leaf("strong", answer.words);
  to.text(" ");
  to.leaf("span", answer.sentence);
  to.close();
  if (!answer.more.empty()) to.leaf("p", {{"class", "why"}}, answer.more);
  to.close();
  to.open("dl", {{"class", "counts"}});
  for (const auto& [name, count] : answer.counts) {
    to.open("div", {{"class", count == 0 ? "none" : ""}});
    to.leaf("dt", name);
    to.leaf("dd", thousands(count));
    to.close();
  }
  to.close();
  to.close();
  return to.take();
}

}  // namespace flowtank::reports::html
