// SPDX-License-Identifier: Apache-2.0
// Sessions and arrivals of clients, from scenario texts: when things arrive, what draws belong to, what a session
// waits for, how it asks again and gives up, and that its state is as small as what can still happen.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/observer.hpp>

#include "tests/world/all_states.hpp"

namespace flowtank::test {
namespace {

// A keeper of values: Put stores and answers with a version; Get answers with what is there, or refuses below at_least.
const std::string keeper = R"j({ "flowtank": 1, "name": "keeper",
  "commands": { "Put": { "key": "k", "fields": { "k": "string", "v": "any" } }, "Get": { "key": "k", "fields": { "k": "string", "at_least": "int" } },
                "Refuse": { "key": "k", "fields": { "k": "string" } } },
  "tables": { "values": { "key": "k", "columns": { "k": "string", "v": "any", "version": "int" } } },
  "handlers": {
    "put": { "on": "Put", "steps": [ { "transaction": [
        { "insert": "values", "row": { "k": "=command.data.k", "v": null, "version": 0 }, "on_conflict": "ignore" },
        { "update": "values", "key": "=command.data.k", "set": { "v": "=command.data.v" }, "add": { "version": 1 } },
        { "let": { "version": "=db.values[command.data.k].version" } } ], "isolation": "serializable" },
      { "reply": { "version": "=version" } } ] },
    "get": { "on": "Get", "steps": [
      { "let": { "version": "=command.data.k in db.values ? db.values[command.data.k].version : 0" } },
      { "if": "command.data.at_least != null && version < command.data.at_least", "then": [ { "reply": null, "ok": false }, { "stop": true } ] },
      { "reply": { "version": "=version" } } ] },
    "refuse": { "on": "Refuse", "steps": [ { "reply": null, "ok": false } ] } } })j";

Scenario load(const std::string& clients, const std::map<std::string, std::string>& more = {}) {
  std::map<std::string, std::string> files = more;
  files["keeper.json"] = keeper;
  files["s.json"] = R"j({ "flowtank": 1, "title": "t", "services": { "a": { "use": "keeper" }, "b": { "use": "keeper" } }, "clients": )j" + clients + "}";
  LoadOptions options;
  options.files = &files;
  Diagnostics diagnostics;
  auto scenario = load_scenario("s.json", options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.file << ":" << d.range.line << " " << d.code << " " << d.message);
  REQUIRE(scenario);
  return std::move(*scenario);
}

// What observers are told, as texts.
class Log final : public Observer {
 public:
  std::vector<std::string> lines;
  void session_asks(World& world, const SessionEvent& e) override { note(world, "asks", e); }
  void session_told(World& world, const SessionEvent& e) override { note(world, "told", e); }
  void session_over(World&, std::uint32_t, std::uint32_t session) override { lines.push_back(fmt::format("{} over", session)); }

 private:
  void note(World& world, const char* what, const SessionEvent& e) {
    const auto& step = world.system().clients[e.client].script[e.step];
    lines.push_back(fmt::format("{} {} {} {} {}", e.session, what, step.name, to_text(world.pool().value(e.key)),
                                e.version == absent_word ? "-" : to_text(world.pool().value(e.version))));
  }
};

struct Run {
  Scenario scenario;
  std::unique_ptr<World> world;
  Log log;
  Trace trace;

  Run(Scenario loaded, Mode mode, std::uint64_t seed = 1) : scenario(std::move(loaded)) {
    Diagnostics diagnostics;
    world = std::make_unique<World>(*scenario.system, create_brokers(*scenario.system, shipped_brokers(), diagnostics), mode);
    world->add_observer(&log);
    world->reset(seed);
    if (mode == Mode::timed) world->record_into(&trace);
  }
  void to_the_end() {
    while (world->advance(Time::never())) {}
  }
  // When each client's commands were sent, in milliseconds.
  std::map<std::string, std::vector<double>> sent() {
    to_the_end();
    std::map<std::string, std::vector<double>> times;
    for (const Record& r : trace) {
      if (r.kind != RecordKind::command_sent || r.place >= scenario.system->clients.size()) continue;
      times[scenario.system->clients[r.place].name].push_back(static_cast<double>(r.time.nanoseconds()) / 1e6);
    }
    return times;
  }
};

std::vector<double> arrivals(const std::string& how, std::uint64_t count, const std::map<std::string, std::string>& files = {}) {
  return Run(load(fmt::format(R"j({{ "c": {{ "sends": "Put", "to": "a", "count": {}, "arrivals": {}, "start_ms": 7, "data": {{ "k": "k" }} }} }})j", count, how), files),
             Mode::timed).sent()["c"];
}

double mean_gap(const std::vector<double>& times) { return (times.back() - times.front()) / static_cast<double>(times.size() - 1); }

}  // namespace

// ---- arrivals --------------------------------------------------------------------------------------------

TEST_CASE("arrivals.come_in_bursts") {
  CHECK(arrivals(R"j({ "bursts": { "size": 3, "every_ms": 50 } })j", 7) == std::vector<double>{7, 7, 7, 57, 57, 57, 107});
}

TEST_CASE("arrivals.have_gaps_of_any_distribution") {
  CHECK(arrivals(R"j({ "gaps": { "constant_ms": 4 } })j", 4) == std::vector<double>{7, 11, 15, 19});
  const auto times = arrivals(R"j({ "gaps": { "uniform_ms": [10, 30] } })j", 2000);
  for (std::size_t i = 1; i < times.size(); ++i) {
    const double gap = times[i] - times[i - 1];
    CHECK((gap >= 10 && gap <= 30));
  }
  CHECK(mean_gap(times) == Approx(20).margin(0.5));
}

TEST_CASE("arrivals.follow_a_profile") {
  // 10 a second for 10 s, nothing for 10 s, 100 a second from then on.
  const auto times = arrivals(R"j({ "profile": [[0, 10], [10, 0], [20, 100]] })j", 3000);
  const auto between = [&](double from, double until) {
    return std::count_if(times.begin(), times.end(), [&](double t) { return t - 7 >= from && t - 7 < until; });
  };
  CHECK(between(0, 10'000) == Approx(100).margin(40));  // 4 standard deviations
  CHECK(between(10'000, 20'000) == 0);
  CHECK(between(20'000, 40'000) == Approx(2000).margin(180));
  CHECK(times.size() == 3000);
  // A profile that ends at zero ends the arrivals.
  CHECK(arrivals(R"j({ "profile": [[0, 100], [1, 0]] })j", 3000).size() < 200);
}

TEST_CASE("arrivals.are_read_from_a_file") {
  const std::string clients = R"j({ "c": { "sends": "Put", "to": "a", "arrivals": { "file": "data/x.csv" }, "data": { "k": "=recorded.who", "v": "=recorded.what" } } })j";
  Run run(load(clients, {{"data/x.csv", "who,time_ms,what\r\nann,0.5,1\r\n\"b,o\"\"b\",3,\r\n\ncid,3,yes\n"}}), Mode::timed);
  CHECK(run.sent()["c"] == std::vector<double>{0.5, 3, 3});
  std::vector<std::string> messages;
  for (const Record& r : run.trace) {
    if (r.kind == RecordKind::command_sent) messages.push_back(to_text(run.world->pool().value(r.subject).items()[field_data]));
  }
  REQUIRE(messages.size() == 3);
  CHECK(messages[0].find("ann") != std::string::npos);
  CHECK(messages[0].find('1') != std::string::npos);
  CHECK(messages[1].find("b,o") != std::string::npos);
  CHECK(messages[1].find("null") != std::string::npos);
  const std::string lines = R"j({ "c": { "sends": "Put", "to": "a", "arrivals": { "file": "x.jsonl" }, "data": { "k": "=recorded.who" } } })j";
  CHECK(Run(load(lines, {{"x.jsonl", "{\"time\": \"2ms\", \"who\": \"ann\"}\n{\"time\": \"1s\", \"who\": \"bob\"}\n"}}), Mode::timed).sent()["c"] ==
        std::vector<double>{2, 1000});
}

TEST_CASE("arrivals.of_users_wait_for_their_answers") {
  const std::string clients = R"j({ "c": { "sends": "Put", "to": "a", "count": 6, "arrivals": { "users": 2, "think": { "constant_ms": 10 } }, "data": { "k": "=string(n)" } } })j";
  CHECK(Run(load(clients), Mode::timed).sent()["c"] == std::vector<double>{10, 10, 20, 20, 30, 30});
  // One that never gets an answer asks only once.
  const std::string refused = R"j({ "c": { "count": 4, "arrivals": { "users": 2, "think": 10 }, "does": [ { "send": "Refuse", "to": "a", "data": { "k": "=string(n)" }, "retry": { "attempts": 0, "timeout_ms": 1000000 } } ] } })j";
  Run run(load(refused), Mode::timed);
  while (run.world->advance(Time(100'000'000))) {}
  CHECK(run.log.lines == std::vector<std::string>{"0 asks Refuse 0 -", "1 asks Refuse 1 -"});
}

TEST_CASE("arrivals.removing_a_client_changes_no_other") {
  const std::vector<std::string> clients{
      R"j("poisson": { "sends": "Put", "to": "a", "count": 50, "arrivals": { "poisson_per_s": 100 }, "data": { "k": "=string(n)" } })j",
      R"j("users": { "sends": "Put", "to": "b", "count": 50, "arrivals": { "users": 3, "think": { "exponential_ms": 10 } }, "data": { "k": "=string(n)" } })j",
      R"j("profile": { "sends": "Put", "to": "a", "count": 50, "arrivals": { "profile": [[0, 50], [1, 200]] }, "data": { "k": "=string(n)" } })j",
      R"j("talkers": { "sessions": 20, "arrivals": { "gaps": { "exponential_ms": 5 } }, "does": [ { "wait": { "uniform_ms": [1, 9] } }, { "send": "Put", "to": ["a", "b"], "data": { "k": "=string(session)" } }, { "wait": { "exponential_ms": 3 } }, { "read": { "from": ["a", "b"], "query": "Get", "key": "x" } } ] })j"};
  const auto times_of = [&](std::size_t left_out) {
    std::string all;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (i != left_out) all += (all.empty() ? "" : ", ") + clients[i];
    }
    return Run(load("{" + all + "}"), Mode::timed, 5).sent();
  };
  const auto all = times_of(clients.size());
  REQUIRE(all.size() == clients.size());
  for (std::size_t gone = 0; gone < clients.size(); ++gone) {
    const auto rest = times_of(gone);
    CHECK(rest.size() == clients.size() - 1);
    for (const auto& [name, times] : rest) {
      INFO(name << " without client " << gone);
      CHECK(times == all.at(name));
    }
  }
}

// ---- sessions --------------------------------------------------------------------------------------------

namespace {

const std::string put_and_get = R"j({ "c": { "sessions": 1, "does": [
  { "send": "Put", "to": "a", "data": { "k": "='k' + string(session)", "v": 1 }, "as": "put" },
  { "read": { "from": "a", "query": "Get", "key": "='k' + string(session)", "with": { "at_least": "=put.version" } }, "as": "got" },
  { "read": { "from": "a", "table": "values", "key": "='k' + string(session)", "with": { "at_least": "=got.version" } } } ] } })j";

}  // namespace

TEST_CASE("session.steps_follow_each_other_and_use_earlier_answers") {
  Run run(load(put_and_get), Mode::timed);
  run.to_the_end();
  CHECK(run.log.lines == std::vector<std::string>{"0 asks put k0 -", "0 told put k0 1", "0 asks got k0 -", "0 told got k0 1", "0 asks values k0 -",
                                                  "0 told values k0 1", "0 over"} );
  std::size_t reads = 0;
  for (const Record& r : run.trace) reads += r.kind == RecordKind::client_read ? 1U : 0U;
  CHECK(reads == 2);
}

TEST_CASE("session.a_row_that_is_not_there_has_version_zero") {
  Run run(load(R"j({ "c": { "sessions": 1, "does": [ { "read": { "from": "a", "table": "values", "key": "x" } } ] } })j"), Mode::timed);
  run.to_the_end();
  CHECK(run.log.lines == std::vector<std::string>{"0 asks values x -", "0 told values x 0", "0 over"});
}

TEST_CASE("session.a_server_waits_for_the_version_asked_for") {
  const std::string clients = R"j({
    "readers": { "sessions": 1, "does": [ { "read": { "from": "a", "table": "values", "key": "x", "with": { "at_least": 2 } } } ] },
    "writers": { "sends": "Put", "to": "a", "count": 3, "arrivals": { "every_ms": 10 }, "data": { "k": "x" } } })j";
  Run run(load(clients), Mode::timed);
  run.to_the_end();
  CHECK(run.log.lines == std::vector<std::string>{"0 asks values x -", "0 told values x 2", "0 over"});
  // Without time: it can read only then, and then it can.
  Run explored(load(clients), Mode::explore);
  std::set<std::string> versions;
  visit_all_states(*explored.world, [&](const std::vector<Action>& actions) {
    for (const Action& action : actions) {
      if (action.kind != ActionKind::client_send || action.a != 0) continue;
      const World::Mark mark = explored.world->mark();
      explored.world->apply(action);
      versions.insert(explored.log.lines.at(explored.log.lines.size() - 2));
      explored.world->undo(mark);
    }
    return true;
  });
  CHECK(versions == std::set<std::string>{"0 told values x 2", "0 told values x 3"});
}

TEST_CASE("session.asks_again_when_refused_and_gives_up_after_its_attempts") {
  const auto lines_of = [](const std::string& retry) {
    Run run(load(R"j({ "c": { "sessions": 1, "does": [ { "send": "Refuse", "to": "a", "data": { "k": "x" })j" + retry +
                 R"j( }, { "read": { "from": "a", "table": "values", "key": "x" } } ] } })j"), Mode::timed);
    std::size_t sent = 0;
    run.to_the_end();
    for (const Record& r : run.trace) sent += r.kind == RecordKind::command_received ? 1U : 0U;
    run.log.lines.push_back(fmt::format("sent {} times", sent));
    return run.log.lines;
  };
  CHECK(lines_of("") == std::vector<std::string>{"0 asks Refuse x -", "0 over", "sent 1 times"});
  CHECK(lines_of(R"j(, "retry": { "attempts": 3, "timeout_ms": 5 })j") == std::vector<std::string>{"0 asks Refuse x -", "0 over", "sent 3 times"});
  CHECK(lines_of(R"j(, "retry": { "attempts": 3 })j") == std::vector<std::string>{"0 asks Refuse x -", "0 over", "sent 3 times"});
}

TEST_CASE("session.a_refused_query_is_asked_again_until_it_is_served") {
  const std::string clients = R"j({
    "readers": { "sessions": 1, "does": [ { "read": { "from": "a", "query": "Get", "key": "x", "with": { "at_least": 1 } }, "retry": { "attempts": 0, "timeout_ms": 4 } } ] },
    "writers": { "sends": "Put", "to": "a", "start_ms": 10, "data": { "k": "x" } } })j";
  Run run(load(clients), Mode::timed);
  run.to_the_end();
  CHECK(run.log.lines == std::vector<std::string>{"0 asks Get x -", "0 told Get x 1", "0 over"});
  // Without limit all attempts are one state: the exploration ends.
  Run explored(load(clients), Mode::explore);
  std::size_t states = 0;
  visit_all_states(*explored.world, [&](const std::vector<Action>&) { return ++states < 10'000; });
  CHECK(states < 200);
}

TEST_CASE("session.reads_go_to_any_replica_unless_they_stick_to_one") {
  const auto pairs_of = [](const std::string& sticky) {
    Run run(load(R"j({ "c": { "sessions": 1, "does": [ { "read": { "from": ["a", "b"], "table": "values", "key": "x")j" + sticky + R"j( } }, { "read": { "from": ["a", "b"], "table": "values", "key": "x")j" +
                 sticky + R"j( } } ] } })j"), Mode::explore);
    std::set<std::string> ways;
    std::vector<std::string> way;
    visit_all_states(*run.world, [&](const std::vector<Action>& actions) {
      for (const Action& action : actions) ways.insert(run.world->describe(action));
      return true;
    });
    return ways;
  };
  CHECK(pairs_of("").size() == 4);
  // The second read has one way in each of two states, so all four are still seen, but no state offers two.
  Run run(load(R"j({ "c": { "sessions": 1, "does": [ { "read": { "from": ["a", "b"], "table": "values", "key": "x", "sticky": true } }, { "read": { "from": ["a", "b"], "table": "values", "key": "x", "sticky": true } } ] } })j"), Mode::explore);
  std::vector<Action> first, second;
  run.world->enabled(first);
  REQUIRE(first.size() == 2);
  run.world->apply(first[1]);
  run.world->enabled(second);
  REQUIRE(second.size() == 1);
  CHECK(second[0].choice == first[1].choice);
  // Its replica fails: it looks for another one.
  run.world->runs().crash(*run.world, run.world->runs().first_instance(1));
  second.clear();
  run.world->enabled(second);
  CHECK(second.size() == 2);
}

TEST_CASE("session.what_is_over_leaves_only_its_position") {
  // Whatever the order in which two sessions end, and whatever they have seen: one final state.
  const std::string clients = R"j({ "c": { "sessions": 2, "does": [
    { "read": { "from": "a", "table": "values", "key": "x" }, "as": "first" },
    { "send": "Put", "to": "a", "data": { "k": "x", "v": 1 }, "as": "put" },
    { "read": { "from": "a", "table": "values", "key": "x" }, "as": "second", "version": "=answer.version + (first == null ? 0 : 0) + (put == null ? 0 : 0)" } ] } })j";
  Run run(load(clients), Mode::explore);
  std::set<std::pair<std::uint64_t, std::uint64_t>> ends;
  std::size_t states = 0;
  visit_all_states(*run.world, [&](const std::vector<Action>& actions) {
    ++states;
    if (actions.empty()) ends.emplace(static_cast<std::uint64_t>(run.world->fingerprint() >> 64), static_cast<std::uint64_t>(run.world->fingerprint()));
    CHECK(run.world->recompute_fingerprint() == run.world->fingerprint());
    return true;
  });
  CHECK(states > 20);
  CHECK(ends.size() == 1);
}

TEST_CASE("session.actions_have_different_descriptions") {
  Run run(load(R"j({ "c": { "sessions": 2, "does": [ { "send": "Put", "to": ["a", "b"], "data": { "k": "x" }, "retry": { "attempts": 2, "timeout_ms": 5 } }, { "read": { "from": ["a", "b"], "query": "Get", "key": "x" } } ] } })j"),
          Mode::explore);
  visit_all_states(*run.world, [&](const std::vector<Action>& actions) {
    // Two copies of one request under way may read the same (a log counts them); what a session does next may not.
    std::set<std::string> names;
    std::size_t of_sessions = 0;
    for (const Action& action : actions) {
      if (action.kind != ActionKind::client_send && action.kind != ActionKind::client_retry) continue;
      ++of_sessions;
      names.insert(run.world->describe(action));
    }
    CHECK(names.size() == of_sessions);
    return true;
  });
}

}  // namespace flowtank::test
