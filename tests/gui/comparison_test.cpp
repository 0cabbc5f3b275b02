// SPDX-License-Identifier: Apache-2.0
// Two runs beside each other, branches, and numbers over a run: jobs and view models without widgets.
#include <catch2/catch.hpp>

#include <QAbstractItemModelTester>
#include <QCoreApplication>
#include <QSignalSpy>

#include <algorithm>
#include <set>

#include <models/brokers/registry.hpp>

#include "gui/models/choice_model.hpp"
#include "gui/models/difference_model.hpp"
#include "gui/models/fault_model.hpp"
#include "gui/models/state_model.hpp"
#include "gui/scene/chart_scene.hpp"
#include "gui/scene/compare_scene.hpp"
#include "gui/session/state_difference.hpp"
#include "tests/gui/one_run.hpp"

namespace flowtank::gui {

namespace {

constexpr auto fatal = QAbstractItemModelTester::FailureReportingMode::Fatal;
const std::atomic<bool> never = false;

std::unique_ptr<RunReader> reader(const OneRun& one, std::size_t run = 0) {
  Diagnostics diagnostics;
  REQUIRE(one.result.snapshot != nullptr);
  REQUIRE(run < one.snapshot().runs.size());
  return RunReader::open(one.snapshot().runs[run], diagnostics);
}

// What was answered, or how much it was.
std::string detail(const RunReader& run, RecordId id) {
  const Record r = run.view().records()[id];
  return r.detail == absent_word ? "" : to_text(run.view().records().pool().value(r.detail));
}

void check_alignment(const RunReader& a, const RunReader& b, const Comparison& c) {
  std::set<RecordId> seen_a, seen_b;
  RecordId last_a = 0, last_b = 0;
  for (const AlignedRow& row : c.rows) {
    if (row.has_a()) {
      CHECK(seen_a.insert(row.a).second);
      CHECK((last_a == 0 || row.a > last_a));
      last_a = row.a;
    }
    if (row.has_b()) {
      CHECK(seen_b.insert(row.b).second);
      CHECK((last_b == 0 || row.b > last_b));
      last_b = row.b;
    }
    if (row.a == no_record || row.b == no_record) continue;
    const RecordKind kind = a.index().kind(row.a);
    CHECK(kind == b.index().kind(row.b));
    // Another answer or another amount is another event.
    if (kind == RecordKind::client_read || kind == RecordKind::effect) CHECK(detail(a, row.a) == detail(b, row.b));
  }
  const std::size_t until = c.differences.empty() ? c.rows.size() : c.differences.front();
  CHECK(c.equal_before == static_cast<std::size_t>(std::count_if(c.rows.begin(), c.rows.begin() + static_cast<std::ptrdiff_t>(until), [](const AlignedRow& row) { return row.side == AlignedRow::Side::both; })));
  CHECK(seen_a.size() == a.index().whole().size());
  CHECK(seen_b.size() == b.index().whole().size());
}

}  // namespace

TEST_CASE("comparison.a_run_has_no_difference_to_itself") {
  const OneRun one(scenario("faults/duplicate.json")), two(scenario("faults/duplicate.json"));
  const auto a = reader(one), b = reader(two);
  const auto same = compare_runs(*a, *b, never);
  REQUIRE(same != nullptr);
  CHECK(same->differences.empty());
  CHECK(same->matched == a->index().whole().size());
  check_alignment(*a, *b, *same);
  CHECK(difference_words(*a, *b, *same) == QStringLiteral("Nothing differs."));
}

TEST_CASE("comparison.a_run_parts_from_the_one_without_its_fault_where_the_fault_strikes") {
  const OneRun one(scenario("faults/duplicate.json")), two(scenario("faults/duplicate.json"), JobKind::run, {"faults.dup.budget=0"});
  const auto a = reader(one), b = reader(two);
  const auto found = compare_runs(*a, *b, never);
  REQUIRE(found != nullptr);
  check_alignment(*a, *b, *found);
  REQUIRE_FALSE(found->differences.empty());
  const AlignedRow& first = found->rows[found->differences.front()];
  CHECK(first.b == no_record);
  CHECK(a->index().kind(first.a) == RecordKind::fault);
  CHECK(found->only_a > found->only_b);
  CHECK(found->equal_before > 50);
  CHECK(difference_words(*a, *b, *found).contains(QStringLiteral("There is no such event in B")));
  CHECK(found->row_of_a(first.a) == static_cast<int>(found->differences.front()));
  CHECK(found->difference_from(0, 1) == static_cast<int>(found->differences.front()));
  CHECK(found->difference_from(0, -1) == -1);
  // The other way round it is the same.
  const auto back = compare_runs(*b, *a, never);
  CHECK(back->only_a == found->only_b);
  CHECK(back->only_b == found->only_a);
}

TEST_CASE("comparison.other_seeds_and_other_times_still_find_partners") {
  const OneRun one(scenario("faults/delay-control.json")), two(scenario("faults/delay-control.json"), JobKind::run, {"run.seed=7"});
  const auto a = reader(one), b = reader(two);
  const auto found = compare_runs(*a, *b, never);
  REQUIRE(found != nullptr);
  check_alignment(*a, *b, *found);
  CHECK(found->matched + found->moved > a->index().whole().size() / 2);
}

TEST_CASE("comparison.another_answer_or_amount_is_another_event") {
  // Both sides read the same accounts at the same places, but not always the same versions.
  const OneRun one(scenario("sessions/c7a-any-replica.json")), two(scenario("sessions/c7a-any-replica.json"), JobKind::run, {"run.seed=5"});
  const auto a = reader(one), b = reader(two);
  const auto found = compare_runs(*a, *b, never);
  REQUIRE(found != nullptr);
  check_alignment(*a, *b, *found);
  CHECK(std::any_of(found->rows.begin(), found->rows.end(), [&](const AlignedRow& row) { return row.a != no_record && row.b != no_record && a->index().kind(row.a) == RecordKind::client_read; }));
}

TEST_CASE("comparison.cancelling_gives_nothing") {
  const OneRun one(scenario("faults/duplicate.json"));
  const auto a = reader(one);
  const std::atomic<bool> cancelled = true;
  CHECK(compare_runs(*a, *a, cancelled) == nullptr);
  CHECK(measure_run(*a, cancelled) == nullptr);
}

TEST_CASE("comparison.the_picture_shows_the_pair_the_divergence_and_what_is_missing") {
  const OneRun one(scenario("faults/duplicate.json")), two(scenario("faults/duplicate.json"), JobKind::run, {"faults.dup.budget=0"});
  const auto a = reader(one), b = reader(two);
  const auto found = compare_runs(*a, *b, never);
  CompareRequest request;
  request.row = static_cast<int>(found->differences.front());
  const CompareScene scene = compare_scene(*a, *b, *found, request, measure_by_count);
  const std::string text = to_text(scene.list);
  CHECK(text.find("\"first divergence\"") != std::string::npos);
  CHECK(text.find("\"not in B\"") != std::string::npos);
  CHECK_FALSE(scene.focus_row.isEmpty());
  CHECK(scene.shown <= request.most_rows);
  CHECK(to_text(scene.list) == to_text(compare_scene(*a, *b, *found, request, measure_by_count).list));
  for (const Item& item : scene.list.items) {
    if (item.kind != Item::Kind::text) continue;
    INFO(item.text.toStdString());
    CHECK(item.rect.left() >= -1);
    CHECK(item.rect.right() <= scene.list.size.width() + 1);
  }
  // What only one of them has says so between them.
  CompareRequest further = request;
  further.row = found->difference_from(request.row + 1, 1);
  REQUIRE(further.row > request.row);
  CHECK(to_text(compare_scene(*a, *b, *found, further, measure_by_count).list).find(" : –\"") != std::string::npos);
  // Hidden pairs leave what differs.
  CompareRequest hidden = request;
  hidden.hide_matched = true;
  const auto rows = compare_rows(*a, *b, *found, hidden);
  CHECK(rows.size() < compare_rows(*a, *b, *found, request).size());
  for (const std::uint32_t row : rows) {
    const bool near = found->rows[row].differs() || (row > 0 && found->rows[row - 1].differs()) || (row + 1 < found->rows.size() && found->rows[row + 1].differs());
    CHECK(near);
  }
  CompareRequest overlay = request;
  overlay.overlay = true;
  CHECK(to_text(compare_scene(*a, *b, *found, overlay, measure_by_count).list).find("\"not in B\"") == std::string::npos);
  CompareRequest key = request;
  key.key = "o-7";
  for (const std::uint32_t row : compare_rows(*a, *b, *found, key)) {
    const AlignedRow& r = found->rows[row];
    CHECK((r.differs() || (r.has_a() && a->key(r.a) == "o-7") || (r.has_b() && b->key(r.b) == "o-7")));
  }
}

TEST_CASE("comparison.states_differ_by_the_rows_that_differ") {
  const OneRun one(scenario("faults/duplicate.json")), two(scenario("faults/duplicate.json"), JobKind::run, {"faults.dup.budget=0"});
  const auto a = reader(one), b = reader(two);
  const auto last = [](const RunReader& run) { return state_at(run, static_cast<RecordId>(run.size() - 1)); };
  const auto differences = differences_of(last(*a), last(*b));
  const auto charges = std::find_if(differences.begin(), differences.end(), [](const Store& store) { return store.name == "payment.charges"; });
  REQUIRE(charges != differences.end());
  CHECK(charges->changed == 1);
  CHECK(charges->added + charges->removed == 0);
  StateModel model;
  QAbstractItemModelTester tester(&model, fatal);
  model.show(*charges);
  CHECK(model.index(model.first_change(), 2).data().toString() == QStringLiteral("2 → 1"));
  CHECK(differences_of(last(*a), last(*a)).empty());
}

TEST_CASE("comparison.what_else_differs_is_a_table") {
  const OneRun one(scenario("faults/duplicate.json")), two(scenario("faults/duplicate.json"), JobKind::run, {"services.payment.with.consume=inbox"});
  REQUIRE(two.result.snapshot != nullptr);
  DifferenceModel model;
  QAbstractItemModelTester tester(&model, fatal);
  model.show(one.result.snapshot, two.result.snapshot);
  REQUIRE(model.rowCount() == 3);
  CHECK(model.index(0, DifferenceModel::sign).data().toString() == QStringLiteral("≠"));
  CHECK(model.index(1, DifferenceModel::sign).data().toString() == QStringLiteral("="));
  CHECK(model.index(2, DifferenceModel::what).data().toString() == QStringLiteral("services.payment.with.consume"));
  CHECK(model.index(2, DifferenceModel::left).data().toString() == QStringLiteral("naive"));
  CHECK(model.index(2, DifferenceModel::right).data().toString() == QStringLiteral("inbox"));
  CHECK(model.summary() == QStringLiteral("1 of 2 verdicts differ, 1 option differs"));
  model.show(nullptr, two.result.snapshot);
  CHECK(model.rowCount() == 0);
}

TEST_CASE("jobs.the_nearest_run_that_passes_is_the_one_without_its_fault") {
  JobRequest request;
  request.kind = JobKind::nearest;
  request.property = "charged at most once";
  const OneRun near(scenario("faults/duplicate.json"), request);
  REQUIRE(near.result.snapshot != nullptr);
  CHECK(near.snapshot().differs == "without the fault dup");
  CHECK(near.snapshot().seed == 1);
  for (const VerdictEntry& verdict : near.snapshot().verdicts) CHECK(verdict.verdict.kind != VerdictKind::fail);
}

TEST_CASE("jobs.the_nearest_run_of_a_counterexample_leaves_out_one_of_its_actions") {
  const OneRun check(scenario("faults/duplicate.json"), JobKind::check);
  REQUIRE(check.snapshot().runs.size() == 1);
  REQUIRE(check.snapshot().runs[0]->log != nullptr);
  JobRequest request;
  request.kind = JobKind::nearest;
  request.log = check.snapshot().runs[0]->log;
  request.property = "charged at most once";
  const OneRun near(scenario("faults/duplicate.json"), request);
  REQUIRE(near.result.snapshot != nullptr);
  CHECK(near.snapshot().differs.find("fault dup") != std::string::npos);
  for (const VerdictEntry& verdict : near.snapshot().verdicts) CHECK(verdict.verdict.kind != VerdictKind::fail);
  const auto a = reader(check), b = reader(near);
  const auto found = compare_runs(*a, *b, never);
  REQUIRE_FALSE(found->differences.empty());
}

// ---- branches ---------------------------------------------------------------------------------------

namespace {

ForkSource source_of(const OneRun& one, RecordId at) {
  ForkSource source;
  source.file = scenario("faults/duplicate.json");
  source.model_path = {std::string(FLOWTANK_SOURCE_DIR) + "/models/services"};
  source.seed = one.snapshot().seed;
  if (one.snapshot().runs[0]->log != nullptr) source.log = *one.snapshot().runs[0]->log;
  source.told = one.snapshot().runs[0]->index->told_number(at);
  return source;
}

// Takes another way at a record, and gives the verdict of the first property.
std::optional<VerdictKind> fork_at(const OneRun& one, RecordId at, bool fault) {
  Diagnostics diagnostics;
  const ForkSource source = source_of(one, at);
  const auto crossroads = crossroads_at(source, shipped_brokers(), never, diagnostics);
  REQUIRE(crossroads);
  ChoiceModel model;
  QAbstractItemModelTester tester(&model, fatal);
  model.show(crossroads->choices);
  REQUIRE(model.rowCount() > 0);
  const auto choice = std::find_if(crossroads->choices.begin(), crossroads->choices.end(), [fault](const Choice& c) { return !c.taken && c.fault == fault; });
  REQUIRE(choice != crossroads->choices.end());
  const auto log = branch_of(source, *crossroads, choice->action, shipped_brokers(), never, diagnostics);
  REQUIRE(log);
  REQUIRE(log->actions.size() > crossroads->log.actions.size());
  CHECK(log->actions[crossroads->log.actions.size()] == choice->action);
  JobRequest request;
  request.kind = JobKind::branch;
  request.log = std::make_shared<const DecisionLog>(*log);
  const OneRun branch(scenario("faults/duplicate.json"), request);
  REQUIRE(branch.result.snapshot != nullptr);
  CHECK(branch.snapshot().overrides.empty());
  CHECK(branch.snapshot().runs[0]->log->actions == log->actions);
  // It can be kept and read again.
  Diagnostics problems;
  const auto again = parse_decision_log(to_text(*log), "branch.counterexample", problems);
  REQUIRE(again);
  CHECK(again->actions == log->actions);
  return branch.snapshot().verdicts[0].verdict.kind;
}

}  // namespace

TEST_CASE("forks.a_counterexample_goes_another_way_and_passes") {
  const OneRun check(scenario("faults/duplicate.json"), JobKind::check);
  // Just where the fault struck something else happens.
  const RecordId fault = check.snapshot().runs[0]->index->faults().front();
  CHECK(fork_at(check, fault, false) == VerdictKind::pass);
}

TEST_CASE("forks.a_timed_run_goes_on_without_time_from_any_event") {
  const OneRun run(scenario("faults/duplicate.json"));
  const TraceIndex& index = *run.snapshot().runs[0]->index;
  // Long before the fault it can strike at once.
  RecordId delivered = 0;
  while (index.kind(delivered) != RecordKind::accepted) ++delivered;
  Diagnostics diagnostics;
  const auto crossroads = crossroads_at(source_of(run, delivered + 1), shipped_brokers(), never, diagnostics);
  REQUIRE(crossroads);
  CHECK(crossroads->lost == 0);
  CHECK(std::any_of(crossroads->choices.begin(), crossroads->choices.end(), [](const Choice& c) { return c.fault; }));
  CHECK(fork_at(run, delivered + 1, true) == VerdictKind::fail);
}

TEST_CASE("forks.what_is_possible_is_found_by_its_words") {
  const OneRun check(scenario("faults/duplicate.json"), JobKind::check);
  Diagnostics diagnostics;
  const auto crossroads = crossroads_at(source_of(check, check.snapshot().runs[0]->index->faults().front()), shipped_brokers(), never, diagnostics);
  REQUIRE(crossroads);
  ChoiceModel model;
  model.show(crossroads->choices);
  model.filter(QStringLiteral("FAULT dup"));
  REQUIRE(model.rowCount() >= 1);
  for (int row = 0; row < model.rowCount(); ++row) CHECK(model.choice(row)->fault);
  model.filter(QStringLiteral("no such words"));
  CHECK(model.rowCount() == 0);
  CHECK(model.first_other() == -1);
}

// ---- numbers and faults ------------------------------------------------------------------------------

TEST_CASE("measures.latency_staleness_and_backlog_are_those_of_the_records") {
  const OneRun one(scenario("faults/duplicate.json"));
  const auto run = reader(one);
  const auto measures = measure_run(*run, never);
  REQUIRE(measures != nullptr);
  const auto latency = series_of(*measures, Measure::latency), staleness = series_of(*measures, Measure::staleness), backlog = series_of(*measures, Measure::backlog);
  REQUIRE_FALSE(latency.empty());
  REQUIRE_FALSE(staleness.empty());
  REQUIRE_FALSE(backlog.empty());
  CHECK(latency[0]->name == "shoppers to order, handled");
  CHECK(latency[0]->samples.size() == 20);
  for (const Series& series : measures->series) {
    for (std::size_t i = 1; i < series.samples.size(); ++i) CHECK(series.samples[i].position >= series.samples[i - 1].position);
    for (const Sample& sample : series.samples) CHECK(sample.value >= 0);
  }
  // The copy that came late is the oldest by far: the scenario says a second.
  const auto orders = std::find_if(staleness.begin(), staleness.end(), [](const Series* s) { return s->name == "orders to payment"; });
  REQUIRE(orders != staleness.end());
  const QuantileColumn all = quantiles_in(**orders, 0, run->index().last_position() + 1);
  CHECK(all.count == 21);
  CHECK(all.most >= 1'000'000'000);
  CHECK(all.p50 < all.most);
  CHECK(all.p50 <= all.p95);
  CHECK(all.p95 <= all.p99);
  // In the end nothing waits.
  for (const Series* series : backlog) CHECK(series->samples.back().value == 0);
}

TEST_CASE("measures.what_waits_in_a_channel_waits_for_all_its_subscribers") {
  const OneRun one(scenario("faults/cross-channel.json"));
  const auto run = reader(one);
  const auto measures = measure_run(*run, never);
  REQUIRE(measures != nullptr);
  const auto all = series_of(*measures, Measure::backlog);
  const auto orders = std::find_if(all.begin(), all.end(), [](const Series* s) { return s->name.starts_with("orders to "); });
  REQUIRE(orders != all.end());
  std::vector<const Series*> parts;
  for (const Series* series : all) {
    if (series->lane == (*orders)->lane) parts.push_back(series);
  }
  REQUIRE(parts.size() == 2);
  const Series* whole = measures->backlog_of((*orders)->lane);
  REQUIRE(whole != nullptr);
  REQUIRE(whole->samples.size() == parts[0]->samples.size() + parts[1]->samples.size());
  for (std::size_t i = 0; i < whole->samples.size(); ++i) {
    const std::int64_t at = whole->samples[i].position;
    if (i + 1 < whole->samples.size() && whole->samples[i + 1].position == at) continue;
    std::int64_t sum = 0;
    for (const Series* part : parts) {
      const auto after = std::upper_bound(part->samples.begin(), part->samples.end(), at, [](std::int64_t p, const Sample& s) { return p < s.position; });
      sum += after == part->samples.begin() ? 0 : (after - 1)->value;
    }
    CHECK(whole->samples[i].value == sum);
  }
}

TEST_CASE("measures.quantiles_and_levels_are_those_of_a_count") {
  Series series;
  for (int i = 1; i <= 100; ++i) series.samples.push_back({i, i});
  const QuantileColumn all = quantiles_in(series, 0, 1000);
  CHECK(all.p50 == 50);
  CHECK(all.p95 == 95);
  CHECK(all.p99 == 99);
  CHECK(all.most == 100);
  bool thinned = true;
  const auto halves = quantiles_of(series, 1, 101, 2, thinned);
  CHECK_FALSE(thinned);
  CHECK(halves[0].count == 50);
  CHECK(halves[0].p50 == 25);
  CHECK(halves[1].p50 == 75);
  CHECK(quantiles_of(series, 200, 300, 3, thinned)[1].count == 0);
  series.samples = {{10, 3}, {20, 1}, {21, 9}, {22, 0}};
  CHECK(levels_of(series, 0, 40, 4) == std::vector<std::int64_t>{0, 3, 9, 0});
  // Of many samples the same comes out with the largest of many at once, wherever a column begins.
  series.samples.clear();
  for (std::int64_t i = 0; i < 5'000; ++i) series.samples.push_back({i, i * 7'919 % 1'009 - 20});
  Series quick = series;
  add_highest(quick);
  REQUIRE_FALSE(quick.highest.empty());
  for (const std::size_t columns : {1U, 2U, 7U, 64U, 700U}) {
    for (const auto& [from, to] : {std::pair{0, 5'000}, {63, 65}, {64, 4'096}, {1, 4'999}, {-50, 9'000}, {4'990, 5'010}}) CHECK(levels_of(quick, from, to, columns) == levels_of(series, from, to, columns));
  }
}

TEST_CASE("charts.show_lines_by_dash_faults_and_the_focus") {
  const OneRun one(scenario("faults/duplicate.json"));
  const auto run = reader(one);
  const auto measures = measure_run(*run, never);
  ChartRequest request;
  request.measure = Measure::staleness;
  request.to = run->index().last_position() + 1;
  request.focus = one.snapshot().verdicts[most_urgent(one.snapshot())].focus;
  const DisplayList list = chart_scene(*run, *measures, request, measure_by_count);
  const std::string text = to_text(list);
  for (const char* word : {"\"p50\"", "\"p95\"", "\"p99\"", "samples"}) CHECK(text.find(word) != std::string::npos);
  CHECK(list.description.contains(QStringLiteral("median")));
  // A click anywhere in the chart leads to an event.
  const Hit* hit = list.at(QPointF(300, 120));
  REQUIRE(hit != nullptr);
  CHECK(hit->record < run->size());
  // What was remembered of one part is not drawn for another one.
  ChartMemory memory;
  CHECK(to_text(chart_scene(*run, *measures, request, measure_by_count, &memory)) == text);
  CHECK(memory.over_all.count != 0);
  CHECK(to_text(chart_scene(*run, *measures, request, measure_by_count, &memory)) == text);
  ChartRequest half = request;
  half.from = request.to / 2;
  CHECK(to_text(chart_scene(*run, *measures, half, measure_by_count, &memory)) == to_text(chart_scene(*run, *measures, half, measure_by_count)));
  request.measure = Measure::backlog;
  CHECK(to_text(chart_scene(*run, *measures, request, measure_by_count)).find("orders to payment") != std::string::npos);
  request.from = request.to;
  request.to += 10;
  CHECK_NOTHROW(chart_scene(*run, *measures, request, measure_by_count));
  for (const std::int64_t most : {1L, 3L, 10L, 99L, 18'204L}) {
    CHECK(round_step(most) * 4 >= most);
    CHECK(round_step(most) <= std::max(1L, most));
  }
}

TEST_CASE("models.faults_say_when_they_struck_what_they_did_and_what_came_of_it") {
  const OneRun one(scenario("faults/duplicate.json"));
  Stage stage;
  stage.show(one.result.snapshot);
  FaultModel model(stage);
  QAbstractItemModelTester tester(&model, fatal);
  model.reset();
  REQUIRE(model.rowCount() == 1);
  CHECK(model.name(0) == QStringLiteral("dup"));
  CHECK(model.index(0, FaultModel::outcome).data().toString() == QStringLiteral("leads to the violation"));
  CHECK(model.record(0) == stage.run()->index().faults().front());
  CHECK(model.row_of(model.record(0)) == 0);
  CHECK(model.summary() == QStringLiteral("1 strike"));
  // In a long run not everything that follows is looked at, and it says so.
  const OneRun longer(scenario("faults/duplicate.json"), JobKind::run, {"clients.shoppers.count=1500", "clients.shoppers.arrivals={\"every_ms\":5}", "services.payment.with.consume=inbox"});
  stage.show(longer.result.snapshot);
  model.reset();
  REQUIRE(model.record(0) != no_record);
  REQUIRE(stage.run()->size() > model.record(0) + 20'000);
  CHECK(model.index(0, FaultModel::outcome).data().toString().startsWith(QStringLiteral("at least ")));
  const OneRun idle(scenario("faults/duplicate.json"), JobKind::run, {"faults.dup.budget=0"});
  stage.show(idle.result.snapshot);
  model.reset();
  REQUIRE(model.rowCount() == 1);
  CHECK(model.record(0) == no_record);
  CHECK(model.index(0, FaultModel::outcome).data().toString().contains(QStringLiteral("never struck")));
}

TEST_CASE("stage.measures_are_read_beside_and_told") {
  const OneRun one(scenario("faults/duplicate.json"));
  Stage stage;
  stage.show(one.result.snapshot);
  QSignalSpy told(&stage, &Stage::measures_changed);
  CHECK(stage.measures() == nullptr);
  CHECK(stage.measures() == nullptr);  // asked for once
  REQUIRE(told.wait(20'000));
  REQUIRE(stage.measures() != nullptr);
  CHECK(stage.measures_so_far() == stage.measures());
  stage.show(one.result.snapshot);
  CHECK(stage.measures_so_far() != nullptr);  // the same run
}

}  // namespace flowtank::gui
