// SPDX-License-Identifier: Apache-2.0
// See scenario_lineage.hpp. A set of faults is a list of strikes, each at a place of the run that the strikes before it led
// to. The order of everything else is one of two fixed ones, so that a run is a function of its strikes; two lists
// that lead to one state go on alike, and only the first is tried.
#include "sim/lineage/scenario_lineage.hpp"

#include <algorithm>
#include <deque>
#include <set>

#include <fmt/format.h>

#include <sim/base/check.hpp>
#include <sim/base/thousands.hpp>
#include <sim/check/witness.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/world/fault_kinds.hpp>

#include "sim/lineage/run_history.hpp"

namespace flowtank::lineage {

namespace {

// Who goes first where nothing decides: what has begun is finished, or everything begins as soon as it can.
enum class Order : std::uint8_t { calm, eager };
constexpr std::uint64_t orders = 2;

// A fault, a timer or timeout that comes before its time, or an action that is late: it waits until nothing else can happen.
struct Strike {
  std::size_t position = 0;  // actions applied before it
  Action action;
  bool late = false;
  bool is_turn() const { return late || !is_fault(action.kind); }
};
using Strikes = std::vector<Strike>;
using Place = Strike;  // where one could be: before the action at `position` of the run

std::size_t turns_in(const Strikes& strikes) {
  return static_cast<std::size_t>(std::count_if(strikes.begin(), strikes.end(), [](const Strike& s) { return s.is_turn(); }));
}

class Outcomes final : public Observer {
 public:
  void row_changed(World&, std::uint32_t, Word, std::span<const Word>, std::span<const Word>) override { seen = true; }
  void effect(World&, std::uint32_t, Word, std::int64_t) override { seen = true; }
  void message_fate(World&, std::uint32_t, Word, Fate) override { seen = true; }
  bool seen = false;
};

class LineageCheck {
 public:
  LineageCheck(const Scenario& scenario, const BrokerRegistry& registry, const LineageOptions& options, World& world, Diagnostics& diagnostics)
      : scenario_(scenario), registry_(registry), options_(options), world_(world), diagnostics_(diagnostics),
        checker_(*scenario.system, scenario.properties), found_(scenario.properties.size()) {
    checker_.attach(world_);
    world_.add_observer(&outcomes_);
    world_.reset(scenario.system->bounds.seed);
    checker_.start(world_);
    at_start_ = checker_.violated_by_action();
    initial_ = world_.mark();
    for (std::uint32_t f = 0; f < scenario.system->faults.size(); ++f) {
      full_budgets_.push_back(world_.faults().budget(f));
      summary_.budget += static_cast<std::uint32_t>(std::min<std::uint64_t>(full_budgets_.back(), 1000));
    }
    struck_in_.assign(full_budgets_.size(), 0);
    for (const Handler& handler : scenario.system->handlers) reached_.emplace_back(handler.program.code.size(), false);
  }

  Result run() {
    summary_.orders = orders;
    std::deque<std::pair<Order, Strikes>> open{{Order::calm, {}}, {Order::eager, {}}};
    std::uint32_t most = std::min(summary_.budget, options_.most_faults);
    while (!open.empty() && summary_.stopped.empty()) {
      auto [order, strikes] = std::move(open.front());
      open.pop_front();
      const std::size_t turns = turns_in(strikes);
      const std::size_t all_of = strikes.size() > options_.most_turns ? strikes.size() - options_.most_turns - 1 : 0;
      summary_.up_to = std::min(most, static_cast<std::uint32_t>(all_of));
      go(order, strikes);
      if (found_everything() || !summary_.stopped.empty()) break;
      const bool more_faults = strikes.size() - turns < most, more_turns = turns < options_.most_turns;
      if (more_faults || more_turns) {
        for (const Place& place : places(order, more_faults, more_turns)) {
          Strikes more = strikes;
          more.push_back(place);
          open.emplace_back(order, std::move(more));
        }
      }
      if (!open.empty() && summary_.stopped.empty()) limits();  // after the last run there is nothing left to stop
    }
    if (found_everything()) {
      summary_.stopped = "every property was decided";
      summary_.decided = true;
    } else if (summary_.stopped.empty()) {
      summary_.up_to = most;
      if (most < summary_.budget) summary_.stopped = fmt::format("sets of more than {} faults were not tried", most);
    }
    conclude();
    return std::move(result_);
  }

 private:
  struct Found {
    bool any = false;
    bool at_end = false;
    std::vector<Action> path;
  };

  bool found_everything() const {
    return !found_.empty() && std::all_of(found_.begin(), found_.end(), [](const Found& f) { return f.any; });
  }

  // In the middle of a run, which can be long or have much to choose from; a run that is left decides nothing by its end.
  bool hurries() {
    constexpr std::size_t much = 4096;
    if (enabled_.size() < much && (++asked_ & 255U) != 0) return false;
    if (options_.cancelled != nullptr && options_.cancelled->load(std::memory_order_relaxed)) {
      summary_.stopped = "interrupted";
      result_.interrupted = true;
    } else if (options_.out_of_time && options_.out_of_time()) {
      summary_.stopped = "out of time";
    }
    return !summary_.stopped.empty();
  }

  void limits() {
    if (options_.cancelled != nullptr && options_.cancelled->load(std::memory_order_relaxed)) {
      summary_.stopped = "interrupted";
      result_.interrupted = true;
    } else if (summary_.runs >= options_.most_runs) {
      summary_.stopped = fmt::format("after {} run{}", summary_.runs, summary_.runs == 1 ? "" : "s");
    } else if (options_.out_of_time && options_.out_of_time()) {
      summary_.stopped = "out of time";
    }
    if (options_.progress && summary_.runs % 64 == 0) options_.progress(summary_.runs, summary_.actions);
  }

  static int rank(const Action& action) {
    switch (action.kind) {
      case ActionKind::answer: return action.choice == 1 ? 8 : 0;  // a timeout
      case ActionKind::step:
      case ActionKind::request_effect: return 0;
      case ActionKind::orphan_effect: return 1;
      case ActionKind::broker:
      case ActionKind::restart: return 2;
      case ActionKind::deliver:
      case ActionKind::command_deliver: return 3;
      case ActionKind::poll: return 4;
      case ActionKind::client_send: return 5;
      case ActionKind::outage_over:
      case ActionKind::pause_over:
      case ActionKind::window_over: return 6;
      case ActionKind::timer_fire: return 7;
      default: return 8;
    }
  }
  // Timers, timeouts and repetitions of clients come last in both orders: nothing is late by itself.
  bool next(Order order, Action& out) {
    enabled_.clear();
    world_.enabled(enabled_, false);
    if (enabled_.empty()) return false;
    const auto key = [order, this](const Action& action) {
      if (is_late(action)) return 100;
      const int r = rank(action);
      if (r >= 6 || order == Order::calm) return r;
      return r >= 3 && r <= 5 ? 5 - r : r + 3;  // begin, then go on
    };
    out = *std::min_element(enabled_.begin(), enabled_.end(), [&](const Action& a, const Action& b) { return key(a) < key(b); });
    return true;
  }

  bool is_late(const Action& action) const { return std::find(late_.begin(), late_.end(), action) != late_.end(); }

  void apply(const Action& action, bool with_history) {
    if (action.kind == ActionKind::step) reached_[world_.runs().handler_of(action.a)][world_.runs().pc_of(action.a)] = true;
    Footprint footprint;
    outcomes_.seen = false;
    world_.cells().record_into(&footprint);
    world_.apply(action);
    world_.cells().record_into(nullptr);
    checker_.after_action(world_);
    path_.push_back(action);
    if (with_history) history_.add(footprint, outcomes_.seen);
    ++summary_.actions;
  }

  void note(const std::vector<std::uint32_t>& violated, bool at_end) {
    for (const std::uint32_t p : violated) {
      if (!found_[p].any) found_[p] = {true, at_end, path_};
    }
  }

  // One run. The history begins after the last strike: faults of a set strike in the order of their places.
  void go(Order order, const Strikes& strikes) {
    world_.undo(initial_);
    history_ = {};
    path_.clear();
    marks_.clear();
    late_.clear();
    what_waits_ = {1, 1};
    history_from_ = strikes.empty() ? 0 : strikes.back().position + (strikes.back().late ? 0 : 1);
    ++summary_.runs;
    note(at_start_, false);
    for (const Strike& strike : strikes) {
      while (path_.size() < strike.position) {
        Action action;
        FLOWTANK_CHECK(next(order, action), "the run before a strike goes as it went when the place was found");
        step(action, false);
      }
      FLOWTANK_CHECK(world_.is_enabled(strike.action), "a strike is possible where it was found");
      if (strike.late) wait(strike.action);
      else step(strike.action, false);
    }
    while (path_.size() < options_.most_actions && !hurries()) {
      marks_.push_back(world_.mark());
      Action action;
      if (!next(order, action)) {
        rested_ = true;
        note(checker_.violated_at_quiescence(world_), true);
        break;
      }
      step(action, true);
    }
    if (path_.size() >= options_.most_actions) ++summary_.unending;
    summary_.longest = std::max<std::uint64_t>(summary_.longest, path_.size());
    for (std::uint32_t f = 0; f < full_budgets_.size(); ++f) {
      if (world_.faults().budget(f) != full_budgets_[f]) ++struck_in_[f];
    }
  }

  // By all that the action is: two messages of one service that are late are two situations.
  void wait(const Action& action) {
    what_waits_ = combine(combine(what_waits_, hash_bytes(world_.describe(action))), static_cast<std::uint64_t>(action.a) << 32 | action.b);
    late_.push_back(action);
  }

  void step(const Action& action, bool with_history) {
    apply(action, with_history);
    note(checker_.violated_by_action(), false);
  }

  // Where a further fault could change what this run came to: before the first action that it concerns and that the outcome
  // came from; and where it brings about something new, as early and as late as it can strike.
  std::vector<Place> places(Order order, bool more_faults, bool more_turns) {
    std::vector<Place> out;
    if (marks_.empty()) return out;
    const std::vector<bool> part = history_.part_of_outcome();
    std::map<std::string, std::pair<Place, Place>> bringing;  // by description: the first and last place
    const std::size_t last = marks_.size();
    for (std::size_t m = last; m-- > 0 && !hurries();) {
      world_.undo(marks_[m]);
      enabled_.clear();
      world_.enabled(enabled_);
      std::vector<Action> faults;
      for (const Action& action : enabled_) {
        if (is_fault(action.kind)) faults.push_back(action);
      }
      const std::size_t free = enabled_.size() - faults.size();
      if (more_turns) turns(order, m, out);
      for (const Action& fault : faults) {
        if (!more_faults) break;
        ++summary_.places;
        const Place place{history_from_ + m, fault, false};
        Footprint footprint;
        const World::Mark before = world_.mark();
        world_.cells().record_into(&footprint);
        world_.apply(fault);
        world_.cells().record_into(nullptr);
        checker_.after_action(world_);
        enabled_.clear();
        world_.enabled(enabled_, false);
        const bool brings = enabled_.size() > free;
        const bool prevents = m < history_.size() && std::find(enabled_.begin(), enabled_.end(), path_[history_from_ + m]) == enabled_.end();
        const uint128 state = world_.fingerprint();
        world_.undo(before);
        const bool concerns = m < history_.size() && part[m] && (prevents || history_.concerns(footprint, m));
        if (concerns) {
          if (known_.emplace(order, state ^ what_waits_.lo).second) out.push_back(place);
          else ++summary_.known;
        } else if (brings) {
          const auto [entry, added] = bringing.try_emplace(world_.describe(fault), place, place);
          if (!added) entry->second.first = place;
        } else {
          ++summary_.without_effect;
        }
      }
    }
    for (const auto& [text, both] : bringing) {
      out.push_back(both.first);
      if (both.second.position != both.first.position) out.push_back(both.second);
    }
    std::stable_sort(out.begin(), out.end(), [](const Place& a, const Place& b) { return a.position < b.position; });
    return out;
  }

  // What could come late or early at mark `m`, in which the World stands.
  void turns(Order order, std::size_t m, std::vector<Place>& out) {
    if (m >= history_.size()) return;
    const Action usual = path_[history_from_ + m];
    std::size_t others = 0;
    for (const Action& action : enabled_) {
      if (is_fault(action.kind) || action == usual || is_late(action)) continue;
      ++others;
      if (rank(action) >= 7) out.push_back({history_from_ + m, action, false});
    }
    if (others == 0 || is_late(usual) || rank(usual) >= 6) return;
    const Hash128 what = combine(hash_bytes(world_.describe(usual)), what_waits_.lo);
    if (known_.emplace(order, world_.fingerprint() ^ what.lo ^ 1).second) out.push_back({history_from_ + m, usual, true});
  }

  void conclude() {
    result_.driver = Driver::check;
    result_.seed = world_.system().bounds.seed;
    result_.counts.transitions = summary_.actions;
    result_.counts.depth = summary_.longest + 1;
    for (std::uint32_t f = 0; f < full_budgets_.size(); ++f) {
      const FaultExplored explored = fault_kind(world_.system().faults[f].kind).explored;
      FaultOutcome outcome{f, struck_in_[f], struck_in_[f], struck_in_[f] != 0, true};
      outcome.applies = explored != FaultExplored::orders && explored != FaultExplored::never;
      result_.faults.push_back(outcome);
    }
    result_.not_reached = not_reached(world_.system(), [this](std::uint32_t h, std::uint32_t pc) { return reached_[h][pc]; });
    result_.lineage = summary_;
    say_grain(world_, result_);
    for (std::uint32_t p = 0; p < found_.size(); ++p) result_.properties.push_back(outcome_of(p));
    demand_faults(world_.system(), result_);
    judge(scenario_, result_);
  }

  PropertyOutcome outcome_of(std::uint32_t p) {
    PropertyOutcome outcome;
    const bool whole = summary_.exhausted() && summary_.unending == 0;
    Exploration exploration;
    exploration.complete = whole && !checker_.is_goal(p);
    exploration.why_incomplete = !summary_.exhausted() ? summary_.stopped
                                 : !whole ? fmt::format("{} run{} did not come to rest", summary_.unending, summary_.unending == 1 ? "" : "s")
                                          : "no run tried gets there; check without --strategy finds out whether any does";
    exploration.reached_quiescence = rested_;
    if (found_[p].any) {
      outcome.witness = witness_of(p, exploration);
      exploration.violated = true;
    }
    Verdict& verdict = outcome.verdict = checker_.conclude(p, exploration);
    if (found_[p].any) {  // violated, or a goal that was reached: one run shows it
      verdict.strength = Strength::tested;
      return outcome;
    }
    if (verdict.kind != VerdictKind::pass) return outcome;
    verdict.strength = Strength::tested;
    verdict.note = held_text();
    return outcome;
  }

  // Of a search that was not stopped.
  std::string held_text() const {
    const std::string runs = thousands(summary_.runs) + (summary_.runs == 1 ? " run" : " runs");
    if (summary_.budget == 0) return "held in " + runs + "; the scenario allows no faults";
    if (summary_.places == 0) return "held in " + runs + "; no fault can strike in any of them";
    if (summary_.places == summary_.without_effect) return "held in " + runs + "; no fault strikes anything that the outcome came from";
    if (summary_.up_to == 1) return "no single fault breaks it, in " + runs;
    return fmt::format("no set of up to {} faults breaks it, in {}", summary_.up_to, runs);
  }

  std::shared_ptr<const Witness> witness_of(std::uint32_t p, Exploration& exploration) {
    DecisionLog log = log_header(scenario_, options_.overrides, Driver::check, world_.system().bounds.seed);
    log.property = scenario_.properties[p].name;
    world_.undo(initial_);
    log.actions = log_of_path(world_, found_[p].path);
    WitnessReplay replay = replay_witness(scenario_, registry_, std::move(log), diagnostics_);
    if (!replay.witness) return nullptr;
    if (!replay.replayed.complete) {
      result_.our_fault = "a counterexample cannot be replayed: " + replay.replayed.error;
      return replay.witness;
    }
    replay.checker->merge(*replay.witness->world, checker_);
    exploration.evidence = replay.checker->explain(*replay.witness->world, p, found_[p].at_end);
    if (exploration.evidence.empty()) {
      result_.our_fault = "the replay of a counterexample does not violate \"" + scenario_.properties[p].name + "\"";
      exploration.evidence.push_back({});
    }
    replay.witness->at_end = found_[p].at_end;
    replay.witness->any_length = true;  // the fewest faults, not the fewest actions
    return replay.witness;
  }

  const Scenario& scenario_;
  const BrokerRegistry& registry_;
  const LineageOptions& options_;
  World& world_;
  Diagnostics& diagnostics_;
  Checker checker_;
  Outcomes outcomes_;
  World::Mark initial_{};
  std::vector<std::uint32_t> at_start_;  // the properties that the initial state violates
  std::vector<Found> found_;
  std::vector<std::uint64_t> full_budgets_, struck_in_;
  std::vector<std::vector<bool>> reached_;
  std::vector<Action> enabled_;
  std::vector<Action> path_;           // of the present run
  std::vector<World::Mark> marks_;     // before each action of its history, and at its end
  std::vector<Action> late_;           // wait until nothing else can happen
  Hash128 what_waits_{1, 1};           // these, as part of a situation
  std::size_t history_from_ = 0;       // actions before the first of the history
  RunHistory history_;
  std::set<std::pair<Order, uint128>> known_;  // states right after a strike
  bool rested_ = false;
  std::uint64_t asked_ = 0;  // how often hurries() was asked
  LineageSummary summary_;
  Result result_;
};

}  // namespace

std::optional<Result> lineage_check(const Scenario& scenario, const BrokerRegistry& registry, const LineageOptions& options,
                                    Diagnostics& diagnostics) {
  check_broker_faults(scenario, registry, diagnostics);
  if (!diagnostics.ok()) return std::nullopt;
  auto world = make_world(*scenario.system, registry, Mode::explore, scenario.system->bounds.seed, diagnostics);
  if (!world) return std::nullopt;
  return LineageCheck(scenario, registry, options, *world, diagnostics).run();
}

}  // namespace flowtank::lineage
