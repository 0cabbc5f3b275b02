// SPDX-License-Identifier: Apache-2.0
// What is made of a run to be kept: the smallest failure, the report, the scenario as set, branches. Each file is read again by the
// library itself; each that cannot be written leaves the one before as it was. A disk that is full is a limit on the size of files.
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include <QDir>
#include <QFile>

#include <algorithm>
#include <csignal>
#include <set>

#include <models/brokers/registry.hpp>
#include <sim/check/witness.hpp>
#include <sim/shrink/shrink.hpp>

#include "gui/session/forks.hpp"
#include "gui/session/kept_files.hpp"
#include "tests/gui/one_run.hpp"

namespace flowtank::gui {

namespace {

const std::vector<std::string> models = {std::string(FLOWTANK_SOURCE_DIR) + "/models/services"};
const std::atomic<bool> not_cancelled = false;

std::string content(const std::string& file) {
  QFile in(QString::fromStdString(file));
  return in.open(QIODevice::ReadOnly) ? in.readAll().toStdString() : "";
}

void put(const std::string& file, const std::string& text) {
  QFile out(QString::fromStdString(file));
  REQUIRE(out.open(QIODevice::WriteOnly | QIODevice::Truncate));
  REQUIRE(out.write(text.data(), static_cast<qint64>(text.size())) == static_cast<qint64>(text.size()));
}

// A disk that takes `bytes` a file and no more.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    before_ = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &limit_) == 0);
    rlimit small = limit_;
    small.rlim_cur = bytes;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }

 private:
  rlimit limit_{};
  void (*before_)(int) = nullptr;
};

JobRequest shrink_of(const Snapshot& shown, std::uint32_t verdict) {
  JobRequest request;
  request.kind = JobKind::shrink;
  request.overrides = shown.overrides;
  request.seed = shown.seed;
  request.property = shown.verdicts[verdict].verdict.property;
  request.log = shown.runs[shown.verdicts[verdict].run]->log;
  request.explored = shown.driver == Driver::check;
  return request;
}

ScenarioAsSet duplicate_with(std::vector<std::string> overrides) {
  ScenarioAsSet set;
  set.file = scenario("faults/duplicate.json");
  set.overrides = std::move(overrides);
  set.model_path = models;
  return set;
}

std::optional<Scenario> loaded(const std::string& file, LoadPurpose purpose = LoadPurpose::run) {
  LoadOptions options;
  options.purpose = purpose;
  options.model_path = models;
  Diagnostics diagnostics;
  return load_scenario(file, options, diagnostics);
}

}  // namespace

TEST_CASE("shrink.a_timed_run_becomes_a_small_counterexample_that_is_shown") {
  const OneRun run(scenario("faults/duplicate.json"));
  const OneRun small(scenario("faults/duplicate.json"), shrink_of(run.snapshot(), most_urgent(run.snapshot())));
  REQUIRE(small.result.snapshot != nullptr);
  const Snapshot& shown = small.snapshot();
  CHECK(shown.shrunk.starts_with("from "));
  CHECK(shown.file == scenario("faults/duplicate.json"));
  const VerdictEntry& verdict = shown.verdicts[most_urgent(shown)];
  CHECK(verdict.verdict.kind == VerdictKind::fail);
  CHECK(verdict.verdict.property == run.snapshot().verdicts[most_urgent(run.snapshot())].verdict.property);
  REQUIRE(verdict.story);
  CHECK(verdict.focus != no_record);
  CHECK(shown.runs[verdict.run]->index->size() * 4 < run.snapshot().runs[0]->index->size());
  // Leaving out any one of its actions no longer fails.
  REQUIRE(shown.runs[verdict.run]->log != nullptr);
  for (std::size_t i = 0; i < shown.runs[verdict.run]->log->actions.size(); ++i) {
    DecisionLog less = *shown.runs[verdict.run]->log;
    less.actions.erase(less.actions.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK_FALSE(violates(*shown.scenario, shipped_brokers(), less, verdict.verdict.property));
  }
}

TEST_CASE("shrink.what_was_set_is_asked_again_when_the_file_is_run_again") {
  const std::vector<std::string> set = {"clients.shoppers.count=9"};
  const OneRun run(scenario("faults/duplicate.json"), JobKind::run, set);
  const OneRun small(scenario("faults/duplicate.json"), shrink_of(run.snapshot(), most_urgent(run.snapshot())));
  REQUIRE(small.result.snapshot != nullptr);
  CHECK(small.snapshot().asked == set);
  CHECK(small.snapshot().overrides.empty());
}

TEST_CASE("shrink.what_holds_cannot_be_shrunk_and_says_so") {
  JobRequest request;
  request.kind = JobKind::shrink;
  request.overrides = {"faults.dup.budget=0"};
  request.property = "charged at most once";
  const OneRun small(scenario("faults/duplicate.json"), request);
  CHECK(small.result.snapshot == nullptr);
  REQUIRE_FALSE(small.result.diagnostics.ok());
  CHECK(small.result.diagnostics.all().front().code == "FT-SHRINK-001");
}

TEST_CASE("shrink.goes_on_until_it_is_cancelled_and_tells_how_far_it_is") {
  const OneRun run(scenario("faults/duplicate.json"));
  JobRequest request = shrink_of(run.snapshot(), most_urgent(run.snapshot()));
  QTemporaryDir folder;
  request.file = scenario("faults/duplicate.json");
  request.model_path = models;
  request.folder = folder.path().toStdString();
  std::atomic<bool> cancelled = false;
  JobHooks hooks;
  hooks.cancelled = &cancelled;
  std::vector<std::string> words;
  hooks.progress = [&](double, const std::string& said) {
    words.push_back(said);
    if (said.find("5 trials") != std::string::npos) cancelled = true;
  };
  const JobResult result = run_job(request, hooks);
  CHECK(result.cancelled);
  CHECK(result.snapshot == nullptr);
  CHECK(std::any_of(words.begin(), words.end(), [](const std::string& w) { return w.starts_with("shrinking: 4 trials"); }));
}

TEST_CASE("kept.a_scenario_has_what_was_set_and_runs_alike") {
  QTemporaryDir folder;
  const std::string to = folder.filePath(QStringLiteral("as-set.json")).toStdString();
  ScenarioAsSet set = duplicate_with({"services.payment.with.consume=inbox", "clients.shoppers.count=5"});
  set.seed = 77;
  set.horizon = Time::start() + ms(1500);
  const auto problem = keep_scenario(set, to);
  INFO((problem ? *problem : ""));
  REQUIRE_FALSE(problem);
  const auto again = loaded(to);
  REQUIRE(again);
  CHECK(again->system->bounds.seed == 77);
  CHECK(again->system->bounds.horizon == Time::start() + ms(1500));
  JobRequest asked;
  asked.overrides = set.overrides;
  asked.seed = 77;
  asked.horizon = set.horizon;
  const OneRun before(set.file, asked), after(to);
  REQUIRE(after.result.snapshot != nullptr);
  CHECK(after.snapshot().fingerprint == before.snapshot().fingerprint);
  // No half file, no file beside it.
  CHECK(QDir(folder.path()).entryList(QDir::Files).size() == 1);
}

TEST_CASE("kept.a_scenario_that_cannot_be_written_leaves_the_old_one") {
  QTemporaryDir folder;
  const std::string to = folder.filePath(QStringLiteral("as-set.json")).toStdString();
  put(to, "old");
  {
    const FullDisk disk(200);
    const auto problem = keep_scenario(duplicate_with({}), to);
    REQUIRE(problem);
    CHECK(problem->find("Choose another folder, or free some space") != std::string::npos);
  }
  CHECK(content(to) == "old");
  CHECK(QDir(folder.path()).entryList(QDir::Files).size() == 1);
  const auto nowhere = keep_scenario(duplicate_with({}), folder.filePath(QStringLiteral("no/such/folder.json")).toStdString());
  REQUIRE(nowhere);
  CHECK(nowhere->find("Choose another folder") != std::string::npos);
  // Seeds above what a scenario can hold are named, not cut.
  ScenarioAsSet set = duplicate_with({});
  set.seed = ~std::uint64_t{0};
  REQUIRE(keep_scenario(set, to));
  CHECK(keep_scenario(set, to)->find("9,223,372,036,854,775,807") != std::string::npos);
  CHECK(content(to) == "old");
}

TEST_CASE("kept.a_branch_of_a_timed_run_stands_beside_its_scenario_and_replays") {
  QTemporaryDir folder;
  const OneRun run(scenario("faults/duplicate.json"), JobKind::run, {"clients.shoppers.count=9"});
  ForkSource source;
  source.file = scenario("faults/duplicate.json");
  source.overrides = run.snapshot().overrides;
  source.model_path = models;
  source.seed = run.snapshot().seed;
  source.told = run.snapshot().runs[0]->index->told_number(run.snapshot().runs[0]->index->faults().front());
  Diagnostics diagnostics;
  const auto crossroads = crossroads_at(source, shipped_brokers(), not_cancelled, diagnostics);
  REQUIRE(crossroads);
  const auto other = std::find_if(crossroads->choices.begin(), crossroads->choices.end(), [](const Choice& c) { return !c.taken; });
  REQUIRE(other != crossroads->choices.end());
  const auto log = branch_of(source, *crossroads, other->action, shipped_brokers(), not_cancelled, diagnostics);
  REQUIRE(log);
  const std::string to = folder.filePath(QStringLiteral("branch.counterexample")).toStdString();
  put(folder.filePath(QStringLiteral("branch.scenario.json")).toStdString(), "somebody else's");
  const KeptLog kept = keep_log(duplicate_with({}), *log, false, to);
  INFO(kept.problem);
  REQUIRE(kept.problem.empty());
  CHECK(kept.scenario.ends_with("branch.scenario-2.json"));
  CHECK(content(folder.filePath(QStringLiteral("branch.scenario.json")).toStdString()) == "somebody else's");
  const OneRun again(to);
  REQUIRE(again.result.snapshot != nullptr);
  CHECK(again.snapshot().warnings.all().empty());
  CHECK(again.snapshot().runs[0]->log->actions == log->actions);
  CHECK(again.snapshot().overrides.empty());
  // A disk that is full leaves neither of both, and the old ones.
  const std::string before = content(to);
  {
    const FullDisk disk(100);
    const KeptLog failed = keep_log(duplicate_with({}), *log, false, to);
    CHECK(failed.problem.find("free some space") != std::string::npos);
  }
  CHECK(content(to) == before);
  CHECK(QDir(folder.path()).entryList(QDir::Files).size() == 3);
}

TEST_CASE("report.of_a_run_is_the_page_of_the_command_line_and_shows_nothing_new") {
  QTemporaryDir folder;
  JobRequest request;
  request.kind = JobKind::report;
  request.to = folder.filePath(QStringLiteral("report.html")).toStdString();
  request.seed = 1;
  const OneRun run(scenario("faults/duplicate.json"), request);
  CHECK(run.result.aside);
  CHECK(run.result.snapshot == nullptr);
  REQUIRE(run.result.diagnostics.ok());
  CHECK(run.result.said.starts_with("Wrote "));
  const std::string page = content(request.to);
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(page.find("flowtank run duplicate.json --seed 1") != std::string::npos);
  CHECK(page.find("charged at most once") != std::string::npos);
  CHECK(page.find("without") != std::string::npos);
  // Of all orders of events, and of one of them.
  request.explored = true;
  request.to = folder.filePath(QStringLiteral("check.html")).toStdString();
  const OneRun check(scenario("faults/duplicate.json"), request);
  CHECK(content(request.to).find("flowtank check duplicate.json") != std::string::npos);
  const OneRun found(scenario("faults/duplicate.json"), JobKind::check);
  request.log = found.snapshot().runs[0]->log;
  request.to = folder.filePath(QStringLiteral("replay.html")).toStdString();
  const OneRun replay(scenario("faults/duplicate.json"), request);
  CHECK(replay.result.diagnostics.ok());
  CHECK(content(request.to).find("charged at most once") != std::string::npos);
}

TEST_CASE("report.that_cannot_be_written_leaves_the_old_page") {
  QTemporaryDir folder;
  JobRequest request;
  request.kind = JobKind::report;
  request.to = folder.filePath(QStringLiteral("report.html")).toStdString();
  put(request.to, "old page");
  {
    const FullDisk disk(4096);
    const OneRun run(scenario("faults/duplicate.json"), request);
    REQUIRE_FALSE(run.result.diagnostics.ok());
    CHECK(run.result.diagnostics.all().front().hint.find("Choose another folder, or free some space") != std::string::npos);
  }
  CHECK(content(request.to) == "old page");
}

TEST_CASE("forks.an_opened_counterexample_goes_another_way_from_any_step") {
  QTemporaryDir folder;
  const OneRun check(scenario("faults/duplicate.json"), JobKind::check);
  const std::string file = folder.filePath(QStringLiteral("found.counterexample")).toStdString();
  put(file, to_text(*check.snapshot().runs[0]->log));
  const OneRun opened(file);
  REQUIRE(opened.result.snapshot != nullptr);
  const TraceIndex& index = *opened.snapshot().runs[0]->index;
  for (RecordId at = 0; at < index.size(); at += 3) {
    INFO(at);
    ForkSource source;
    source.file = opened.snapshot().scenario->file;
    source.overrides = opened.snapshot().overrides;
    source.model_path = models;
    source.log = *opened.snapshot().runs[0]->log;
    source.seed = opened.snapshot().seed;
    source.told = index.told_number(at);
    Diagnostics diagnostics;
    const auto crossroads = crossroads_at(source, shipped_brokers(), not_cancelled, diagnostics);
    REQUIRE(crossroads);
    REQUIRE_FALSE(crossroads->choices.empty());
    const auto log = branch_of(source, *crossroads, crossroads->choices.back().action, shipped_brokers(), not_cancelled, diagnostics);
    REQUIRE(log);
    JobRequest request;
    request.kind = JobKind::branch;
    request.log = std::make_shared<const DecisionLog>(*log);
    request.scenario = source.file;
    const OneRun branch(file, request);
    REQUIRE(branch.result.snapshot != nullptr);
    CHECK(branch.snapshot().file == file);
    CHECK(branch.snapshot().replayed);
  }
}

TEST_CASE("forks.choices_are_told_in_words_of_the_scenario_and_are_all_different") {
  const OneRun check(scenario("faults/duplicate.json"), JobKind::check);
  ForkSource source;
  source.file = scenario("faults/duplicate.json");
  source.model_path = models;
  source.log = *check.snapshot().runs[0]->log;
  std::set<std::string> all;
  for (RecordId at = 0; at < check.snapshot().runs[0]->index->size(); ++at) {
    source.told = check.snapshot().runs[0]->index->told_number(at);
    Diagnostics diagnostics;
    const auto crossroads = crossroads_at(source, shipped_brokers(), not_cancelled, diagnostics);
    REQUIRE(crossroads);
    std::set<std::string> here;
    for (const Choice& choice : crossroads->choices) {
      INFO(choice.words << " | " << choice.action.text);
      CHECK(here.insert(choice.words).second);
      CHECK(choice.words.find('>') == std::string::npos);   // orders>payment
      CHECK(choice.words.find(")#") == std::string::npos);  // the number of a copy
      CHECK(choice.words != choice.action.text);
      all.insert(choice.words);
    }
    // What is said of a choice changes nothing: the same again.
    const auto again = crossroads_at(source, shipped_brokers(), not_cancelled, diagnostics);
    REQUIRE(again);
    REQUIRE(again->choices.size() == crossroads->choices.size());
    for (std::size_t i = 0; i < again->choices.size(); ++i) CHECK(again->choices[i].words == crossroads->choices[i].words);
  }
  CHECK(std::any_of(all.begin(), all.end(), [](const std::string& w) { return w.find("got OrderPlaced(") != std::string::npos; }));
  CHECK(std::any_of(all.begin(), all.end(), [](const std::string& w) { return w.starts_with("fault dup: "); }));
}

}  // namespace flowtank::gui
