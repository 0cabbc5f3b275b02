// SPDX-License-Identifier: Apache-2.0
// The World's sets of runs (sim/explore/run_sets.hpp), audited: every condition of the argument in every state, on scenarios drawn
// at random and on shipped ones that are small enough. And whether the audit bites: each condition is left out in turn.
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <sim/check/scenario_check.hpp>

#include "tests/check/drawn_scenarios.hpp"
#include "tests/check/reduction_audit.hpp"
#include "tests/check/wrong_reduction.hpp"

namespace flowtank {
namespace {

using test::audit;
using test::Audited;

std::optional<Scenario> load(const std::string& file, const std::vector<std::string>& overrides = {}) {
  Diagnostics diagnostics;
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  load.overrides = overrides;
  return load_scenario(file, load, diagnostics);
}

struct Sum {
  std::uint64_t whole = 0, with_sets = 0, states = 0, sets = 0, comparisons = 0;
};

Sum audit_drawn(std::uint64_t first, std::uint64_t count, std::uint64_t states) {
  Sum sum;
  for (std::uint64_t number = first; number < first + count; ++number) {
    const drawn::Files files(number);
    const auto scenario = load(files.scenario());
    REQUIRE(scenario);
    const Audited found = audit(*scenario, states);
    CAPTURE(number);
    CHECK(found.broken == "");
    sum.whole += found.whole ? 1 : 0;
    sum.with_sets += found.sets != 0 ? 1 : 0;
    sum.states += found.states;
    sum.sets += found.sets;
    sum.comparisons += found.comparisons;
  }
  return sum;
}

bool is_step_at(const World& world, std::uint32_t frame, const std::vector<Op>& ops) {
  return world.runs().waiting_of(frame) == Waiting::nothing && std::find(ops.begin(), ops.end(), world.runs().instruction(frame).op) != ops.end();
}

// The run's own actions and every fault that names it, whether or not anybody else can meet them.
void take_run(const World& world, std::uint32_t frame, const std::vector<Action>& enabled, std::vector<Action>& set) {
  const std::uint32_t instance = world.runs().instance_of_frame(frame);
  for (const Action& a : enabled) {
    const bool own = (a.kind == ActionKind::step || a.kind == ActionKind::request_effect || a.kind == ActionKind::answer) && a.a == frame;
    const bool strikes = (a.kind == ActionKind::fault_error || a.kind == ActionKind::fault_no_answer || a.kind == ActionKind::fault_no_request ||
                          a.kind == ActionKind::fault_commit) && a.a == frame;
    if (own || strikes || (a.kind == ActionKind::fault_crash && a.a == instance)) set.push_back(a);
  }
}

struct Lie {
  std::string name;
  test::Tamper tamper;
};

test::Tamper without(ActionKind kind) {
  return [kind](const World&, explore::Frames, const std::vector<Action>&, std::vector<Action>& set) {
    std::erase_if(set, [kind](const Action& a) { return a.kind == kind; });
  };
}
test::Tamper also(std::function<bool(const World&, std::uint32_t)> where) {
  return [where = std::move(where)](const World& world, explore::Frames frames, const std::vector<Action>& enabled, std::vector<Action>& set) {
    const bool one = frames.end - frames.begin == 1 && world.runs().active(frames.begin);
    if (one && set.empty() && where(world, frames.begin)) take_run(world, frames.begin, enabled, set);
  };
}

// One condition of the argument left out in each.
std::vector<Lie> lies() {
  return {
      {"crashes are left out of the set", without(ActionKind::fault_crash)},
      {"errors are left out of the set", without(ActionKind::fault_error)},
      {"lost answers are left out of the set", without(ActionKind::fault_no_answer)},
      {"duplicates of what is settled are left out", without(ActionKind::fault_duplicate)},
      {"every statement is about tables of the run alone", also([](const World& w, std::uint32_t f) {
         return is_step_at(w, f, {Op::read, Op::begin, Op::statement_let, Op::insert, Op::update, Op::erase});
       })},
      {"every commit is about tables of the run alone", also([](const World& w, std::uint32_t f) { return is_step_at(w, f, {Op::commit}); })},
      {"nobody else publishes, and every broker keeps lanes apart",
       also([](const World& w, std::uint32_t f) { return w.runs().waiting_of(f) == Waiting::request_left; })},
      {"the end of a run is nobody's business", also([](const World& w, std::uint32_t f) { return is_step_at(w, f, {Op::end, Op::settle}); })},
      {"nobody sees an effect", also([](const World& w, std::uint32_t f) { return is_step_at(w, f, {Op::effect}); })},
      {"a failing run is nobody's business", also([](const World& w, std::uint32_t f) { return is_step_at(w, f, {Op::fail}); })},
  };
}

// A search that takes the sets as tampered with, and nothing else to reduce.
class TamperedSystem : public explore::WorldSystem {
 public:
  TamperedSystem(World& world, std::function<void(World&)> after, const Scenario& scenario, test::Tamper tamper)
      : WorldSystem(world, after), after_(std::move(after)), sets_(world, watched_by(*scenario.system, scenario.properties)), tamper_(std::move(tamper)) {}
  void enabled(std::vector<Action>& out) {
    WorldSystem::enabled(out);
    if (!tamper_) return;
    std::vector<Action> set, fewest;
    for (const explore::Frames& frames : sets_.groups()) {
      if (!sets_.set_of(world(), after_, frames, out, 0, set)) set.clear();
      tamper_(world(), frames, out, set);
      if (!set.empty() && (fewest.empty() || set.size() < fewest.size())) fewest = set;
    }
    if (!fewest.empty()) out = fewest;
  }

 private:
  std::function<void(World&)> after_;
  explore::RunSets sets_;
  test::Tamper tamper_;
};

// The properties violated in some state or at some end; nothing when there are too many states.
std::optional<std::string> violated(const Scenario& scenario, const test::Tamper& tamper) {
  auto found = test::violated_in(scenario, 8'000, [&](World& world, std::function<void(World&)> after) {
    return TamperedSystem(world, std::move(after), scenario, tamper);
  });
  return found.complete ? std::optional(std::move(found.names)) : std::nullopt;
}

std::vector<Scenario> drawn_sample(std::uint64_t count) {
  std::vector<Scenario> sample;
  for (std::uint64_t number = drawn::lone_from; number < drawn::lone_from + count; ++number) {
    const drawn::Files files(number);
    auto scenario = load(files.scenario());
    REQUIRE(scenario);
    sample.push_back(std::move(*scenario));
  }
  return sample;
}

}  // namespace

TEST_CASE("run_sets.every_condition_holds_in_every_state_of_drawn_scenarios") {
  const Sum mixed = audit_drawn(0, 40, 2'000);
  CHECK(mixed.with_sets > 5);
  const Sum sum = audit_drawn(drawn::lone_from, 60, 3'000);
  CAPTURE(sum.whole, sum.with_sets, sum.states, sum.sets, sum.comparisons);
  CHECK(sum.with_sets > 10);
  CHECK(sum.comparisons > 10'000);
}

// Found by the audit of many: a copy that equals the held one was lost, and only then the set had the duplicate of the held one.
TEST_CASE("run_sets.duplicates_of_what_is_settled_are_in_the_set_also_beside_an_equal_copy") {
  CHECK(audit_drawn(drawn::lone_from + 1'703, 1, 8'000).with_sets == 1);
}

// By name: minutes. FLOWTANK_DRAWN says how many, FLOWTANK_DRAWN_FROM where they start.
TEST_CASE("run_sets.every_condition_holds_in_many_drawn_scenarios", "[.]") {
  const char* const count = std::getenv("FLOWTANK_DRAWN");
  const char* const from = std::getenv("FLOWTANK_DRAWN_FROM");
  const Sum sum = audit_drawn(from == nullptr ? drawn::lone_from + 1'000 : std::strtoull(from, nullptr, 10), count == nullptr ? 1'000 : std::strtoull(count, nullptr, 10), 8'000);
  WARN(sum.whole << " whole, " << sum.with_sets << " with sets, " << sum.states << " states, " << sum.sets << " sets, " << sum.comparisons << " comparisons");
  CHECK(sum.comparisons > 0);
}

TEST_CASE("run_sets.a_condition_left_out_would_be_noticed_by_the_audit") {
  std::vector<Scenario> sample = drawn_sample(60);
  auto twin = load(FLOWTANK_SOURCE_DIR "/tests/check/data/order_payment/twin.json", {"clients.shoppers.count=2"});
  REQUIRE(twin);
  sample.push_back(std::move(*twin));
  for (const Lie& lie : lies()) {
    const auto notices = [&](const Scenario& scenario) { return !audit(scenario, 1'500, lie.tamper).broken.empty(); };
    CAPTURE(lie.name);
    CHECK(std::any_of(sample.begin(), sample.end(), notices));
  }
}

// By name: minutes. In how many scenarios which lie is noticed, by the audit and by comparing verdicts (README.md of sim/explore).
TEST_CASE("run_sets.which_lie_is_noticed_by_what", "[.]") {
  std::vector<std::pair<Scenario, std::string>> sample;
  for (Scenario& scenario : drawn_sample(100)) {
    if (auto plain = violated(scenario, {})) sample.emplace_back(std::move(scenario), std::move(*plain));
  }
  for (const Lie& lie : lies()) {
    std::size_t by_audit = 0, by_verdicts = 0;
    for (const auto& [scenario, plain] : sample) {
      by_audit += audit(scenario, 8'000, lie.tamper).broken.empty() ? 0 : 1;
      by_verdicts += violated(scenario, lie.tamper) != plain ? 1 : 0;
    }
    WARN(lie.name << ": audit " << by_audit << ", verdicts " << by_verdicts << " of " << sample.size());
  }
  CHECK(!sample.empty());
}

TEST_CASE("run_sets.every_condition_holds_in_every_state_of_shipped_scenarios") {
  Sum sum;
  for (const char* const name : {"store-all-patterns", "store-payment-without-inbox-crash", "store-payment-without-inbox-duplicate", "store-order-without-outbox-crash",
                                 "store-broker-loses-one", "faults/lost-update", "faults/crash-after-commit", "patterns/d12-sequence-gap"}) {
    const auto scenario = load(std::string(FLOWTANK_SOURCE_DIR) + "/scenarios/" + name + ".json");
    REQUIRE(scenario);
    const Audited found = audit(*scenario, 4'000);
    CAPTURE(name);
    CHECK(found.broken == "");
    sum.sets += found.sets;
  }
  const auto twin = load(FLOWTANK_SOURCE_DIR "/tests/check/data/order_payment/twin.json", {"clients.shoppers.count=2"});
  REQUIRE(twin);
  const Audited found = audit(*twin, 4'000);
  CHECK(found.broken == "");
  CHECK(found.sets > 1'000);
  CHECK(sum.sets > 0);
}

}  // namespace flowtank
