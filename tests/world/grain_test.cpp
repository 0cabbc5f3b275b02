// SPDX-License-Identifier: Apache-2.0
// How much one action is: atomic handlers, publishes that take effect at once, and bags. Each makes fewer states, so each is held
// here to what it leaves out, to what it must not leave out, and to the timed run.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>

#include <models/brokers/registry.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/world.hpp>

#include "tests/world/all_states.hpp"

namespace flowtank {
namespace {

// One service that does, for each command, two things and tells of the first in between; another that notes what it is told.
// Single quotes stand for double ones.
class Grain {
 public:
  Grain(const std::string& channel, const std::string& atomic, const std::string& faults, const std::string& steps = usual_steps, int count = 1) {
    std::string model = R"({ 'flowtank': 1,
      'commands': { 'Do': { 'key': 'id', 'fields': { 'id': 'int' } } },
      'events': { 'Did': { 'channel': 'told', 'key': 'key', 'fields': { 'key': 'int', 'id': 'int' } } },
      'tables': { 'first': { 'key': 'id', 'columns': { 'id': 'int' } }, 'second': { 'key': 'id', 'columns': { 'id': 'int' } } },
      'handlers': { 'do': { 'on': 'Do', )" + atomic + R"( 'steps': [ )" + steps + R"( ] } } })";
    std::string notes = R"({ 'flowtank': 1,
      'events': { 'Did': { 'channel': 'told', 'key': 'key', 'fields': { 'key': 'int', 'id': 'int' } } },
      'tables': { 'seen': { 'key': 'place', 'columns': { 'place': 'int', 'id': 'int' } } },
      'handlers': { 'note': { 'on': 'Did', 'steps': [ { 'insert': 'seen', 'row': { 'place': '=size(db.seen)', 'id': '=event.data.id' } } ] } } })";
    std::string scenario = R"({ 'flowtank': 1, 'title': 'grain', 'brokers': { 'bus': { 'kind': 'ideal', 'channels': { 'told': { )" + channel + R"( } } } },
      'services': { 'doer': { 'use': 'doer' }, 'notes': { 'use': 'notes' } },
      'clients': { 'users': { 'sends': 'Do', 'to': 'doer', 'count': )" + std::to_string(count) + R"(, 'data': { 'id': '=n' } } },
      'faults': [ )" + faults + " ] }";
    for (std::string* text : {&model, &notes, &scenario}) std::replace(text->begin(), text->end(), '\'', '"');
    const std::map<std::string, std::string> files = {{"s.json", scenario}, {"doer.json", model}, {"notes.json", notes}};
    LoadOptions options;
    options.files = &files;
    loaded_ = load_scenario("s.json", options, diagnostics_);
    if (loaded_) brokers_ = create_brokers(*loaded_->system, shipped_brokers(), diagnostics_);
  }

  static constexpr const char* usual_steps =
      "{ 'insert': 'first', 'row': { 'id': '=command.data.id' }, 'label': 'one' },"
      "{ 'publish': 'Did', 'data': { 'key': 0, 'id': '=command.data.id' }, 'label': 'tell' },"
      "{ 'insert': 'second', 'row': { 'id': '=command.data.id' }, 'label': 'two' }";

  bool ok() const { return diagnostics_.ok(); }
  bool says(const std::string& code) const {
    return std::any_of(diagnostics_.all().begin(), diagnostics_.all().end(), [&](const Diagnostic& d) { return d.code == code; });
  }
  std::unique_ptr<World> make(Mode mode) {
    for (const Diagnostic& d : diagnostics_.all()) UNSCOPED_INFO(d.code << " " << d.message);
    REQUIRE(ok());
    Diagnostics none_wrong;
    return std::make_unique<World>(*loaded_->system, create_brokers(*loaded_->system, shipped_brokers(), none_wrong), mode);
  }
  // Which ends there are; what kinds of actions were enabled anywhere.
  std::set<std::string> ends() {
    const auto world = make(Mode::explore);
    std::set<std::string> found;
    states_ = 0;
    test::visit_all_states(*world, [&](const std::vector<Action>& actions) {
      ++states_;
      REQUIRE(world->recompute_fingerprint() == world->fingerprint());
      for (const Action& action : actions) kinds_.insert(action.kind);
      if (world->quiescent()) found.insert(text(*world));
      return true;
    });
    return found;
  }
  std::string end() {
    const auto world = make(Mode::timed);
    while (world->advance(Time::start() + s(10))) {
    }
    return text(*world);
  }
  bool ever(ActionKind kind) const { return kinds_.count(kind) != 0; }
  std::size_t states() const { return states_; }

 private:
  // "first 1 second 1 seen 0 1": how many rows, and what was seen in which order.
  static std::string text(const World& world) {
    std::string out;
    for (std::uint32_t t = 0; t < world.system().tables.size(); ++t) {
      const Table& table = world.system().tables[t];
      if (table.role == TableRole::observation) continue;
      std::vector<Cell> rows;
      world.store().scan(t, rows);
      std::vector<std::string> texts;
      for (const Cell row : rows) {
        std::string one;
        for (std::uint32_t c = 0; c < table.columns.size(); ++c) one += to_text(world.pool().value(world.store().column(row, c))) + (c + 1 == table.columns.size() ? "" : ":");
        texts.push_back(one);
      }
      std::sort(texts.begin(), texts.end());
      out += table.name + "(";
      for (const std::string& one : texts) out += one + " ";
      out += ") ";
    }
    return out;
  }

  Diagnostics diagnostics_;
  std::optional<Scenario> loaded_;
  std::vector<std::unique_ptr<Broker>> brokers_;
  std::set<ActionKind> kinds_;
  std::size_t states_ = 0;
};

const std::string crash = "{ 'name': 'crash', 'kind': 'crash', 'at': 'any_step', 'on': { 'service': 'doer' }, 'budget': 1 }";
const std::string at_once = "'publish': 'at_once'";
const std::string atomic = "'atomic': true,";

TEST_CASE("grain.an_atomic_handler_is_one_action") {
  Grain steps(at_once, "", "");
  Grain whole(at_once, atomic, "");
  CHECK(steps.ends() == whole.ends());
  CHECK(whole.states() < steps.states());
  // Sent, done and told, noted and that run over: the doer never stands between two steps.
  CHECK_FALSE(whole.ends().empty());
  CHECK(whole.end() == *whole.ends().begin());
  CHECK(steps.end() == whole.end());
}

TEST_CASE("grain.a_crash_strikes_between_steps_and_not_in_an_atomic_handler") {
  Grain steps(at_once, "", crash);
  CHECK(steps.ends().size() > 1);  // only the first row is there, or nothing
  CHECK(steps.ever(ActionKind::fault_crash));
  Grain whole(at_once, atomic, crash);
  CHECK(whole.ends().size() == 1);
  CHECK_FALSE(whole.ever(ActionKind::fault_crash));
}

TEST_CASE("grain.an_atomic_handler_stops_where_it_must_wait") {
  // The publish is remote: it leaves, takes effect and is answered as ever, and a crash strikes in between.
  Grain whole("", atomic, crash);
  const auto ends = whole.ends();
  CHECK(whole.ever(ActionKind::request_effect));
  CHECK(whole.ever(ActionKind::answer));
  CHECK(whole.ever(ActionKind::orphan_effect));
  CHECK(whole.ever(ActionKind::fault_crash));
  CHECK(ends.size() == 2);  // both rows, or the first and what was told of it
}

TEST_CASE("grain.the_environment_chooses_inside_an_atomic_handler") {
  Grain whole(at_once, atomic, "", "{ 'choose': 'x', 'from': [1, 2] }, { 'insert': 'first', 'row': { 'id': '=x' } }");
  CHECK(whole.ends().size() == 2);
}

TEST_CASE("grain.a_publish_at_once_is_never_on_the_way") {
  Grain remote("", "", crash);
  const auto all = remote.ends();
  CHECK(remote.ever(ActionKind::orphan_effect));
  Grain now(at_once, "", crash);
  const auto some = now.ends();
  CHECK_FALSE(now.ever(ActionKind::request_effect));
  CHECK_FALSE(now.ever(ActionKind::answer));
  CHECK_FALSE(now.ever(ActionKind::orphan_effect));
  CHECK(now.states() < remote.states());
  for (const std::string& end : some) CHECK(all.count(end) == 1);
  CHECK(now.end() == remote.end());
}

TEST_CASE("grain.a_publish_that_nobody_waits_for_takes_effect_at_once_too") {
  const std::string steps = "{ 'publish': 'Did', 'data': { 'key': 0, 'id': '=command.data.id' }, 'confirm': false }";
  Grain remote("", "", "", steps);
  Grain now(at_once, "", "", steps);
  CHECK(now.ends() == remote.ends());
  CHECK(remote.ever(ActionKind::orphan_effect));
  CHECK_FALSE(now.ever(ActionKind::orphan_effect));
}

TEST_CASE("grain.a_bag_hands_out_copies_of_one_key_in_any_order") {
  // One command publishes 1 and 2 with the same key.
  const std::string steps =
      "{ 'publish': 'Did', 'data': { 'key': 0, 'id': 1 } }, { 'publish': 'Did', 'data': { 'key': 0, 'id': 2 } }";
  Grain queue(at_once, "", "", steps);
  CHECK(queue.ends().size() == 1);
  Grain bag(at_once + ", 'order': 'none'", "", "", steps);
  CHECK(bag.ends().size() == 2);
  for (const std::string& end : queue.ends()) CHECK(bag.ends().count(end) == 1);
  CHECK(bag.ends().count(bag.end()) == 1);
}

TEST_CASE("grain.a_bag_takes_back_what_a_crashed_run_held") {
  const std::string fault = "{ 'name': 'crash', 'kind': 'crash', 'at': 'any_step', 'on': { 'service': 'notes' }, 'budget': 2 }";
  Grain bag(at_once + ", 'order': 'none'", atomic, fault, Grain::usual_steps, 2);
  const auto ends = bag.ends();
  CHECK(bag.ever(ActionKind::fault_crash));
  for (const std::string& end : ends) CHECK(end.find("seen()") == std::string::npos);
}

// One old read strikes one read, also where the next one belongs to the same action.
TEST_CASE("grain.an_old_read_strikes_one_read_of_an_atomic_run") {
  const std::string steps =
      "{ 'insert': 'first', 'row': { 'id': 1 } }, { 'publish': 'Did', 'data': { 'key': 0, 'id': 1 } }, { 'let': { 'a': '=size(db.first)' } },"
      "{ 'let': { 'b': '=size(db.first)' } }, { 'insert': 'second', 'row': { 'id': '=a * 10 + b' } }";
  const std::string stale = "{ 'name': 'old', 'kind': 'stale_read', 'on': { 'service': 'doer' }, 'budget': 1 }";
  for (const std::string& grain : {std::string(), atomic}) {
    Grain reads("", grain, stale, steps);
    std::set<std::string> seconds;
    for (const std::string& end : reads.ends()) seconds.insert(end.substr(end.find("second("), end.find(" )", end.find("second(")) - end.find("second(")));
    CAPTURE(grain);
    CHECK(seconds.count("second(1") == 1);   // the first read saw the old state, the second did not
    CHECK(seconds.count("second(0") == 0);
    CHECK(seconds.count("second(11") == 1);
  }
}

TEST_CASE("grain.wrong_words_and_faults_that_could_never_strike_are_refused") {
  CHECK(Grain("'order': 'keys'", "", "").says("FT-REF-014"));
  CHECK(Grain("'publish': true", "", "").says("FT-REF-014"));
  CHECK(Grain("'publish': 'order|none'", "", "").says("FT-REF-014"));
  CHECK(Grain("'ordr': 'none'", "", "").says("FT-KEY-001"));
  const std::string loss = "{ 'name': 'loss', 'kind': 'publish_loss', 'on': { 'channel': 'told' }, 'budget': 1 }";
  CHECK(Grain("", "", loss).ok());
  CHECK(Grain(at_once, "", loss).says("FT-KEY-003"));
  CHECK(Grain("", atomic + " 'takes': 5,", "").says("FT-KEY-003"));
  CHECK(Grain("", "'atomic': 1,", "").says("FT-TYPE-001"));
}

}  // namespace
}  // namespace flowtank
