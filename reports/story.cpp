// SPDX-License-Identifier: Apache-2.0
// Choosing what to tell. Of an explored witness, which is a shortest one, everything worth a line is told;
// of a timed run only the causal past of the violating record, found by walking parents backwards.
#include "reports/story_steps.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <sim/property/property_kinds.hpp>

#include "reports/evidence_text.hpp"
#include "reports/record_text.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

constexpr std::size_t most_steps = 30;
constexpr std::size_t kept_at_start = 8;

// By record: why a message is delivered although it was before: a run of its that failed or crashed.
std::vector<RecordId> redelivery_causes(const Trace& trace) {
  std::vector<RecordId> causes(trace.size(), no_record);
  std::map<std::pair<std::uint16_t, Word>, RecordId> failed;
  for (const Record& record : trace) {
    const std::pair<std::uint16_t, Word> what{record.service, record.subject};
    if (record.kind == RecordKind::nacked || (record.kind == RecordKind::handler_end && record.outcome != Outcome::ok)) {
      failed[what] = record.id;
    } else if (record.kind == RecordKind::delivered) {
      const auto found = failed.find(what);
      if (found != failed.end()) causes[record.id] = found->second;
    }
  }
  return causes;
}

// An event that is published comes from who made it; what its relay did before is another story.
bool relayed(const Trace& trace, const Record& record) {
  return record.kind == RecordKind::publish_try && record.other_parent < trace.size();
}

// The records that led to `from`: itself, its parents, theirs.
std::vector<bool> causal_past(const Trace& trace, const std::vector<RecordId>& from, const std::vector<RecordId>& again) {
  std::vector<bool> inside(trace.size(), false);
  std::vector<RecordId> pending;
  const auto visit = [&](RecordId id) {
    if (id < trace.size() && !inside[id]) {
      inside[id] = true;
      pending.push_back(id);
    }
  };
  for (const RecordId id : from) visit(id);
  while (!pending.empty()) {
    const Record& record = trace[pending.back()];
    pending.pop_back();
    if (!relayed(trace, record)) visit(record.parent);
    visit(record.other_parent);
    visit(again[record.id]);
  }
  return inside;
}

class Teller {
 public:
  Teller(const Scenario& scenario, const PropertyOutcome& outcome, Story& story)
      : scenario_(scenario), outcome_(outcome), witness_(*outcome.witness), trace_(witness_.trace),
        text_(*witness_.world, trace_), story_(story), redelivered_(redelivery_causes(trace_)) {}

  void tell() {
    const PropertySpec& spec = scenario_.properties[outcome_.verdict.index];
    story_.evidence = evidence_rows(spec, outcome_.verdict, text_);
    story_.sides = spec.kind == PropertyKind::converges || spec.kind == PropertyKind::conserved;
    if (std::string wrong = what_went_wrong(spec, outcome_.verdict, text_); !wrong.empty()) story_.headline = std::move(wrong);
    choose();
    for (RecordId id = 0; id < trace_.size(); ++id) {
      if (chosen_[id]) add(trace_[id]);
    }
    if (at_end()) {
      conclude();
    } else {
      mark_violation();
    }
    shorten();
    story_.actions = witness_.steps.size();
    for (const WitnessStep& step : witness_.steps) {
      if (!step.business.empty()) story_.business.push_back(printable(step.business));
    }
    if (witness_.cycle_from < witness_.steps.size()) repeat();
    add_reason();
  }

  // Is it violated by what did not happen?
  bool at_end() const {
    const PropertySpec& spec = scenario_.properties[outcome_.verdict.index];
    if (came_late()) return false;
    switch (spec.kind) {
      case PropertyKind::always:
      case PropertyKind::at_most_once_effect:
      case PropertyKind::legal_transitions: return false;
      case PropertyKind::exactly_once_effect: return witness_.at_end;
      case PropertyKind::conserved:
      case PropertyKind::no_ghost_event: return !spec.in_every_state;
      // What a monitor latched happened at a moment, and no later fault is to blame for it.
      default: return violating_.empty() || property_kind(spec.kind).form != PropertyForm::monitor;
    }
  }

 private:
  void choose() {
    for (const KeyEvidence& evidence : outcome_.verdict.evidence) {
      if (evidence.record < trace_.size()) violating_.push_back(evidence.record);
    }
    // One key's story is enough, and shorter.
    if (violating_.size() > 1) violating_.resize(1);
    const bool explored = !witness_.steps.empty();
    std::vector<bool> past(trace_.size(), true);
    if (!explored && !outcome_.verdict.evidence.empty()) {
      const bool by_keys = violating_.empty() || at_end() || came_late();
      past = by_keys ? story_of_keys() : causal_past(trace_, violating_, redelivered_);
      if (past.empty() && violating_.empty()) past.assign(trace_.size(), true);
      if (past.empty()) {  // no keys to go by: all that came of the same beginnings
        past = causal_past(trace_, violating_, redelivered_);
        add_what_came_of(past);
      }
    }
    chosen_.assign(trace_.size(), false);
    const std::vector<bool> business = business_records();
    for (RecordId id = 0; id < trace_.size(); ++id) {
      const Record record = trace_[id];
      if (came_late() && id > violating_.front()) break;
      chosen_[id] = past[id] && (text_.told(record) || redelivered_[id] != no_record) && !twice(record) && !technical(record, business);
    }
    for (const RecordId id : violating_) {
      const Record record = trace_[id];
      if (record.kind != RecordKind::row_changed) chosen_[id] = true;
      else if (record.parent < trace_.size() && !at_end()) chosen_[record.parent] = true;
    }
  }

  // A promise that was kept, but after its time.
  bool came_late() const {
    const PropertySpec& spec = scenario_.properties[outcome_.verdict.index];
    return spec.within && !violating_.empty() && outcome_.verdict.evidence.front().sentence.find("it took ") != std::string::npos;
  }

  // Which records belong to a step that the model's author calls business; empty when none does.
  std::vector<bool> business_records() const {
    std::vector<bool> out(trace_.size(), false);
    bool any = false;
    for (const WitnessStep& step : witness_.steps) {
      for (RecordId id = step.first_record; id < step.end_record && id < out.size(); ++id) {
        out[id] = !step.business.empty();
        any = any || out[id];
      }
    }
    for (const Record& record : trace_) {
      if (!witness_.steps.empty()) break;
      const auto& handlers = witness_.world->system().handlers;
      if (record.handler >= handlers.size() || record.step >= handlers[record.handler].program.steps.size()) continue;
      out[record.id] = handlers[record.handler].program.steps[record.step].business;
      any = any || out[record.id];
    }
    return any ? out : std::vector<bool>();
  }

  // Bookkeeping of a handler, which a story with business steps can do without.
  bool technical(const Record& record, const std::vector<bool>& business) const {
    if (business.empty() || business[record.id] || text_.author_speaks(record)) return false;
    return record.kind == RecordKind::txn_commit || record.kind == RecordKind::row_changed || record.kind == RecordKind::acked;
  }

  std::string key_text(Word word) const { return word == absent_word ? "" : to_text(witness_.world->pool().value(word)); }
  std::string message_key(Word word) const {
    const Value content = word == absent_word ? Value() : witness_.world->pool().value(word);
    const bool is_message = (content.is(Kind::record) || content.is(Kind::list)) && content.items().size() >= message_fields;
    return is_message ? to_text(content.items()[field_key]) : "";
  }
  // Is the record about one of these keys, or about a part of it ("o-1/paid")?
  bool concerns(const Record& record, const std::vector<std::string>& keys) const {
    const std::string key = key_text(record.key);
    const std::string of_message = message_key(text_.struck_record(record).subject);
    return std::any_of(keys.begin(), keys.end(), [&](const std::string& wanted) {
      return of_message == wanted || key == wanted || key.starts_with(wanted + "/");
    });
  }

  // Everything about the evidence's key; of a thing that messages do not name (a product), about the
  // messages that changed it. Empty when the trace has nothing of it.
  std::vector<bool> story_of_keys() const {
    std::vector<std::string> keys = {outcome_.verdict.evidence.front().key};
    if (keys.front().empty()) return {};
    const bool named = std::any_of(trace_.begin(), trace_.end(), [&](const Record& r) { return message_key(r.subject) == keys.front(); });
    for (const Record& record : trace_) {
      if (named || record.kind != RecordKind::row_changed || key_text(record.key) != keys.front()) continue;
      std::string of_message = message_of_run(record);
      if (!of_message.empty() && std::find(keys.begin(), keys.end(), of_message) == keys.end()) keys.push_back(std::move(of_message));
    }
    std::vector<bool> past(trace_.size(), false);
    std::size_t count = 0;
    bool struck = false;
    for (const Record& record : trace_) {
      const bool of_run = record.kind == RecordKind::crash || record.kind == RecordKind::txn_abort || record.kind == RecordKind::failed;
      const std::string run = of_run ? message_of_run(record) : "";
      past[record.id] = concerns(record, keys) || (!run.empty() && std::find(keys.begin(), keys.end(), run) != keys.end());
      if (record.kind == RecordKind::restart && record.parent < trace_.size()) past[record.id] = past[record.parent];
      if (!past[record.id]) continue;
      ++count;
      struck = struck || record.kind == RecordKind::fault || record.kind == RecordKind::crash;
      if (record.kind == RecordKind::row_changed && record.parent < trace_.size()) past[record.parent] = true;
    }
    if (count < 2) return {};
    // A fault that struck nobody in particular (a pause, an outage) is told where no other is.
    std::size_t told = 0;
    for (const Record& record : trace_) {
      if (!struck && told < 3 && (record.kind == RecordKind::fault || record.kind == RecordKind::crash)) {
        past[record.id] = true;
        ++told;
      }
    }
    return past;
  }

  // The key of the message whose handling made the record.
  std::string message_of_run(const Record& record) const {
    for (std::size_t id = record.id; id-- > 0;) {
      const Record before = trace_[id];
      if (before.kind == RecordKind::handler_begin && before.service == record.service && before.instance == record.instance &&
          before.handler == record.handler) {
        return message_key(before.subject);
      }
    }
    return "";
  }

  // What made it possible: the faults of the story; or, if nothing ever struck, that.
  void add_reason() {
    std::vector<std::string> reasons;
    for (const StoryStep& step : story_.steps) {
      if (step.mark != StoryMark::fault || step.record >= trace_.size()) continue;
      std::string reason = text_.reason(trace_[step.record]);
      if (!reason.empty() && std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(std::move(reason));
    }
    const bool struck = std::any_of(trace_.begin(), trace_.end(), [](const Record& r) {
      return r.kind == RecordKind::fault || r.kind == RecordKind::crash;
    });
    if (!struck) story_.headline += ", without any fault";
    for (std::size_t i = 0; i < reasons.size() && i < 3; ++i) story_.headline += (i == 0 ? ", because " : " and ") + reasons[i];
  }

  void add_what_came_of(std::vector<bool>& past) const {
    const auto inside = [&past](RecordId id) { return id < past.size() && past[id]; };
    for (RecordId id = 0; id < trace_.size(); ++id) {
      const Record record = trace_[id];
      if (past[id] || record.kind == RecordKind::restart) continue;
      // A crash belongs to the run that it ends, not to what is told of the instance otherwise.
      past[id] = (inside(record.parent) && !relayed(trace_, record)) || inside(record.other_parent) || inside(redelivered_[id]);
      if (past[id] && record.kind == RecordKind::crash && record.parent < past.size()) past[record.parent] = true;
      // A fault that strikes a message as it is stored follows it.
      if (record.kind == RecordKind::fault && id > 0 && past[id - 1] && trace_[id - 1].kind == RecordKind::accepted) past[id] = true;
    }
  }

  void conclude() {
    StoryStep step;
    step.mark = StoryMark::violation;
    const bool cycle = witness_.cycle_from < witness_.steps.size();
    step.sentence = cycle           ? "this goes on for ever, and what was promised never comes"
                    : witness_.loop ? "what still happens is repeated for ever and changes nothing"
                    : timed_out()   ? "the time is up: " + story_.headline
                                    : "nothing more happens: " + story_.headline;
    step.number = static_cast<std::uint32_t>(story_.steps.size() + 1);
    story_.steps.push_back(std::move(step));
  }

  bool timed_out() const {
    return witness_.steps.empty() && scenario_.properties[outcome_.verdict.index].within.has_value();
  }

  // A crash fault makes two records, the fault and the crash: the crash says more. So does a loss: there
  // the fault says more.
  bool twice(const Record& record) const {
    if (record.kind == RecordKind::lost) return record.id > 0 && trace_[record.id - 1].kind == RecordKind::fault;
    if (record.kind != RecordKind::fault || record.place >= witness_.world->system().faults.size()) return false;
    return witness_.world->system().faults[record.place].kind == FaultKind::crash;
  }

  void add(const Record& record) {
    StoryStep step;
    step.record = record.id;
    step.time = record.time;
    step.sentence = text_.sentence(record);
    // One step may leave several records; what its author says of it is said once.
    if (text_.author_speaks(record)) {
      const RecordId before = std::exchange(spoken_, record.id);
      if (same_run(before, record) && story_.steps.back().sentence == step.sentence) return;
    }
    if (redelivered_[record.id] != no_record && record.other_parent == no_record) step.sentence += " once more";
    if (record.kind == RecordKind::fault || record.kind == RecordKind::crash) step.mark = StoryMark::fault;
    if (record.kind == RecordKind::crash) {
      const std::string window = text_.window(record);
      if (!window.empty()) {
        story_.window = window;
        story_.window_name = text_.window_name(record);
      }
    }
    if (step.mark == StoryMark::fault) add_fault(record, step.sentence);
    story_.steps.push_back(std::move(step));
    story_.steps.back().number = static_cast<std::uint32_t>(story_.steps.size());
  }

  bool same_run(RecordId before, const Record& record) const {
    if (before >= trace_.size() || story_.steps.empty() || story_.steps.back().record != before) return false;
    for (RecordId id = before; id < record.id; ++id) {
      const Record between = trace_[id];
      if (between.kind == RecordKind::handler_begin && between.service == record.service && between.instance == record.instance) return false;
    }
    return trace_[before].service == record.service && trace_[before].instance == record.instance;
  }

  void add_fault(const Record& record, const std::string& sentence) {
    const auto& faults = witness_.world->system().faults;
    std::uint32_t fault = record.kind == RecordKind::fault ? record.place : none;
    if (record.kind == RecordKind::crash) {
      const RecordId cause = record.parent < trace_.size() && trace_[record.parent].kind == RecordKind::fault
                                 ? record.parent
                                 : record.other_parent;
      if (cause < trace_.size() && trace_[cause].kind == RecordKind::fault) fault = trace_[cause].place;
    }
    const std::string who = fault < faults.size() ? "fault " + printable(faults[fault].name) : std::string("fault");
    std::string line = who + ": " + sentence;
    if (std::find(story_.faults.begin(), story_.faults.end(), line) == story_.faults.end()) {
      story_.faults.push_back(std::move(line));
    }
  }

  void mark_violation() {
    if (story_.steps.empty()) return;
    for (StoryStep& step : story_.steps) {
      for (const RecordId id : violating_) {
        const bool commit_of = trace_[id].kind == RecordKind::row_changed && trace_[id].parent == step.record;
        if (step.record == id || commit_of) {
          step.mark = StoryMark::violation;
          return;
        }
      }
    }
    story_.steps.back().mark = StoryMark::violation;
  }

  // The beginning, the end and every fault of a long story stay.
  void shorten() {
    if (story_.steps.size() <= most_steps) return;
    const std::size_t last_cut = story_.steps.size() - (most_steps - kept_at_start);
    std::vector<StoryStep> kept;
    for (std::size_t i = 0; i < story_.steps.size(); ++i) {
      if (i < kept_at_start || i >= last_cut || story_.steps[i].mark != StoryMark::none) kept.push_back(std::move(story_.steps[i]));
    }
    story_.left_out = story_.steps.size() - kept.size();
    story_.steps = std::move(kept);
  }

  void repeat() {
    const RecordId first = witness_.steps[witness_.cycle_from].first_record;
    for (const StoryStep& step : story_.steps) {
      if (step.record != no_record && step.record >= first) {
        story_.repeats_from = step.number;
        return;
      }
    }
  }

  const Scenario& scenario_;
  const PropertyOutcome& outcome_;
  const Witness& witness_;
  const Trace& trace_;
  RecordText text_;
  Story& story_;
  std::vector<RecordId> violating_;
  std::vector<bool> chosen_;
  std::vector<RecordId> redelivered_;
  RecordId spoken_ = no_record;  // the last record told in its author's words
};

// "action 10, duplicate"
std::string action_words(const Witness& witness, std::size_t position) {
  if (position >= witness.steps.size()) return "the end";
  const WitnessStep& step = witness.steps[position];
  return fmt::format("action {}, {}", position + 1, printable(step.business.empty() ? step.action.text : step.business));
}

void add_explanation(const Explanation& found, const Witness& witness, Story& story) {
  if (found.always) {
    story.critical = "none: every run comes to this";
  } else if (found.decided) {
    story.critical = action_words(witness, found.critical) + ": after it every way to go on fails, too";
  } else {
    story.critical = fmt::format("undecided within {}", counted(found.states, "state"));
  }
  if (!found.passes) return;
  const std::string what = action_words(witness, found.left_out);
  story.passes = (found.later ? "with " + what + ", later" : "without " + what);
  const std::string instead = found.instead.empty() ? "nothing more happens" : printable(found.instead) + " comes instead";
  if (found.differs == found.left_out) story.passes += ": there " + instead;
  else story.passes += fmt::format("; the first other step is {}, where {}", action_words(witness, found.differs), instead);
}

}  // namespace

Story steps_of(const ToldFailure& told, bool shortest) {
  const PropertyOutcome& outcome = told.outcome;
  Story story;
  story.property = printable(outcome.verdict.property);
  story.shortest = shortest;
  if (!outcome.verdict.evidence.empty()) story.headline = printable(outcome.verdict.evidence.front().sentence);
  if (story.headline.empty()) story.headline = "The property " + story.property + " does not hold.";
  if (!outcome.witness) return story;
  Teller teller(told.scenario, outcome, story);
  story.shortest = story.shortest && !outcome.witness->loop && !outcome.witness->any_length;
  teller.tell();
  if (outcome.explanation) add_explanation(*outcome.explanation, *outcome.witness, story);
  return story;
}

}  // namespace flowtank::reports
