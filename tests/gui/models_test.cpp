// SPDX-License-Identifier: Apache-2.0
// Jobs and view models over scenarios of the repository, without widgets.
#include <catch2/catch.hpp>

#include <QAbstractItemModelTester>
#include <QCoreApplication>

#include <fstream>
#include <set>

#include "gui/models/event_model.hpp"
#include "gui/models/problem_model.hpp"
#include "gui/models/state_model.hpp"
#include "gui/models/story_model.hpp"
#include "gui/models/verdict_model.hpp"
#include "gui/scene/sequence_scene.hpp"
#include "gui/scene/topology_scene.hpp"
#include "tests/gui/one_run.hpp"

namespace flowtank::gui {

namespace {

constexpr auto fatal = QAbstractItemModelTester::FailureReportingMode::Fatal;

const Store* store_called(const StateAt& state, const std::string& name) {
  for (const Store& store : state.stores) {
    if (store.name == name) return &store;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("jobs.a_run_that_fails_has_a_story_whose_numbers_are_events_of_its_trace") {
  const OneRun one(scenario("faults/duplicate.json"));
  REQUIRE(one.result.snapshot != nullptr);
  const Snapshot& shown = one.snapshot();
  REQUIRE(shown.runs.size() == 1);
  REQUIRE(shown.verdicts.size() == 2);
  const VerdictEntry& verdict = shown.verdicts[most_urgent(shown)];
  CHECK(verdict.verdict.kind == VerdictKind::fail);
  REQUIRE(verdict.story);
  Stage stage;
  stage.show(one.result.snapshot);
  REQUIRE(stage.run() != nullptr);
  // Each step says what the event it is linked to says.
  std::size_t linked = 0;
  for (const reports::StoryStep& step : verdict.story->steps) {
    if (step.record == no_record) continue;
    ++linked;
    INFO(step.sentence);
    CHECK(step.sentence.starts_with(stage.run()->sentence(step.record)));
  }
  CHECK(linked == 6);
  CHECK(stage.record() == verdict.focus);
  REQUIRE(stage.step_at(stage.record()) != nullptr);
  CHECK(stage.step_at(stage.record())->number == verdict.story->steps.back().number);
}

TEST_CASE("jobs.a_check_gives_each_counterexample_a_run") {
  const OneRun one(scenario("faults/duplicate.json"), JobKind::check);
  REQUIRE(one.result.snapshot != nullptr);
  const Snapshot& shown = one.snapshot();
  REQUIRE(shown.runs.size() == 1);
  CHECK_FALSE(shown.runs[0]->index->timed());
  const VerdictEntry& verdict = shown.verdicts[most_urgent(shown)];
  CHECK(verdict.verdict.strength == Strength::proved);
  Stage stage;
  stage.show(one.result.snapshot);
  for (const reports::StoryStep& step : verdict.story->steps) {
    if (step.record != no_record) CHECK(step.sentence.starts_with(stage.run()->sentence(step.record)));
  }
}

TEST_CASE("jobs.a_fault_that_is_switched_off_fails_nothing") {
  const OneRun one(scenario("faults/duplicate.json"), JobKind::run, {"faults.dup.budget=0"});
  REQUIRE(one.result.snapshot != nullptr);
  for (const VerdictEntry& verdict : one.snapshot().verdicts) CHECK(verdict.verdict.kind != VerdictKind::fail);
}

TEST_CASE("jobs.a_broken_scenario_gives_all_problems_and_no_snapshot") {
  QTemporaryDir folder;
  const std::string file = folder.filePath(QStringLiteral("broken.json")).toStdString();
  {
    std::ifstream in(scenario("faults/duplicate.json"));
    std::string text((std::istreambuf_iterator<char>(in)), {});
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"\"channel\": \"orders\"", "\"channel\": \"ordrs\""}, {"o.status == 'paid'", "o.satus == 'paid'"}}) {
      const std::size_t at = text.find(from);
      REQUIRE(at != std::string::npos);
      text.replace(at, from.size(), to);
    }
    std::ofstream(file) << text;
  }
  JobRequest request;
  request.file = file;
  request.folder = folder.path().toStdString();
  request.model_path = {std::string(FLOWTANK_SOURCE_DIR) + "/models/services"};
  const std::atomic<bool> cancelled = false;
  JobHooks hooks;
  hooks.cancelled = &cancelled;
  const JobResult result = run_job(request, hooks);
  CHECK(result.snapshot == nullptr);
  CHECK(result.diagnostics.errors() >= 2);
  ProblemModel model;
  QAbstractItemModelTester tester(&model, fatal);
  model.show(result.diagnostics);
  CHECK(model.rowCount() >= 2);
  std::set<QString> suggested;
  for (int row = 0; row < model.rowCount(); ++row) {
    suggested.insert(model.replacement(row));
    CHECK(model.index(row, ProblemModel::position).data().toString().contains(QLatin1Char(':')));
  }
  CHECK(suggested.contains(QStringLiteral("orders")));
  CHECK(suggested.contains(QStringLiteral("status")));
}

TEST_CASE("jobs.a_trace_file_opens_without_its_scenario_and_a_foreign_file_says_what_it_is") {
  const OneRun one(scenario("faults/duplicate.json"));
  const OneRun trace(one.snapshot().runs[0]->file->path());
  REQUIRE(trace.result.snapshot != nullptr);
  CHECK(trace.snapshot().scenario == nullptr);
  CHECK(trace.snapshot().verdicts.size() == 1);
  Stage stage;
  stage.show(trace.result.snapshot);
  CHECK(stage.run()->size() == one.snapshot().runs[0]->index->size());
  const auto plan = plan_of(trace.snapshot(), stage.run());
  REQUIRE(plan != nullptr);
  CHECK(plan->edges.size() >= 4);
  QTemporaryDir folder;
  for (const std::string text : {"", "{", "FTRC\r\n\x1a\n", "FTRCgarbage that is no trace at all", "flowtank-decisions 9\n"}) {
    const std::string file = folder.filePath(QStringLiteral("foreign")).toStdString();
    std::ofstream(file, std::ios::binary) << text;
    const OneRun foreign(file);
    CHECK(foreign.result.snapshot == nullptr);
    CHECK(foreign.result.diagnostics.errors() >= 1);
  }
}

TEST_CASE("jobs.what_is_cancelled_gives_no_snapshot") {
  QTemporaryDir folder;
  JobRequest request;
  request.file = scenario("faults/duplicate.json");
  request.kind = JobKind::run;
  request.folder = folder.path().toStdString();
  const std::atomic<bool> cancelled = true;
  JobHooks hooks;
  hooks.cancelled = &cancelled;
  const JobResult result = run_job(request, hooks);
  CHECK(result.snapshot == nullptr);
  CHECK(result.cancelled);
}

TEST_CASE("models.verdicts_say_in_words_what_they_are") {
  const OneRun one(scenario("faults/duplicate.json"));
  VerdictModel model;
  QAbstractItemModelTester tester(&model, fatal);
  model.show(one.result.snapshot);
  CHECK(model.rowCount() == 2);
  CHECK(model.index(0, VerdictModel::verdict).data().toString() == QStringLiteral("FAIL"));
  CHECK(model.index(1, VerdictModel::verdict).data().toString() == QStringLiteral("PASS"));
  CHECK(model.index(0, VerdictModel::evidence).data().toString().contains(QStringLiteral("o-7")));
  CHECK(model.summary() == QStringLiteral("1 fail, 1 pass"));
}

TEST_CASE("models.the_story_tells_causes_from_what_happened_beside") {
  const OneRun one(scenario("faults/duplicate.json"));
  Stage stage;
  stage.show(one.result.snapshot);
  StoryModel model;
  QAbstractItemModelTester tester(&model, fatal);
  model.show(story_rows(*stage.verdict_entry()->story, stage.run()));
  REQUIRE(model.rowCount() == 6);
  CHECK(model.rows()[2].look == StepLook::fault);
  CHECK(model.rows()[3].look == StepLook::beside);  // the first charge is right and causes nothing
  CHECK(model.rows()[5].look == StepLook::violation);
  CHECK(model.row_of(model.rows()[4].record) == 4);
  CHECK(model.row_of(no_record) == -1);
}

TEST_CASE("models.events_are_virtual_filtered_and_found_again") {
  const OneRun one(scenario("faults/duplicate.json"));
  Stage stage;
  stage.show(one.result.snapshot);
  EventModel model(stage);
  QAbstractItemModelTester tester(&model, fatal);
  model.reset();
  while (model.filtering()) QCoreApplication::processEvents();
  const int all = model.rowCount();
  CHECK(all > 300);
  for (int row = 0; row < all; row += 17) CHECK(model.row_of(model.record(row)) == row);
  REQUIRE(model.set_filter(QStringLiteral("service=payment key=o-7 !acked")));
  while (model.filtering()) QCoreApplication::processEvents();
  CHECK(model.rowCount() > 1);
  CHECK(model.rowCount() < 40);
  for (int row = 0; row < model.rowCount(); ++row) {
    CHECK(stage.run()->where(model.record(row)) == "payment");
    CHECK(stage.run()->key(model.record(row)) == "o-7");
    CHECK(stage.run()->kind(model.record(row)) != "acked");
  }
  REQUIRE(model.set_filter(QStringLiteral("=kind == \"fault\"")));
  while (model.filtering()) QCoreApplication::processEvents();
  CHECK(model.rowCount() == 1);
  CHECK_FALSE(model.set_filter(QStringLiteral("colour:red")));
  CHECK(model.problem().contains(QStringLiteral("colour")));
  CHECK_FALSE(model.set_filter(QStringLiteral("=kind ==")));
  CHECK(model.rowCount() == 1);
}

TEST_CASE("models.the_state_at_the_violation_shows_what_it_changed") {
  const OneRun one(scenario("faults/duplicate.json"));
  Stage stage;
  stage.show(one.result.snapshot);
  const StateAt state = state_at(*stage.run(), stage.run()->settled(stage.record()), stage.record() - 1);
  REQUIRE(state.known);
  const Store* charges = store_called(state, "payment.charges");
  REQUIRE(charges != nullptr);
  CHECK(charges->changed + charges->added >= 1);
  StateModel model;
  QAbstractItemModelTester tester(&model, fatal);
  model.show(*charges);
  const int row = model.first_change();
  REQUIRE(row >= 0);
  CHECK(model.index(row, 0).data().toString() == QStringLiteral("~"));
  CHECK(model.index(row, 1).data().toString() == QStringLiteral("o-7"));
  CHECK(model.index(row, 2).data().toString() == QStringLiteral("1 → 2"));
}

TEST_CASE("models.a_state_is_the_one_before_with_its_differences") {
  const OneRun one(scenario("faults/reorder.json"));
  Stage stage;
  stage.show(one.result.snapshot);
  const RunReader& run = *stage.run();
  for (RecordId id = 1; id < run.size(); id += 37) {
    const StateAt before = state_at(run, id - 1), now = state_at(run, id);
    for (const Store& store : now.stores) {
      if (store.table == none) continue;
      const Store* old = store_called(before, store.name);
      REQUIRE(old != nullptr);
      const std::size_t rows_before = old->rows.size() - old->removed, rows_now = store.rows.size() - store.removed;
      CHECK(rows_now == rows_before + store.added - store.removed);
    }
  }
}

TEST_CASE("stage.steps_causes_and_marks_are_reached_from_the_keyboard") {
  const OneRun one(scenario("faults/duplicate.json"));
  Stage stage;
  stage.show(one.result.snapshot);
  const RecordId violation = stage.record();
  int hops = 0;
  while (stage.to_cause() && hops < 100) ++hops;
  CHECK(hops > 3);
  CHECK(stage.run()->index().kind(stage.record()) == RecordKind::command_sent);
  REQUIRE(stage.to_next(false, 1));
  CHECK(stage.run()->index().kind(stage.record()) == RecordKind::fault);
  REQUIRE(stage.to_next(true, 1));
  CHECK(stage.run()->index().kind(stage.record()) == RecordKind::violated);
  CHECK_FALSE(stage.to_next(true, 1));
  stage.focus().set_record(violation);
  REQUIRE(stage.step(-1));
  CHECK(stage.record() < violation);
  const std::string here = stage.run()->where(stage.record());
  REQUIRE(stage.step_on_lane(-1));
  CHECK(stage.run()->where(stage.record()) == here);
}

TEST_CASE("sequence.draws_the_past_of_the_focus_with_the_numbers_of_the_story") {
  const OneRun one(scenario("faults/duplicate.json"));
  Stage stage;
  stage.show(one.result.snapshot);
  SequenceRequest request;
  request.focus = stage.record();
  request.story = story_rows(*stage.verdict_entry()->story, stage.run());
  const SequenceScene scene = sequence_scene(*stage.run(), request, measure_by_count);
  CHECK(scene.shown >= 6);
  CHECK(scene.shown < 40);
  std::set<QString> numbers;
  for (const Item& item : scene.list.items) {
    if (item.kind == Item::Kind::symbol && item.symbol >= Symbol::step_cause && item.symbol <= Symbol::step_violation) numbers.insert(item.text);
  }
  CHECK(numbers.size() == 6);
  CHECK_FALSE(scene.focus_row.isEmpty());
  const Hit* hit = scene.list.at(scene.focus_row.center());
  REQUIRE(hit != nullptr);
  CHECK(hit->record == stage.record());
  CHECK(to_text(scene.list) == to_text(sequence_scene(*stage.run(), request, measure_by_count).list));
  // No text reaches out of the picture.
  for (const Item& item : scene.list.items) {
    if (item.kind != Item::Kind::text) continue;
    INFO(item.text.toStdString());
    CHECK(item.rect.left() >= -1);
    CHECK(item.rect.right() <= scene.list.size.width() + 1);
  }
}

TEST_CASE("topology.shows_stores_queues_and_the_way_of_the_cause") {
  const OneRun one(scenario("faults/duplicate.json"));
  Stage stage;
  stage.show(one.result.snapshot);
  const auto plan = plan_of(one.snapshot(), stage.run());
  REQUIRE(plan != nullptr);
  CHECK(plan->nodes.size() == 5);
  TopologyRequest request;
  request.focus = stage.record();
  request.story = story_rows(*stage.verdict_entry()->story, stage.run());
  const DisplayList list = topology_scene(*plan, stage.run(), request, measure_by_count);
  const std::string text = to_text(list);
  for (const char* word : {"\"order\"", "\"payment\"", "\"orders\"", "\"shoppers\"", "\"charges\"", "OrderPlaced"}) {
    INFO(word);
    CHECK(text.find(word) != std::string::npos);
  }
}

}  // namespace flowtank::gui
