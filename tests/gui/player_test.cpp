// SPDX-License-Identifier: Apache-2.0
// Playing a run and what moves while it is played: the playhead as a function of time, stops, tokens where they must be by the records
// alone. Time is given, never waited for.
#include <catch2/catch.hpp>

#include <QSignalSpy>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "gui/scene/topology_scene.hpp"
#include "gui/scene/topology_tokens.hpp"
#include "gui/session/flights.hpp"
#include "tests/gui/one_run.hpp"

namespace flowtank::gui {

namespace {

struct Played {
  OneRun run;
  Stage stage;
  explicit Played(const std::string& file, JobKind kind = JobKind::run, std::vector<std::string> overrides = {}) : run(file, kind, std::move(overrides)) {
    REQUIRE(run.result.snapshot != nullptr);
    stage.show(run.result.snapshot);
    stage.to_first();
  }
  Player& player() { return stage.player(); }
};

}  // namespace

TEST_CASE("player.where_it_is_depends_on_the_time_and_not_on_how_often_it_moved") {
  Played often(scenario("faults/duplicate.json")), seldom(scenario("faults/duplicate.json"));
  often.player().set_speed(16);
  seldom.player().set_speed(16);
  often.player().play();
  seldom.player().play();
  for (int i = 0; i < 300; ++i) often.player().advance(0.01);
  for (int i = 0; i < 3; ++i) seldom.player().advance(1);
  CHECK(often.stage.record() == seldom.stage.record());
  CHECK(often.stage.record() > 20);
  CHECK(std::abs(often.player().position() - seldom.player().position()) <= 1000);
}

TEST_CASE("player.goes_forward_only_and_stops_at_the_end") {
  Played played(scenario("faults/duplicate-control.json"));
  QSignalSpy changed(&played.player(), &Player::playing_changed);
  played.player().set_speed(1024);
  played.player().play();
  CHECK(played.player().playing());
  std::int64_t before = -1;
  for (int i = 0; i < 3000 && played.player().playing(); ++i) {
    CHECK(played.player().position() >= before);
    before = played.player().position();
    played.player().advance(0.02);
  }
  CHECK_FALSE(played.player().playing());
  CHECK(changed.size() == 2);
  // Nothing that is drawn comes after it.
  const RecordId end = played.stage.record();
  CHECK_FALSE(played.stage.step(1));
  // One step back in the history leads to where it began.
  played.stage.focus().back();
  CHECK(played.stage.record() == 0);
  // And from the end it begins again.
  played.stage.focus().set_record(end);
  played.player().play();
  CHECK(played.stage.record() == 0);
}

TEST_CASE("player.stops_at_violations_and_if_asked_at_faults") {
  Played played(scenario("faults/duplicate.json"));
  const TraceIndex& index = played.stage.run()->index();
  played.player().set_speed(16384);
  played.player().set_stops_at_faults(true);
  played.player().play();
  for (int i = 0; i < 200 && played.player().playing(); ++i) played.player().advance(0.25);
  CHECK(played.stage.record() == index.faults().front());
  played.player().set_stops_at_faults(false);
  played.player().play();
  for (int i = 0; i < 200 && played.player().playing(); ++i) played.player().advance(0.25);
  CHECK(played.stage.record() == index.violations().front());
}

TEST_CASE("player.whoever_goes_elsewhere_takes_the_playhead_along_and_another_run_stops_it") {
  Played played(scenario("faults/duplicate.json"));
  played.player().play();
  played.player().advance(0.1);
  const RecordId to = static_cast<RecordId>(played.stage.run()->size() / 2);
  played.stage.focus().set_record(to);
  CHECK(played.player().playing());
  CHECK(played.player().position() == played.stage.run()->index().position(to));
  played.player().advance(0.5);
  CHECK(played.stage.record() >= to);
  const OneRun other(scenario("faults/duplicate-control.json"));
  played.stage.show(other.result.snapshot);
  CHECK_FALSE(played.player().playing());
}

TEST_CASE("player.quiet_times_are_hurried_through") {
  // One request, then another a minute later.
  Played played(scenario("faults/duplicate.json"), JobKind::run, {"clients.shoppers.count=2", "clients.shoppers.arrivals={\"every_ms\":50000}"});
  played.player().set_speed(16);
  played.player().play();
  double seconds = 0;
  for (; seconds < 600 && played.player().playing(); seconds += 0.1) played.player().advance(0.1);
  CHECK(seconds < 120);
}

TEST_CASE("flights.every_message_is_on_its_way_from_its_sending_to_its_arrival_and_nowhere_else") {
  const OneRun run(scenario("faults/duplicate.json"), JobKind::run, {"clients.shoppers.count=8"});
  Diagnostics diagnostics;
  const auto reader = RunReader::open(run.snapshot().runs[0], diagnostics);
  REQUIRE(reader != nullptr);
  const TraceIndex& index = reader->index();
  // By hand: each arrival with its cause.
  std::size_t second_copies = 0;
  std::map<std::pair<RecordId, RecordId>, double> shares;
  for (RecordId at = 0; at < reader->size(); ++at) {
    const std::int64_t now = index.position(at);
    std::set<std::pair<RecordId, RecordId>> expected;
    for (RecordId id = at + 1; id < reader->size(); ++id) {
      const RecordKind kind = index.kind(id);
      if (kind != RecordKind::command_received && kind != RecordKind::command_answered && kind != RecordKind::accepted && kind != RecordKind::delivered && kind != RecordKind::lost && kind != RecordKind::effect) continue;
      const RecordId parent = reader->raw(id).parent;
      if (parent <= at) expected.insert({parent, id});
    }
    std::set<std::pair<RecordId, RecordId>> found;
    for (const Flight& flight : flights_at(*reader, at, now)) {
      found.insert({flight.from, flight.to});
      CHECK(flight.begin <= now);
      CHECK(flight.end >= now);
      // Of two moments on the way of one message the later one is farther.
      double& before = shares[{flight.from, flight.to}];
      CHECK(flight.share >= before);
      CHECK(flight.share <= 1);
      before = flight.share;
      second_copies += flight.struck ? 1 : 0;
    }
    CHECK(found == expected);
  }
  CHECK(second_copies > 0);
}

TEST_CASE("tokens.move_along_their_link_as_time_goes_on") {
  const OneRun run(scenario("faults/duplicate.json"));
  Diagnostics diagnostics;
  const auto reader = RunReader::open(run.snapshot().runs[0], diagnostics);
  REQUIRE(reader != nullptr);
  const auto plan = plan_of(run.snapshot(), reader.get());
  const RecordId fault = reader->index().faults().front();
  // The second copy flies from the fault to its delivery.
  const std::int64_t begin = reader->index().position(fault);
  const auto flights = flights_at(*reader, fault, begin);
  const auto copy = std::find_if(flights.begin(), flights.end(), [](const Flight& f) { return f.struck; });
  REQUIRE(copy != flights.end());
  std::vector<double> travelled;
  QPointF first;
  for (const double share : {0.0, 0.25, 0.5, 0.9}) {
    const auto position = copy->begin + static_cast<std::int64_t>(share * static_cast<double>(copy->end - copy->begin));
    // The record just before that moment.
    RecordId at = fault;
    while (at + 1 < reader->size() && reader->index().position(at + 1) <= position) ++at;
    DisplayList list;
    draw_tokens(list, *plan, *reader, at, position);
    const auto symbol = std::find_if(list.items.begin(), list.items.end(), [](const Item& item) { return item.kind == Item::Kind::symbol && item.symbol == Symbol::duplicate; });
    REQUIRE(symbol != list.items.end());
    const QPointF centre = symbol->rect.center();
    if (travelled.empty()) first = centre;
    travelled.push_back(std::hypot(centre.x() - first.x(), centre.y() - first.y()));
    CHECK(list.description.contains(QStringLiteral("on the way")));
    CHECK(std::any_of(list.hits.begin(), list.hits.end(), [](const Hit& hit) { return hit.tip.contains(QStringLiteral("second copy")); }));
  }
  CHECK(std::is_sorted(travelled.begin(), travelled.end()));
  CHECK(travelled.back() > 20);
  // It begins at its channel and ends at its service.
  int edge = -1;
  for (std::size_t e = 0; e < plan->edges.size(); ++e) {
    if (plan->nodes[plan->edges[e].from].name == QStringLiteral("orders") && plan->nodes[plan->edges[e].to].name == QStringLiteral("payment")) edge = static_cast<int>(e);
  }
  REQUIRE(edge >= 0);
  const auto near = [](QPointF point, const QRectF& rect) { return rect.adjusted(-1, -1, 1, 1).contains(point); };
  CHECK(near(plan->point_on(static_cast<std::size_t>(edge), 0), plan->rect(plan->edges[static_cast<std::size_t>(edge)].from)));
  CHECK(near(plan->point_on(static_cast<std::size_t>(edge), 1), plan->rect(plan->edges[static_cast<std::size_t>(edge)].to)));
}

TEST_CASE("tokens.of_many_messages_on_one_link_only_their_number_is_drawn") {
  // Half a second of a slow channel at a thousand requests a second.
  const OneRun run(scenario("faults/duplicate.json"), JobKind::run,
                   {"clients.shoppers.count=500", "clients.shoppers.arrivals={\"every_ms\":1}",
                    "faults=[{\"name\":\"dup\",\"kind\":\"delay\",\"on\":{\"channel\":\"orders\"},\"delay\":{\"constant_ms\":400},\"probability\":1}]"});
  REQUIRE(run.result.snapshot != nullptr);
  Diagnostics diagnostics;
  const auto reader = RunReader::open(run.snapshot().runs[0], diagnostics);
  REQUIRE(reader != nullptr);
  const auto plan = plan_of(run.snapshot(), reader.get());
  RecordId most_at = 0;
  std::size_t most = 0;
  for (RecordId at = 0; at < reader->size(); at += 97) {
    const std::size_t now = flights_at(*reader, at, reader->index().position(at)).size();
    if (now > most) most_at = at, most = now;
  }
  INFO(most << " at " << most_at);
  REQUIRE(most > 5 * most_tokens);
  DisplayList list;
  draw_tokens(list, *plan, *reader, most_at, reader->index().position(most_at));
  CHECK(list.items.size() <= plan->edges.size() * 2 * most_tokens * 2);
  CHECK(std::any_of(list.hits.begin(), list.hits.end(), [](const Hit& hit) { return hit.tip.contains(QStringLiteral("messages are on their way here")); }));
  // The same moment gives the same picture.
  DisplayList again;
  draw_tokens(again, *plan, *reader, most_at, reader->index().position(most_at));
  CHECK(to_text(again) == to_text(list));
}

}  // namespace flowtank::gui
