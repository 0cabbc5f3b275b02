// SPDX-License-Identifier: Apache-2.0
// See choice_words.hpp. The action is applied and taken back; records that it made stay in the trace, which only sentences read.
#include "gui/session/choice_words.hpp"

#include <map>

#include <fmt/format.h>

#include <reports/record_text.hpp>
#include <reports/text.hpp>

namespace flowtank::gui {
namespace {

// What a person would be told first: where a message arrives, that; else what the author says; else the first thing worth a line.
int urgency(const reports::RecordText& text, const Record& r) {
  switch (r.kind) {
    case RecordKind::violated:
    case RecordKind::step: return 0;
    case RecordKind::fault: return 6;
    case RecordKind::delivered:
    case RecordKind::command_received: return 5;
    default: break;
  }
  if (text.author_speaks(r)) return 4;
  if (text.told(r)) return 3;
  return r.kind == RecordKind::handler_begin || r.kind == RecordKind::handler_end || r.kind == RecordKind::txn_begin ? 1 : 2;
}

}  // namespace

std::string words_of_choice(World& world, const Trace& trace, const Action& action) {
  const std::string logged = world.describe(action);
  const std::string fault = is_fault(action.kind) && action.fault < world.system().faults.size() ? world.system().faults[action.fault].name : "";
  const std::size_t before = trace.size();
  const World::Mark mark = world.mark();
  world.apply(action);
  const reports::RecordText text(world, trace);
  std::string words;
  int best = 0;
  for (std::size_t id = before; id < trace.size(); ++id) {
    const Record r = trace[id];
    const int now = urgency(text, r);
    if (now <= best) continue;
    const std::string reason = r.kind == RecordKind::fault ? text.reason(r) : "";
    const std::string said = reason.empty() ? text.sentence(r) : reason;
    if (said.empty()) continue;
    best = now;
    words = said;
  }
  world.undo(mark);
  if (words.empty()) words = logged;
  if (!fault.empty() && !words.starts_with("fault ")) words = fmt::format("fault {}: {}", fault, words);
  return reports::printable(words);
}

void tell_apart(std::vector<Choice>& choices) {
  std::map<std::string, int> all, seen;
  for (const Choice& choice : choices) ++all[choice.words];
  for (Choice& choice : choices) {
    const std::string words = choice.words;
    const int number = ++seen[words];
    if (all[words] > 1) choice.words += fmt::format(" ({} of {} like this)", number, all[words]);
  }
}

}  // namespace flowtank::gui
