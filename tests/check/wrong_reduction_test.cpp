// SPDX-License-Identifier: Apache-2.0
// Would the comparison of reduction_sweep_test.cpp see a reduction that leaves out too much? Wrong rules are put in its
// place here (every step taken at once; commits; publishes although a crash can strike; deliveries), and each must
// lose verdicts of shipped scenarios.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <models/brokers/registry.hpp>
#include <sim/explore/breadth_first.hpp>
#include <sim/explore/world_system.hpp>
#include <sim/property/checker.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank {
namespace {

using explore::WorldSystem;

// Says of an enabled action that it may be taken at once, alone.
using Rule = std::function<bool(const World&, const Action&)>;

class WronglyReduced : public WorldSystem {
 public:
  WronglyReduced(World& world, std::function<void(World&)> after, Rule rule) : WorldSystem(world, std::move(after)), rule_(std::move(rule)) {}
  void enabled(std::vector<Action>& out) {
    const std::size_t begin = out.size();
    WorldSystem::enabled(out);
    for (std::size_t i = begin; rule_ && i < out.size(); ++i) {
      if (is_fault(out[i].kind) || !rule_(world(), out[i])) continue;
      out[begin] = out[i];
      out.resize(begin + 1);
      return;
    }
  }

 private:
  Rule rule_;
};

// The properties violated in some state or at some end, by name.
std::string violated(const std::string& name, const Rule& rule) {
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  Diagnostics diagnostics;
  const auto scenario = load_scenario(std::string(FLOWTANK_SOURCE_DIR) + "/scenarios/" + name + ".json", load, diagnostics);
  REQUIRE(scenario);
  const auto world = make_world(*scenario->system, shipped_brokers(), Mode::explore, scenario->system->bounds.seed, diagnostics);
  REQUIRE(world);
  Checker checker(*scenario->system, scenario->properties);
  checker.attach(*world);
  world->reset(scenario->system->bounds.seed);
  checker.start(*world);
  WronglyReduced system(*world, [&checker](World& w) { checker.after_action(w); }, rule);
  std::vector<bool> seen(scenario->properties.size());
  using Question = explore::Property<WronglyReduced>;
  const std::vector<Question> asked = {Question::always("", [&](const WronglyReduced&) {
                                         for (const std::uint32_t p : checker.violated_by_action()) seen[p] = true;
                                         return true;
                                       }),
                                       Question::terminal("", [&](const WronglyReduced&) {
                                         for (const std::uint32_t p : checker.violated_at_quiescence(*world)) seen[p] = true;
                                         return true;
                                       })};
  explore::Options<WronglyReduced> options;
  options.max_states = 50'000;
  options.stop_when_decided = false;
  explore::breadth_first(system, asked, options);
  std::string names;
  for (std::size_t p = 0; p < seen.size(); ++p) names += seen[p] ? scenario->properties[p].name + ";" : "";
  return names;
}

const char* const scenarios[] = {"store-payment-without-inbox-duplicate", "store-payment-without-inbox-crash", "store-order-without-outbox-crash",
                                 "store-broker-loses-one", "patterns/late-payment", "patterns/versions-out-of-order", "patterns/two-relays",
                                 "patterns/d12-sequence-gap", "faults/lost-update", "faults/crash-after-commit"};

std::size_t changed(const Rule& rule) {
  std::size_t count = 0;
  for (const char* const name : scenarios) count += violated(name, rule) != violated(name, {}) ? 1 : 0;
  return count;
}

Op next_op(const World& world, const Action& action) {
  return action.kind == ActionKind::step ? world.runs().instruction(action.a).op : Op::end;
}

}  // namespace

TEST_CASE("reduction.wrong_rules_would_be_noticed") {
  CHECK(changed({}) == 0);
  CHECK(changed([](const World&, const Action& a) { return a.kind == ActionKind::step; }) > 0);
  CHECK(changed([](const World& w, const Action& a) { return next_op(w, a) == Op::commit; }) > 0);
  CHECK(changed([](const World& w, const Action& a) { return next_op(w, a) == Op::publish; }) > 0);
  CHECK(changed([](const World&, const Action& a) { return a.kind == ActionKind::deliver; }) > 0);
}

}  // namespace flowtank
