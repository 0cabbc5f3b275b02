// SPDX-License-Identifier: Apache-2.0
// See jobs.hpp. A run is recorded at the level full into a file of this session; its failures, and each counterexample
// of an exploration, are told as stories whose record numbers are those of that file.
#include "gui/session/jobs.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <map>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/record_text.hpp>
#include <reports/terminal.hpp>
#include <reports/text.hpp>
#include <sim/check/explanation.hpp>
#include <sim/check/repairs.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/json_reader.hpp>
#include <sim/trace/format.hpp>

namespace flowtank::gui {
namespace {

namespace fs = std::filesystem;

class Job {
 public:
  Job(const JobRequest& request, const JobHooks& hooks) : request_(request), hooks_(hooks) {}

  JobResult open() {
    switch (kind_of_file(request_.file)) {
      case FileKind::trace: open_trace(); break;
      case FileKind::counterexample: replay(); break;
      case FileKind::scenario: request_.kind == JobKind::check ? check() : run(); break;
    }
    out_.diagnostics.sort_by_position();
    out_.cancelled = cancelled();
    if (out_.cancelled) out_.snapshot.reset();  // however far it came
    return std::move(out_);
  }

 private:
  bool cancelled() const { return hooks_.cancelled->load(std::memory_order_relaxed); }
  void tell(double part, const std::string& words) const {
    if (hooks_.progress) hooks_.progress(part, words);
  }
  double seconds() const { return hooks_.seconds ? hooks_.seconds() : 0; }

  std::shared_ptr<const Scenario> load(const std::string& file, LoadPurpose purpose, const std::vector<std::string>& overrides) {
    tell(-1, "reading " + fs::path(file).filename().string());
    LoadOptions options;
    options.purpose = purpose;
    options.overrides = overrides;
    options.model_path = request_.model_path;
    auto scenario = load_scenario(file, options, out_.diagnostics);
    return scenario ? std::make_shared<const Scenario>(std::move(*scenario)) : nullptr;
  }

  std::string trace_path() { return (fs::path(request_.folder) / fmt::format("run-{}-{}.ftrace", request_.number, ++files_)).string(); }

  void problem(std::string message, std::string hint = "") {
    Diagnostic d;
    d.code = "FT-FILE-001";
    d.file = request_.file;
    d.message = std::move(message);
    d.hint = std::move(hint);
    out_.diagnostics.add(std::move(d));
  }

  // ---- one run of a snapshot -----------------------------------------------------------------------
  std::shared_ptr<const RunData> run_data(std::string name, const std::string& path, bool temporary) {
    auto file = std::make_shared<TraceFile>(path, temporary);
    auto reader = TraceReader::open(path, out_.diagnostics);
    if (reader == nullptr) return nullptr;
    auto run = std::make_shared<RunData>();
    run->name = std::move(name);
    run->file = std::move(file);
    run->index = TraceIndex::build(*reader, *hooks_.cancelled, [this](double part) { tell(part, "looking through the trace"); });
    if (run->index == nullptr) return nullptr;
    run->seed = reader->identity().seed;
    if (reader->end()) run->fingerprint = fmt::format("{:016x}", reader->end()->fingerprint);
    for (const Diagnostic& d : reader->problems().all()) out_.diagnostics.add(d);
    return run;
  }

  void run() {
    const auto scenario = load(request_.file, LoadPurpose::run, request_.overrides);
    if (scenario == nullptr) return;
    timed(*scenario, scenario, nullptr);
  }

  // Of a log, or of the request.
  void timed(const Scenario& scenario, const std::shared_ptr<const Scenario>& shared, const DecisionLog* log) {
    TraceOutput trace(trace_path(), TraceLevel::full);
    std::atomic<bool> stop = false;
    RunOptions options;
    options.seed = log != nullptr ? log->seed : request_.seed;
    if (log != nullptr) options.horizon = log->horizon;
    options.overrides = request_.overrides;
    options.trace = &trace;
    options.hooks.cancelled = &stop;
    options.hooks.progress_every = 1 << 13;
    const std::int64_t horizon = options.horizon.value_or(scenario.system->bounds.horizon).nanoseconds();
    options.hooks.progress = [&](const World& world) {
      if (cancelled()) stop.store(true, std::memory_order_relaxed);
      if (world.actions() >= request_.most_actions) stop.store(true, std::memory_order_relaxed);
      const double part = horizon <= 0 || horizon == Time::never().nanoseconds() ? -1 : static_cast<double>(world.now().nanoseconds()) / static_cast<double>(horizon);
      tell(part, fmt::format("{} events, {} virtual", thousands(world.actions()), time_words(world.now())));
    };
    tell(-1, "running");
    const double began = seconds();
    auto result = run_scenario(scenario, shipped_brokers(), options, out_.diagnostics);
    if (!result || cancelled()) return;
    if (trace.problem()) return problem(*trace.problem(), "Free some space, or set TMPDIR to a folder with more.");
    const double took = seconds() - began;
    repair(scenario, *result);
    if (cancelled()) return;
    auto snapshot = begin(scenario, shared, *result);
    snapshot->seconds = took;
    auto data = run_data(fmt::format("Run, seed {}", result->seed), trace.path(), true);
    if (data == nullptr) return;
    snapshot->fingerprint = fmt::format("{:016x}", result->run.fingerprint);
    snapshot->said = fmt::format("{}, {} virtual; {}", reports::counted(result->run.actions, "action"), time_words(result->run.time), to_text(result->run.end));
    if (result->interrupted) snapshot->said = fmt::format("stopped after {}", reports::counted(result->run.actions, "action"));
    snapshot->runs.push_back(data);
    add_verdicts(scenario, *result, *snapshot, [](const PropertyOutcome&) { return std::uint32_t{0}; });
    out_.snapshot = std::move(snapshot);
  }

  void check() {
    const auto scenario = load(request_.file, LoadPurpose::check, request_.overrides);
    if (scenario == nullptr) return;
    CheckOptions options;
    options.overrides = request_.overrides;
    options.cancelled = hooks_.cancelled;
    options.progress = [this](const explore::Counts& counts) {
      tell(-1, fmt::format("{} states, depth {}", thousands(counts.states), counts.depth));
    };
    const double limit = scenario->check.time ? scenario->check.time->seconds() : request_.most_seconds;
    options.out_of_time = [this, limit] { return seconds() > limit; };
    tell(-1, "exploring");
    const double began = seconds();
    auto result = check_scenario(*scenario, shipped_brokers(), options, out_.diagnostics);
    if (!result || cancelled()) return;
    const double took = seconds() - began;
    repair(*scenario, *result);
    if (cancelled()) return;
    auto snapshot = begin(*scenario, scenario, *result);
    snapshot->seconds = took;
    snapshot->said = fmt::format("explored {}, {}", reports::counted(result->counts.states, "state"), result->complete ? "all of them" : result->limit_words);
    if (!add_counterexamples(*scenario, *result, *snapshot)) return;
    out_.snapshot = std::move(snapshot);
  }

  // A run for each different witness.
  bool add_counterexamples(const Scenario& scenario, const Result& result, Snapshot& snapshot) {
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
      TraceOutput trace(trace_path(), TraceLevel::full);
      trace_log(scenario, shipped_brokers(), property.witness->log, verdicts, trace);
      if (trace.problem()) {
        problem(*trace.problem());
        return false;
      }
      auto data = run_data("Counterexample: " + reports::printable(property.verdict.property), trace.path(), true);
      if (data == nullptr) return false;
      known.emplace(property.witness.get(), static_cast<std::uint32_t>(snapshot.runs.size()));
      snapshot.runs.push_back(std::move(data));
    }
    add_verdicts(scenario, result, snapshot, [&](const PropertyOutcome& property) {
      const auto found = known.find(property.witness.get());
      return found != known.end() ? found->second : snapshot.runs.empty() ? none : std::uint32_t{0};
    });
    return true;
  }

  void replay() {
    const auto text = read_text_file(request_.file, ReadLimits{}, out_.diagnostics);
    const auto log = text ? parse_decision_log(*text, request_.file, out_.diagnostics) : std::nullopt;
    if (!log) return;
    std::error_code ignored;
    const fs::path beside = fs::path(request_.file).parent_path() / fs::path(log->scenario).filename();
    const std::string file = !fs::exists(log->scenario, ignored) && fs::exists(beside, ignored) ? beside.string() : log->scenario;
    const bool run = log->driver == Driver::run;
    const auto scenario = load(file, run ? LoadPurpose::run : LoadPurpose::check, log->overrides);
    if (scenario == nullptr) return;
    if (run) return timed(*scenario, scenario, &*log);
    RunOptions options;
    options.overrides = log->overrides;
    auto result = replay_scenario(*scenario, shipped_brokers(), *log, options, out_.diagnostics);
    if (!result || cancelled()) return;
    auto snapshot = begin(*scenario, scenario, *result);
    snapshot->overrides = log->overrides;
    snapshot->said = fmt::format("replayed {}", reports::counted(log->actions.size(), "action"));
    for (const PropertyOutcome& property : result->properties) {
      if (property.witness) {
        if (!add_counterexamples(*scenario, *result, *snapshot)) return;
        out_.snapshot = std::move(snapshot);
        return;
      }
    }
    TraceOutput trace(trace_path(), TraceLevel::full);
    trace_log(*scenario, shipped_brokers(), *log, {}, trace);
    auto data = run_data("Replay of " + fs::path(request_.file).filename().string(), trace.path(), true);
    if (data == nullptr) return;
    snapshot->runs.push_back(std::move(data));
    add_verdicts(*scenario, *result, *snapshot, [](const PropertyOutcome&) { return std::uint32_t{0}; });
    out_.snapshot = std::move(snapshot);
  }

  void open_trace() {
    tell(-1, "opening the trace");
    auto data = run_data(fs::path(request_.file).filename().string(), request_.file, false);
    if (data == nullptr) return;
    auto reader = TraceReader::open(request_.file, out_.diagnostics);
    if (reader == nullptr) return;
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->file = request_.file;
    snapshot->title = reports::printable(reader->names().title.empty() ? fs::path(request_.file).filename().string() : reader->names().title);
    snapshot->subtitle = fmt::format("trace · {} · level {}", reports::counted(reader->size(), "record"), to_text(reader->identity().level));
    snapshot->seed = reader->identity().seed;
    snapshot->driver = reader->identity().explored ? Driver::check : Driver::run;
    snapshot->fingerprint = data->fingerprint;
    snapshot->said = reports::counted(reader->size(), "record") + (reader->end() ? "" : ", the trace has no end");
    for (const RecordId id : data->index->violations()) {
      const Record r = reader->record(id);
      VerdictEntry entry;
      entry.verdict.kind = VerdictKind::fail;
      entry.verdict.index = r.place;
      entry.verdict.strength = Strength::observed;
      entry.verdict.property = r.place < reader->names().properties.size() ? reader->names().properties[r.place] : "a property";
      entry.verdict.note = "recorded in the trace";
      entry.run = 0;
      entry.focus = r.parent < id ? r.parent : id;
      snapshot->verdicts.push_back(std::move(entry));
    }
    snapshot->runs.push_back(std::move(data));
    out_.snapshot = std::move(snapshot);
  }

  // ---- what snapshots have in common ---------------------------------------------------------------
  std::shared_ptr<Snapshot> begin(const Scenario& scenario, const std::shared_ptr<const Scenario>& shared, const Result& result) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->file = request_.file;
    snapshot->scenario = shared;
    snapshot->overrides = request_.overrides;
    snapshot->driver = result.driver;
    snapshot->title = reports::printable(scenario.title);
    snapshot->claim = reports::printable(scenario.claim);
    snapshot->subtitle = reports::subtitle(scenario, result);
    snapshot->seed = result.seed;
    snapshot->interrupted = result.interrupted;
    for (const FaultOutcome& fault : result.faults) {
      if (fault.fault >= scenario.system->faults.size()) continue;
      const Fault& spec = scenario.system->faults[fault.fault];
      snapshot->faults.push_back({reports::printable(spec.name), std::string(reports::fault_noun(spec.kind)), spec.kind, fault.strikes, fault.took_effect});
    }
    for (const Diagnostic& d : out_.diagnostics.all()) snapshot->warnings.add(d);
    return snapshot;
  }

  void repair(const Scenario& scenario, Result& result) {
    bool failed = false;
    for (const PropertyOutcome& property : result.properties) failed = failed || property.verdict.kind == VerdictKind::fail;
    if (!failed) return;
    tell(-1, "looking for what makes it pass");
    RepairOptions options;
    options.load.overrides = request_.overrides;
    options.load.model_path = request_.model_path;
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

  void add_verdicts(const Scenario& scenario, const Result& result, Snapshot& snapshot, const std::function<std::uint32_t(const PropertyOutcome&)>& run_of) {
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
  void add_story(const Scenario& scenario, const Result& result, const PropertyOutcome& property, const Snapshot& snapshot, VerdictEntry& entry) {
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

  static std::string time_words(Time time) { return format_seconds(time, 3); }

  JobRequest request_;
  const JobHooks& hooks_;
  JobResult out_;
  int files_ = 0;
};

}  // namespace

FileKind kind_of_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::array<char, 18> head{};
  in.read(head.data(), head.size());
  const std::string_view text(head.data(), static_cast<std::size_t>(in.gcount()));
  if (text.starts_with("FTRC")) return FileKind::trace;
  if (text.starts_with("flowtank-decisions") || file.ends_with(".counterexample")) return FileKind::counterexample;
  return file.ends_with(".ftrace") || file.ends_with(".flowtrace") ? FileKind::trace : FileKind::scenario;
}

JobResult run_job(const JobRequest& request, const JobHooks& hooks) { return Job(request, hooks).open(); }

}  // namespace flowtank::gui
