// SPDX-License-Identifier: Apache-2.0
// See jobs.hpp. A run is recorded at the level full into a file of this session; its failures, and each counterexample
// of an exploration, are told as stories whose record numbers are those of that file.
#include "gui/session/jobs.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/text.hpp>
#include <sim/check/broker_matrix.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/json_reader.hpp>

#include "gui/session/forks.hpp"
#include "gui/session/kept_jobs.hpp"
#include "gui/session/snapshot_maker.hpp"

namespace flowtank::gui {
namespace {

namespace fs = std::filesystem;

class Job {
 public:
  Job(const JobRequest& request, const JobHooks& hooks) : request_(request), hooks_(hooks), maker_(request_, hooks_, out_.diagnostics) {}

  JobResult open() {
    const bool of_what_is_shown = request_.kind == JobKind::branch || request_.kind == JobKind::shrink || request_.kind == JobKind::report;
    switch (of_what_is_shown ? FileKind::scenario : kind_of_file(request_.file)) {
      case FileKind::trace: open_trace(); break;
      case FileKind::counterexample: replay(); break;
      case FileKind::scenario: of_scenario(); break;
    }
    out_.diagnostics.sort_by_position();
    out_.cancelled = cancelled();
    if (out_.cancelled) out_.snapshot.reset();  // however far it came
    return std::move(out_);
  }

 private:
  void of_scenario() {
    switch (request_.kind) {
      case JobKind::run: return run();
      case JobKind::check: return check();
      case JobKind::branch: return branch();
      case JobKind::nearest: return nearest();
      case JobKind::shrink: return shrink();
      case JobKind::report: return report();
    }
  }

  const std::string& scenario_file() const { return request_.scenario.empty() ? request_.file : request_.scenario; }
  bool cancelled() const { return maker_.cancelled(); }

  std::shared_ptr<const Scenario> load(const std::string& file, LoadPurpose purpose, const std::vector<std::string>& overrides) {
    maker_.tell(-1, "reading " + fs::path(file).filename().string());
    LoadOptions options;
    options.purpose = purpose;
    options.overrides = overrides;
    options.model_path = request_.model_path;
    auto scenario = load_scenario(file, options, out_.diagnostics);
    return scenario ? std::make_shared<const Scenario>(std::move(*scenario)) : nullptr;
  }

  // Puts the kind that was asked for in the place of every broker.
  bool put_broker(LoadPurpose purpose) {
    if (request_.broker.empty()) return true;
    LoadOptions options;
    options.purpose = purpose;
    options.overrides = request_.overrides;
    options.model_path = request_.model_path;
    const auto overrides = overrides_for_broker(request_.file, options, request_.broker, shipped_brokers(), out_.diagnostics);
    if (overrides) request_.overrides.insert(request_.overrides.end(), overrides->begin(), overrides->end());
    return overrides.has_value();
  }

  void run() {
    if (!put_broker(LoadPurpose::run)) return;
    const auto scenario = load(request_.file, LoadPurpose::run, request_.overrides);
    if (scenario != nullptr) timed(scenario, request_.seed);
  }

  void timed(const std::shared_ptr<const Scenario>& shared, std::optional<std::uint64_t> seed) {
    const Scenario& scenario = *shared;
    auto file = maker_.trace_file();
    TraceOutput trace(file->path(), TraceLevel::full);
    std::atomic<bool> stop = false;
    RunOptions options;
    options.seed = seed;
    options.horizon = request_.horizon;
    options.overrides = request_.overrides;
    options.trace = &trace;
    watch(options, scenario, stop);
    maker_.tell(-1, "running");
    const double began = maker_.seconds();
    auto result = run_scenario(scenario, shipped_brokers(), options, out_.diagnostics);
    if (!result || cancelled()) return;
    if (trace.problem()) return maker_.problem(*trace.problem(), "Free some space, or set TMPDIR to a folder with more.");
    const double took = maker_.seconds() - began;
    maker_.explain(scenario, *result);
    if (cancelled()) return;
    auto snapshot = maker_.begin(scenario, shared, *result);
    snapshot->seconds = took;
    auto data = maker_.run_data(fmt::format("Run, seed {}", result->seed), std::move(file));
    if (data == nullptr) return;
    snapshot->fingerprint = fmt::format("{:016x}", result->run.fingerprint);
    snapshot->said = fmt::format("{}, {} virtual; {}", reports::counted(result->run.actions, "action"), time_words(result->run.time), to_text(result->run.end));
    if (result->interrupted) snapshot->said = fmt::format("stopped after {}", reports::counted(result->run.actions, "action"));
    snapshot->runs.push_back(data);
    maker_.add_verdicts(scenario, *result, *snapshot, [](const PropertyOutcome&) { return std::uint32_t{0}; });
    out_.snapshot = std::move(snapshot);
  }

  // Stops a run that was cancelled or goes on for ever, and says how far it is.
  void watch(RunOptions& options, const Scenario& scenario, std::atomic<bool>& stop) const {
    options.hooks.cancelled = &stop;
    options.hooks.progress_every = 1 << 13;
    const std::int64_t horizon = options.horizon.value_or(scenario.system->bounds.horizon).nanoseconds();
    options.hooks.progress = [this, horizon, &stop](const World& world) {
      if (cancelled() || world.actions() >= request_.most_actions) stop.store(true, std::memory_order_relaxed);
      const double part = horizon <= 0 || horizon == Time::never().nanoseconds() ? -1 : static_cast<double>(world.now().nanoseconds()) / static_cast<double>(horizon);
      maker_.tell(part, fmt::format("{} events, {} virtual", thousands(world.actions()), time_words(world.now())));
    };
  }

  void check() {
    if (!put_broker(LoadPurpose::check)) return;
    const auto scenario = load(request_.file, LoadPurpose::check, request_.overrides);
    if (scenario == nullptr) return;
    CheckOptions options;
    options.overrides = request_.overrides;
    options.cancelled = hooks_.cancelled;
    options.progress = [this](const explore::Counts& counts) {
      maker_.tell(-1, fmt::format("{} states, depth {}", thousands(counts.states), counts.depth));
    };
    const double limit = scenario->check.time ? scenario->check.time->seconds() : request_.most_seconds;
    options.out_of_time = [this, limit] { return maker_.seconds() > limit; };
    maker_.tell(-1, "exploring");
    const double began = maker_.seconds();
    auto result = check_scenario(*scenario, shipped_brokers(), options, out_.diagnostics);
    if (!result || cancelled()) return;
    const double took = maker_.seconds() - began;
    maker_.explain(*scenario, *result);
    if (cancelled()) return;
    auto snapshot = maker_.begin(*scenario, scenario, *result);
    snapshot->seconds = took;
    snapshot->said = "explored " + (result->complete ? reports::counted(result->counts.states, "state") + ", all of them" : result->limit_words);
    if (!maker_.add_counterexamples(*scenario, *result, *snapshot)) return;
    out_.snapshot = std::move(snapshot);
  }

  // A counterexample file.
  void replay() {
    const auto text = read_text_file(request_.file, ReadLimits{}, out_.diagnostics);
    const auto log = text ? parse_decision_log(*text, request_.file, out_.diagnostics) : std::nullopt;
    if (!log) return;
    std::error_code ignored;
    const fs::path beside = fs::path(request_.file).parent_path() / fs::path(log->scenario).filename();
    const std::string file = !fs::exists(log->scenario, ignored) && fs::exists(beside, ignored) ? beside.string() : log->scenario;
    const bool run = log->driver == Driver::run;
    // What it was logged with is what is shown, repaired and gone on from.
    request_.overrides = log->overrides;
    request_.horizon = log->horizon;
    const auto scenario = load(file, run ? LoadPurpose::run : LoadPurpose::check, log->overrides);
    if (scenario == nullptr) return;
    if (run) return timed(scenario, log->seed);
    explored(scenario, *log, "Replay of " + fs::path(request_.file).filename().string());
  }

  void branch() {
    const auto scenario = request_.log == nullptr ? nullptr : load(scenario_file(), LoadPurpose::check, request_.log->overrides);
    if (scenario != nullptr) explored(scenario, *request_.log, "Branch");
  }

  // Of a log of actions.
  void explored(const std::shared_ptr<const Scenario>& scenario, const DecisionLog& log, const std::string& name) {
    RunOptions options;
    options.overrides = log.overrides;
    auto result = replay_scenario(*scenario, shipped_brokers(), log, options, out_.diagnostics);
    if (!result || cancelled()) return;
    auto snapshot = maker_.begin(*scenario, scenario, *result);
    snapshot->overrides = log.overrides;
    snapshot->replayed = true;
    // What only makes the branch of a timed run replayable is none of the user's options.
    std::erase(snapshot->overrides, std::string(branch_workload));
    snapshot->asked = snapshot->overrides;
    snapshot->said = fmt::format("replayed {}", reports::counted(log.actions.size(), "action"));
    for (const PropertyOutcome& property : result->properties) {
      if (!property.witness) continue;
      if (!maker_.add_counterexamples(*scenario, *result, *snapshot)) return;
      out_.snapshot = std::move(snapshot);
      return;
    }
    auto file = maker_.trace_file();
    TraceOutput trace(file->path(), TraceLevel::full);
    trace_log(*scenario, shipped_brokers(), log, {}, trace);
    if (trace.problem()) return maker_.problem(*trace.problem());
    auto data = maker_.run_data(name, std::move(file));
    if (data == nullptr) return;
    data->log = std::make_shared<const DecisionLog>(log);
    snapshot->runs.push_back(std::move(data));
    maker_.add_verdicts(*scenario, *result, *snapshot, [](const PropertyOutcome&) { return std::uint32_t{0}; });
    out_.snapshot = std::move(snapshot);
  }

  // ---- a run that passes -----------------------------------------------------------------------------
  // A run that was cut short, or that shows nothing of what was asked, does not.
  bool passes(const Result& result) const {
    bool asked = false;
    for (const PropertyOutcome& property : result.properties) {
      if (!request_.property.empty() && property.verdict.property != request_.property) continue;
      if (property.verdict.kind != VerdictKind::pass) return false;
      asked = true;
    }
    return asked && !result.interrupted && result.our_fault.empty();
  }

  // The same run without one of its faults, without all of them, or of another seed: the first that passes.
  void nearest() {
    if (request_.log != nullptr && request_.log->driver == Driver::check) return nearest_explored();
    const auto scenario = load(request_.file, LoadPurpose::run, request_.overrides);
    if (scenario == nullptr) return;
    struct Try {
      std::vector<std::string> overrides;
      std::uint64_t seed = 1;
      std::string words;
    };
    const std::uint64_t seed = request_.seed.value_or(scenario->system->bounds.seed);
    std::vector<Try> tries;
    Try without_all{{}, seed, "without any fault"};
    for (const Fault& fault : scenario->system->faults) {
      tries.push_back({{"faults." + fault.name + ".budget=0"}, seed, "without the fault " + fault.name});
      without_all.overrides.push_back(tries.back().overrides.front());
    }
    if (tries.size() > 1) tries.push_back(without_all);
    for (std::uint64_t i = 1; i <= 32; ++i) tries.push_back({{}, seed + i, fmt::format("with seed {}", seed + i)});
    for (const Try& one : tries) {
      if (cancelled() || maker_.seconds() > request_.most_seconds) return;
      std::vector<std::string> overrides = request_.overrides;
      overrides.insert(overrides.end(), one.overrides.begin(), one.overrides.end());
      const auto altered = one.overrides.empty() ? scenario : load(request_.file, LoadPurpose::run, overrides);
      if (altered == nullptr) return;
      maker_.tell(-1, "trying " + one.words);
      std::atomic<bool> stop = false;
      RunOptions options;
      options.seed = one.seed;
      options.horizon = request_.horizon;
      watch(options, *altered, stop);
      const auto result = run_scenario(*altered, shipped_brokers(), options, out_.diagnostics);
      if (!result || cancelled()) return;
      if (!passes(*result)) continue;
      request_.overrides = overrides;
      timed(altered, one.seed);
      return say_difference(one.words);
    }
    maker_.problem("no nearby run was found that passes", "Neither without its faults nor with the next 32 seeds. Compare with another broker or file.");
  }

  // The same without one of its actions; faults first, then from the end.
  void nearest_explored() {
    const DecisionLog log = *request_.log;
    const auto scenario = load(request_.file, LoadPurpose::check, log.overrides);
    if (scenario == nullptr) return;
    std::vector<std::size_t> order;
    for (std::size_t i = log.actions.size(); i-- > 0;) order.push_back(i);
    std::stable_partition(order.begin(), order.end(), [&](std::size_t i) { return log.actions[i].text.starts_with("fault "); });
    constexpr std::size_t most = 100;
    for (std::size_t n = 0; n < std::min(order.size(), most); ++n) {
      if (cancelled() || maker_.seconds() > request_.most_seconds) return;
      maker_.tell(-1, fmt::format("trying without action {}", order[n] + 1));
      const auto other = without_action(*scenario, log, order[n], shipped_brokers(), *hooks_.cancelled);
      if (!other) continue;
      Diagnostics ignored;
      const auto result = replay_scenario(*scenario, shipped_brokers(), *other, RunOptions{}, ignored);
      // Before its end a run keeps every promise.
      if (!result || !passes(*result) || result->traced == nullptr || !result->traced->world->quiescent()) continue;
      explored(scenario, *other, "Nearest run that passes");
      return say_difference("without \u201c" + reports::printable(log.actions[order[n]].text) + "\u201d");
    }
    maker_.problem("no nearby run was found that passes", "It fails without any one of its actions too.");
  }

  void say_difference(const std::string& words) {
    if (out_.snapshot == nullptr) return;
    auto altered = std::make_shared<Snapshot>(*out_.snapshot);
    altered->differs = words;
    out_.snapshot = std::move(altered);
  }

  // ---- small, and on paper ----------------------------------------------------------------------------
  // What the log says, or the timed run that was asked for.
  std::shared_ptr<const Scenario> of_what_is_shown() {
    if (request_.log != nullptr) request_.overrides = request_.log->overrides;
    const bool timed_run = request_.log == nullptr ? !request_.explored : request_.log->driver == Driver::run;
    return load(scenario_file(), timed_run ? LoadPurpose::run : LoadPurpose::check, request_.overrides);
  }

  // The result stands in the folder of this session as a scenario and a counterexample of its own, and is shown like one.
  void shrink() {
    const std::vector<std::string> asked = request_.overrides;
    const auto scenario = of_what_is_shown();
    if (scenario == nullptr) return;
    const auto small = shrunk_run(*scenario, request_, maker_, hooks_, out_.diagnostics);
    if (!small || cancelled()) return;
    request_.overrides = small->files.log.overrides;
    const auto shown = load(small->files.scenario, small->files.log.driver == Driver::run ? LoadPurpose::run : LoadPurpose::check, request_.overrides);
    if (shown == nullptr) return;
    request_.horizon = small->files.log.horizon;
    if (small->files.log.driver == Driver::run) timed(shown, small->files.log.seed);
    else explored(shown, small->files.log, "Shrunk");
    if (out_.snapshot == nullptr) return;
    auto altered = std::make_shared<Snapshot>(*out_.snapshot);
    altered->asked = asked;
    altered->shrunk = small->words;
    altered->said = "shrunk to " + small->size;
    altered->seconds = maker_.seconds();
    out_.snapshot = std::move(altered);
  }

  void report() {
    out_.aside = true;
    const auto scenario = of_what_is_shown();
    if (scenario == nullptr) return;
    std::atomic<bool> stop = false;
    RunOptions options;
    options.seed = request_.seed;
    options.horizon = request_.horizon;
    options.overrides = request_.overrides;
    watch(options, *scenario, stop);
    out_.said = write_report(*scenario, request_, options, maker_, hooks_, out_.diagnostics);
  }

  // A trace is read as long as it is looked at. Another program may cut it short meanwhile, which would end this one: what is not
  // huge is copied first. A disk without room for that leaves the file itself.
  std::shared_ptr<const TraceFile> safe_copy() {
    constexpr std::uintmax_t most_bytes = std::uintmax_t{64} << 20;
    std::error_code problem;
    const std::uintmax_t size = fs::file_size(request_.file, problem);
    auto copy = maker_.trace_file();
    if (!problem && size <= most_bytes && fs::copy_file(request_.file, copy->path(), problem) && !problem) return copy;
    return std::make_shared<TraceFile>(request_.file, false);
  }

  void name_the_users_file(const std::string& copy) {
    Diagnostics named;
    for (Diagnostic d : out_.diagnostics.all()) {
      if (d.file == copy) d.file = request_.file;
      named.add(std::move(d));
    }
    out_.diagnostics = std::move(named);
  }

  void open_trace() {
    maker_.tell(-1, "opening the trace");
    const auto file = safe_copy();
    auto data = maker_.run_data(fs::path(request_.file).filename().string(), file);
    auto reader = data == nullptr ? nullptr : TraceReader::open(file->path(), out_.diagnostics);
    name_the_users_file(file->path());
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

  static std::string time_words(Time time) { return format_seconds(time, 3); }

  JobRequest request_;
  const JobHooks& hooks_;
  JobResult out_;
  SnapshotMaker maker_;
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
