// SPDX-License-Identifier: Apache-2.0
// See snapshot_maker.hpp. Of each counterexample a trace at the level full is written, so that its states can be looked up.
#include "gui/session/snapshot_maker.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/record_text.hpp>
#include <reports/terminal.hpp>
#include <reports/text.hpp>
#include <sim/check/explanation.hpp>
#include <sim/check/repairs.hpp>

namespace flowtank::gui {

namespace fs = std::filesystem;

void SnapshotMaker::problem(std::string message, std::string hint) {
  Diagnostic d;
  d.code = "FT-FILE-001";
  d.file = request_.file;
  d.message = std::move(message);
  d.hint = std::move(hint);
  diagnostics_.add(std::move(d));
}

std::shared_ptr<const TraceFile> SnapshotMaker::trace_file() {
  return std::make_shared<TraceFile>((fs::path(request_.folder) / fmt::format("run-{}-{}.ftrace", request_.number, ++files_)).string(), true);
}

namespace {

// Where the chunks of a trace lie: known at once, whatever the length of the run.
std::shared_ptr<const Outline> outline_of(const TraceReader& reader, const std::string& path) {
  auto outline = std::make_shared<Outline>();
  outline->file = path;
  outline->records = reader.size();
  outline->timed = !reader.identity().explored;
  for (const ChunkPlace& chunk : reader.chunks()) {
    Outline::Piece piece;
    piece.from = outline->timed ? chunk.first_time.nanoseconds() : static_cast<std::int64_t>(chunk.first);
    piece.to = outline->timed ? chunk.last_time.nanoseconds() : static_cast<std::int64_t>(chunk.first) + chunk.records;
    piece.records = chunk.records;
    piece.worst = (chunk.kinds & bit_of(RecordKind::violated)) != 0                                        ? Weight::violation
                  : (chunk.kinds & kinds_of({RecordKind::fault, RecordKind::crash, RecordKind::lost})) != 0 ? Weight::fault
                                                                                                            : Weight::ordinary;
    outline->last = std::max(outline->last, piece.to);
    outline->pieces.push_back(piece);
  }
  return outline;
}

}  // namespace

std::shared_ptr<RunData> SnapshotMaker::run_data(std::string name, std::shared_ptr<const TraceFile> file) {
  auto reader = TraceReader::open(file->path(), diagnostics_);
  if (reader == nullptr) return nullptr;
  if (hooks_.outline) hooks_.outline(outline_of(*reader, file->path()));
  auto run = std::make_shared<RunData>();
  run->name = std::move(name);
  run->file = std::move(file);
  run->index = TraceIndex::build(*reader, *hooks_.cancelled, [this](double part) { tell(part, "looking through the trace"); });
  if (run->index == nullptr) return nullptr;
  run->seed = reader->identity().seed;
  if (reader->end()) run->fingerprint = fmt::format("{:016x}", reader->end()->fingerprint);
  for (const Diagnostic& d : reader->problems().all()) diagnostics_.add(d);
  return run;
}

std::shared_ptr<Snapshot> SnapshotMaker::begin(const Scenario& scenario, const std::shared_ptr<const Scenario>& shared, const Result& result) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->file = request_.file;
  snapshot->scenario = shared;
  snapshot->overrides = request_.overrides;
  snapshot->asked = request_.overrides;
  snapshot->driver = result.driver;
  snapshot->title = reports::printable(scenario.title);
  snapshot->claim = reports::printable(scenario.claim);
  snapshot->subtitle = reports::subtitle(scenario, result);
  snapshot->seed = result.seed;
  if (result.driver == Driver::run) snapshot->horizon = request_.horizon;
  snapshot->interrupted = result.interrupted;
  for (const FaultOutcome& fault : result.faults) {
    if (fault.fault >= scenario.system->faults.size()) continue;
    const Fault& spec = scenario.system->faults[fault.fault];
    snapshot->faults.push_back({reports::printable(spec.name), std::string(reports::fault_noun(spec.kind)), spec.kind, fault.strikes, fault.took_effect});
  }
  for (const Diagnostic& d : diagnostics_.all()) snapshot->warnings.add(d);
  return snapshot;
}

void SnapshotMaker::explain(const Scenario& scenario, Result& result) {
  bool failed = false;
  for (const PropertyOutcome& property : result.properties) failed = failed || property.verdict.kind == VerdictKind::fail;
  if (!failed) return;
  tell(-1, "looking for what makes it pass");
  RepairOptions options;
  options.load.overrides = request_.overrides;
  options.load.model_path = request_.model_path;
  options.run.horizon = request_.horizon;
  options.run.hooks.cancelled = hooks_.cancelled;
  options.cancelled = hooks_.cancelled;
  const double until = seconds() + 3;
  options.out_of_time = [this, until] { return seconds() > until; };
  find_repairs(scenario, shipped_brokers(), options, result);
  tell(-1, "looking for the step after which nothing helps");
  ExplanationOptions explanation;
  explanation.cancelled = hooks_.cancelled;
  const double enough = seconds() + 3;
  explanation.out_of_time = [this, enough] { return seconds() > enough; };
  explain_failures(scenario, shipped_brokers(), explanation, result);
}

void SnapshotMaker::add_verdicts(const Scenario& scenario, const Result& result, Snapshot& snapshot, const std::function<std::uint32_t(const PropertyOutcome&)>& run_of) {
  std::map<std::string, const ExpectationOutcome*> expected;
  for (const ExpectationOutcome& outcome : result.expectations) expected[outcome.property] = &outcome;
  for (const PropertyOutcome& property : result.properties) {
    VerdictEntry entry;
    entry.verdict = property.verdict;
    entry.assumption = property.assumption;
    const auto found = expected.find(property.verdict.property);
    if (found != expected.end()) {
      entry.expected = found->second->listed;
      entry.met = found->second->met;
    }
    entry.run = run_of(property);
    if (property.repair) entry.repair = property.repair->overrides;
    if (property.verdict.kind == VerdictKind::fail) add_story(scenario, result, property, snapshot, entry);
    snapshot.verdicts.push_back(std::move(entry));
  }
}

// The story's numbers become those of the run's trace; the focus is its last step that has one.
void SnapshotMaker::add_story(const Scenario& scenario, const Result& result, const PropertyOutcome& property, const Snapshot& snapshot, VerdictEntry& entry) {
  entry.story = reports::tell(scenario, result, property);
  if (entry.run >= snapshot.runs.size()) return;
  const TraceIndex& index = *snapshot.runs[entry.run]->index;
  const RecordId violated = index.violation_of(property.verdict.index);
  for (reports::StoryStep& step : entry.story->steps) {
    if (step.record == no_record) {
      if (step.mark == reports::StoryMark::violation) step.record = violated;
      continue;
    }
    step.record = index.told_record(step.record);
  }
  for (const reports::StoryStep& step : entry.story->steps) {
    if (step.mark == reports::StoryMark::violation && step.record != no_record) entry.focus = step.record;
  }
  if (entry.focus == no_record && !entry.story->steps.empty()) entry.focus = entry.story->steps.back().record;
}

// A run for each different witness.
bool SnapshotMaker::add_counterexamples(const Scenario& scenario, const Result& result, Snapshot& snapshot) {
  std::map<const Witness*, std::uint32_t> known;
  for (const PropertyOutcome& property : result.properties) {
    if (!property.witness || known.contains(property.witness.get())) continue;
    std::vector<Verdict> verdicts;
    for (const PropertyOutcome& other : result.properties) {
      // Numbers of the witness's own trace mean other records of this one, which has more of them.
      if (other.witness != property.witness) continue;
      verdicts.push_back(other.verdict);
      for (KeyEvidence& evidence : verdicts.back().evidence) evidence.record = no_record;
    }
    auto file = trace_file();
    TraceOutput trace(file->path(), TraceLevel::full);
    trace_log(scenario, shipped_brokers(), property.witness->log, verdicts, trace);
    if (trace.problem()) {
      problem(*trace.problem());
      return false;
    }
    auto data = run_data("Counterexample: " + reports::printable(property.verdict.property), std::move(file));
    if (data == nullptr) return false;
    data->log = std::make_shared<const DecisionLog>(property.witness->log);
    known.emplace(property.witness.get(), static_cast<std::uint32_t>(snapshot.runs.size()));
    snapshot.runs.push_back(std::move(data));
  }
  add_verdicts(scenario, result, snapshot, [&](const PropertyOutcome& property) {
    const auto found = known.find(property.witness.get());
    return found != known.end() ? found->second : snapshot.runs.empty() ? none : std::uint32_t{0};
  });
  return true;
}

}  // namespace flowtank::gui
