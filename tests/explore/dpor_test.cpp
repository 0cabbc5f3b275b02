// SPDX-License-Identifier: Apache-2.0
// Optimal executions: the published counts (V-06), the same count and the same ends as a brute-force enumeration of
// all interleavings for programs drawn at random, bugs that only one order shows, and what is refused.
#include "tests/explore/models/shared_cells.hpp"
#include "tests/explore/models/small_net.hpp"

#include <sim/explore/dpor.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <set>

using namespace flowtank::explore;
using models::CellProgram;
using models::CellStep;
using models::SharedCells;

namespace {

static_assert(ProcessSystem<SharedCells>);

std::uint64_t executions(SharedCells system) {
  const auto outcome = optimal_executions(system);
  CHECK(outcome.complete);
  CHECK(outcome.refused == "");
  CHECK(outcome.blocked == 0);
  return outcome.executions;
}

/// All interleavings; a class is the set of ordered pairs of dependent events (process, occurrence).
struct BruteForce {
  using Pair = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
  std::set<std::set<Pair>> classes;
  std::set<std::vector<std::byte>> ends;

  struct Event {
    std::uint32_t process, occurrence;
    std::vector<Access> accesses;
  };
  std::vector<Event> path;

  void walk(SharedCells& system) {
    std::vector<SharedCells::Action> enabled;
    system.enabled(enabled);
    if (enabled.empty()) {
      std::set<Pair> pairs;
      for (std::size_t i = 0; i < path.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (conflicts(std::span<const Access>(path[j].accesses), std::span<const Access>(path[i].accesses))) {
            pairs.insert({path[j].process, path[j].occurrence, path[i].process, path[i].occurrence});
          }
        }
      }
      classes.insert(pairs);
      std::vector<std::byte> bytes;
      system.encode(bytes);
      ends.insert(bytes);
      return;
    }
    for (const SharedCells::Action& action : enabled) {
      const auto mark = system.mark();
      std::uint32_t occurrence = 0;
      for (const Event& event : path) occurrence += event.process == action.process ? 1 : 0;
      path.push_back({action.process, occurrence, {}});
      system.footprint(action, path.back().accesses);
      system.apply(action);
      walk(system);
      system.undo(mark);
      path.pop_back();
    }
  }
};

/// Processes of one to three steps over two or three cells; what is written may depend on what was read.
SharedCells random_program(std::uint64_t seed) {
  std::uint64_t draws = 0;
  const auto below = [&](std::uint32_t bound) {
    return static_cast<std::uint32_t>((flowtank::mix64(seed * 1000 + ++draws) >> 32U) * bound >> 32U);
  };
  const std::uint32_t cells = 1 + below(3), processes = 2 + below(2);
  std::vector<CellProgram> programs;
  for (std::uint32_t p = 0; p < processes; ++p) {
    std::vector<CellStep> steps;
    const std::uint32_t count = 1 + below(3);
    for (std::uint32_t i = 0; i < count; ++i) steps.push_back({below(2) == 0, below(cells), static_cast<std::uint8_t>(1 + below(3)), false});
    const bool branches = below(3) == 0;
    programs.push_back([steps, branches, cells](std::uint32_t taken, std::uint8_t read) -> std::optional<CellStep> {
      if (taken >= steps.size()) return std::nullopt;
      CellStep step = steps[taken];
      if (branches) step.cell = (step.cell + read) % cells;  // where it goes depends on what it saw
      return step;
    });
  }
  return {cells, programs};
}

}  // namespace

TEST_CASE("dpor.readers_have_two_to_the_n_executions") {
  for (std::uint32_t n = 0; n <= 8; ++n) CHECK(executions(SharedCells::readers(n)) == std::uint64_t{1} << n);
}

TEST_CASE("dpor.lastzero_has_the_published_number_of_executions") {
  for (std::uint32_t n = 2; n <= 8; ++n) CHECK(executions(SharedCells::lastzero(n)) == std::uint64_t{n + 3} << (n - 2));
}

TEST_CASE("dpor.a_mailbox_has_every_order_of_delivery_and_different_ones_a_single_order") {
  std::uint64_t factorial = 1;
  for (std::uint32_t k = 1; k <= 6; ++k) {
    factorial *= k;
    CHECK(executions(SharedCells::mailbox(k, true)) == factorial);
    CHECK(executions(SharedCells::mailbox(k, false)) == 1);
  }
}

TEST_CASE("dpor.random_programs_have_one_execution_of_each_class_and_all_ends") {
  std::uint64_t total = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SharedCells system = random_program(seed);
    BruteForce truth;
    system.enter_initial(0);
    truth.walk(system);
    std::set<std::vector<std::byte>> ends;
    const std::vector<Property<SharedCells>> collect = {Property<SharedCells>::terminal("ends", [&](const SharedCells& s) {
      std::vector<std::byte> bytes;
      s.encode(bytes);
      ends.insert(bytes);
      return true;
    })};
    const auto outcome = optimal_executions(system, collect);
    CAPTURE(seed);
    CHECK(outcome.executions == truth.classes.size());
    CHECK(outcome.blocked == 0);
    CHECK(ends == truth.ends);
    total += outcome.executions;
  }
  CHECK(total > 1000);
}

TEST_CASE("dpor.finds_a_bug_that_one_order_in_many_shows") {
  // The reader of lastzero ends at the top only if all writers wrote, in order, before it looked there.
  SharedCells system = SharedCells::lastzero(6);
  const std::vector<Property<SharedCells>> asked = {
      Property<SharedCells>::terminal("six is never reached", [](const SharedCells& s) { return s.cell(6) != 6; }),
      Property<SharedCells>::terminal("seven is never reached", [](const SharedCells& s) { return s.cell(6) != 7; })};
  const auto outcome = optimal_executions(system, asked);
  CHECK(outcome.decisions[0].found());
  CHECK(outcome.decisions[0].witness.steps.size() >= 12);
  CHECK_FALSE(outcome.decisions[1].found());
  CHECK(outcome.complete);
}

TEST_CASE("dpor.footprints_that_hide_writes_give_too_few_executions") {
  SharedCells system = SharedCells::readers(5);
  system.hide_writes();
  CHECK(optimal_executions(system).executions == 1);  // and not 32: what the published counts notice
}

TEST_CASE("dpor.limits_are_named") {
  SharedCells system = SharedCells::readers(8);
  Options<SharedCells> options;
  options.max_states = 10;
  const auto outcome = optimal_executions(system, {}, options);
  CHECK(outcome.executions == 10);
  CHECK(outcome.limit == Limit::states);
  CHECK_FALSE(outcome.complete);
}

namespace {

/// Each action of a net as a process of its own: they may disable each other.
class NetOfProcesses : public models::SmallNet {
 public:
  NetOfProcesses(models::Net net, bool one_process) : SmallNet(std::move(net)), one_process_(one_process) {}
  std::uint32_t process_count() const { return one_process_ ? 1 : action_count(); }
  std::uint32_t process_of(const Action& action) const { return one_process_ ? 0 : action.number; }

 private:
  bool one_process_;
};

}  // namespace

TEST_CASE("dpor.what_it_cannot_decide_is_refused_in_words") {
  using models::NetOp;
  const models::Net thieves{{1, 0, 0}, {{"left takes", {{NetOp::take, 0, 0}, {NetOp::add, 1, 0}}},
                                        {"right takes", {{NetOp::take, 0, 0}, {NetOp::add, 2, 0}}}}};
  NetOfProcesses disabling(thieves, false);
  const auto outcome = optimal_executions(disabling);
  CHECK_FALSE(outcome.complete);
  CHECK(outcome.refused == "'left takes' disables 'right takes': optimal reduction needs processes that do not disable each other");
  NetOfProcesses choosing(thieves, true);
  CHECK(optimal_executions(choosing).refused.find("deterministic processes") != std::string::npos);
}
