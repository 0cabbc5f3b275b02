// SPDX-License-Identifier: Apache-2.0
// See commute.hpp. One breadth first search; situations (situation.hpp) are compared once.
#include "sim/family/commute.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include <sim/base/check.hpp>
#include <sim/check/witness.hpp>
#include <sim/explore/breadth_first.hpp>
#include <sim/run/world_builder.hpp>

#include "sim/family/situation.hpp"

namespace flowtank::family {

namespace {

using explore::WorldSystem;
using Question = explore::Property<WorldSystem>;
using Outcomes = std::set<std::vector<std::string>>;

struct Hit {
  bool any = false;
  Input first, second;
  std::vector<Action> path;
};

std::size_t triangle(std::size_t count, std::size_t a, std::size_t b) {
  if (a > b) std::swap(a, b);
  return a * count - a * (a + 1) / 2 + b;
}

class Search {
 public:
  Search(const Scenario& scenario, const FamilyOptions& options, World& world, Mapping& mapping)
      : scenario_(scenario), options_(options), world_(world), mapping_(mapping), watch_(*scenario.system), handling_(world, watch_) {
    world_.add_observer(&watch_);
    world_.reset(scenario.system->bounds.seed);
    system_.emplace(world_, [this](World&) { watch_.action_over(); });
    find_pairs();
  }

  CommuteReport run() {
    std::vector<Question> asked;
    asked.push_back(Question::always("", [this](const WorldSystem&) { visit(); return true; }));
    for (std::size_t p = 0; p < pairs_.size(); ++p) {
      asked.push_back(Question::always("", [this, p](const WorldSystem&) { return !now_conflict_[p]; }));
      asked.push_back(Question::always("", [this, p](const WorldSystem&) { return !now_retry_[p]; }));
    }
    auto outcome = explore::breadth_first(*system_, asked, search_options(scenario_, options_, world_));
    for (std::size_t p = 0; p < pairs_.size(); ++p) {
      PairReport& pair = *pairs_[p];
      pair.blocked = blocked_[p].size();
      const bool conflicts = conflicts_[p].any;
      Hit& hit = conflicts ? conflicts_[p] : retries_[p];
      if (hit.any) {
        hit.path = std::move(outcome.decisions[1 + 2 * p + (conflicts ? 0 : 1)].witness.actions);
        pair.conflict = conflict_of(hit);
      }
      pair.verdict = conflicts ? PairVerdict::conflict : hit.any ? PairVerdict::after_retry : pair.tried != 0 ? PairVerdict::commute : PairVerdict::vacuous;
    }
    report_.extent = extent_of(outcome, options_);
    report_.left_out = mapping_.drops();
    return std::move(report_);
  }

 private:
  void find_pairs() {
    const System& system = *scenario_.system;
    place_.assign(system.handlers.size(), {none, 0});
    for (std::uint32_t s = 0; s < system.services.size(); ++s) {
      CommuteReport::Service service;
      service.name = system.services[s].name;
      for (const std::uint32_t h : system.services[s].handlers) {
        const Handler& handler = system.handlers[h];
        if (handler.trigger == Trigger::poll) continue;
        place_[h] = {static_cast<std::uint32_t>(report_.services.size()), static_cast<std::uint32_t>(service.handlers.size())};
        service.handlers.push_back(h);
        service.inputs.push_back(handler.trigger == Trigger::timer ? system.timers[handler.timer].name + " (timer)" : system.messages[handler.message].name);
      }
      if (service.handlers.empty()) continue;
      for (std::size_t a = 0; a < service.handlers.size(); ++a) {
        for (std::size_t b = a; b < service.handlers.size(); ++b) {
          PairReport pair;
          pair.service = s;
          pair.left = service.handlers[a];
          pair.right = service.handlers[b];
          service.pairs.push_back(pair);
        }
      }
      report_.services.push_back(std::move(service));
    }
    for (CommuteReport::Service& service : report_.services) {
      first_pair_.push_back(pairs_.size());
      for (PairReport& pair : service.pairs) pairs_.push_back(&pair);
    }
    conflicts_.resize(pairs_.size());
    retries_.resize(pairs_.size());
    blocked_.resize(pairs_.size());
  }

  // What waits for a service now; in any order also what a broker would hand out only later.
  std::vector<Input> waiting() const {
    const System& system = *scenario_.system;
    std::vector<Action> actions;
    world_.enabled(actions, false);
    for (std::uint32_t s = 0; s < system.subscriptions.size() && options_.any_order; ++s) {
      const std::size_t first = actions.size();
      world_.broker_of(s).strikable(world_, s, ActionKind::fault_lose, 0, actions);
      for (std::size_t i = first; i < actions.size(); ++i) actions[i].kind = ActionKind::deliver;
    }
    std::vector<Input> inputs;
    for (const Action& action : actions) {
      Input input;
      if (action.kind == ActionKind::deliver) {
        input.subscription = action.a;
        input.message = action.word;
        input.handler = world_.handler_for(system.subscriptions[action.a].service, action.a, world_.message_type(action.word));
      } else if (action.kind == ActionKind::command_deliver) {
        input.message = world_.wire().message_of(action.word);
        input.handler = world_.handler_for(action.a, none, world_.message_type(input.message));
      } else if (action.kind == ActionKind::timer_fire) {
        input.message = action.word;
        input.handler = system.timers[action.a].handler;
      }
      if (input.handler != none && std::find(inputs.begin(), inputs.end(), input) == inputs.end()) inputs.push_back(input);
    }
    return inputs;
  }

  void visit() {
    now_conflict_.assign(pairs_.size(), false);
    now_retry_.assign(pairs_.size(), false);
    counted_.assign(pairs_.size(), false);
    const std::vector<Input> inputs = waiting();
    std::optional<Hash128> situation;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      for (std::size_t j = i + 1; j < inputs.size(); ++j) {
        const auto [service, a] = place_[inputs[i].handler];
        const auto [other, b] = place_[inputs[j].handler];
        if (service == none || service != other) continue;
        const std::size_t p = first_pair_[service] + triangle(report_.services[service].handlers.size(), a, b);
        if (!counted_[p]) {
          counted_[p] = true;
          ++pairs_[p]->states;
        }
        if (!situation) situation = situation_of(world_, watch_);
        compare(p, inputs[i], inputs[j], *situation);
      }
    }
  }

  void compare(std::size_t p, const Input& first, const Input& second, Hash128 situation) {
    const auto name = [this](const Input& input) { return combine(world_.pool().content(input.message), input.handler); };
    const uint128 both = fingerprint_share(5, name(first)) + fingerprint_share(5, name(second));
    const Hash128 key = combine(combine(situation, static_cast<std::uint64_t>(both)), static_cast<std::uint64_t>(both >> 64));
    const auto known = tried_.find({key.hi, key.lo});
    if (known != tried_.end()) {
      if (known->second == PairVerdict::conflict) now_conflict_[p] = true;
      if (known->second == PairVerdict::after_retry) now_retry_[p] = true;
      return;
    }
    bool blocked = false, failed = false;
    const Outcomes one = in_order(first, second, false, blocked, failed);
    const Outcomes two = in_order(second, first, false, blocked, failed);
    if (blocked) {
      blocked_[p].insert({key.hi, key.lo});
      return;
    }
    blocked_[p].erase({key.hi, key.lo});
    PairVerdict verdict = one == two ? PairVerdict::commute : PairVerdict::conflict;
    if (verdict == PairVerdict::conflict && failed && in_order(first, second, true, blocked, failed) == in_order(second, first, true, blocked, failed)) {
      verdict = PairVerdict::after_retry;
    }
    tried_.emplace(std::pair{key.hi, key.lo}, verdict);
    ++pairs_[p]->tried;
    if (verdict == PairVerdict::commute) return;
    auto& hits = verdict == PairVerdict::conflict ? conflicts_ : retries_;
    (verdict == PairVerdict::conflict ? now_conflict_ : now_retry_)[p] = true;
    if (!hits[p].any) hits[p] = {true, first, second, {}};
  }

  // What is left behind, over all decisions of the environment. `again`: what raised when it came first is handled once
  // more at the end, as a retry would.
  Outcomes in_order(const Input& first, const Input& second, bool again, bool& blocked, bool& failed) {
    Outcomes outcomes;
    const auto note = [&](const Consequences& consequences) {
      Consequences all = consequences;
      all.timers = handling_.timers();
      outcomes.insert(mapping_.outcome(world_, all));
    };
    const auto run = [&](const Input& input, const std::function<void(const Consequences&)>& then) {
      if (handling_.each_end(input, 0, then) != Handling::Blocked::no) blocked = true;
    };
    run(first, [&](const Consequences& after_first) {
      const bool raised = after_first.failed != 0;
      failed = failed || raised;
      run(second, [&](const Consequences& after_both) {
        failed = failed || after_both.failed != 0;
        if (again && raised) run(first, note);
        else note(after_both);
      });
    });
    return outcomes;
  }

  Conflict conflict_of(const Hit& hit) {
    Conflict conflict;
    conflict.log = log_header(scenario_, options_.overrides, Driver::check, world_.system().bounds.seed);
    system_->enter_initial(0);
    for (const Action& action : hit.path) {
      conflict.log.actions.push_back(logged_action(world_, action));
      const std::string label = world_.business_label(action);
      if (!label.empty()) conflict.business.push_back(label);
      system_->apply(action);
    }
    conflict.first = words_of(hit.first);
    conflict.second = words_of(hit.second);
    if (conflict.first == conflict.second && !is_timer(hit.first)) {
      conflict.first = message_words_with_data(world_, hit.first.message);
      conflict.second = message_words_with_data(world_, hit.second.message);
    }
    conflict.same_key = key_of(hit.first) != absent_word && key_of(hit.first) == key_of(hit.second);
    bool blocked = false, failed = false;
    const Outcomes one = in_order(hit.first, hit.second, false, blocked, failed);
    const Outcomes two = in_order(hit.second, hit.first, false, blocked, failed);
    const auto differs = [](const Outcomes& from, const Outcomes& others) {
      for (const auto& outcome : from) {
        if (!others.contains(outcome)) return outcome;
      }
      return from.empty() ? std::vector<std::string>{} : *from.begin();
    };
    const std::vector<std::string> left = differs(one, two), right = differs(two, one);
    difference_of(left, right, conflict.first_then_second, conflict.second_then_first);
    std::set_intersection(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(conflict.both));
    return conflict;
  }

  bool is_timer(const Input& input) const { return scenario_.system->handlers[input.handler].trigger == Trigger::timer; }
  std::string words_of(const Input& input) const {
    if (!is_timer(input)) return message_words(world_, input.message);
    return fmt::format("{} (timer) {}", scenario_.system->timers[scenario_.system->handlers[input.handler].timer].name, to_text(world_.pool().value(input.message)));
  }
  Word key_of(const Input& input) const {
    return is_timer(input) ? input.message : world_.pool().find(world_.pool().value(input.message).items()[field_key]);
  }

  const Scenario& scenario_;
  const FamilyOptions& options_;
  World& world_;
  Mapping& mapping_;
  Watch watch_;
  Handling handling_;
  std::optional<WorldSystem> system_;
  CommuteReport report_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> place_;  // by handler: service of the report, position
  std::vector<std::size_t> first_pair_;                         // by service of the report
  std::vector<PairReport*> pairs_;
  std::vector<Hit> conflicts_, retries_;
  std::vector<bool> now_conflict_, now_retry_, counted_;  // in the state being visited
  std::vector<std::set<std::pair<std::uint64_t, std::uint64_t>>> blocked_;  // by pair: situations that could not be compared
  std::map<std::pair<std::uint64_t, std::uint64_t>, PairVerdict> tried_;
};

}  // namespace

std::string_view name_of(PairVerdict verdict) {
  switch (verdict) {
    case PairVerdict::vacuous: return "never together";
    case PairVerdict::commute: return "commute";
    case PairVerdict::after_retry: return "commute after a retry";
    case PairVerdict::conflict: return "conflict";
  }
  return "";
}

const PairReport& CommuteReport::Service::pair(std::size_t a, std::size_t b) const { return pairs[triangle(handlers.size(), a, b)]; }

int CommuteReport::exit() const {
  bool met = false;
  for (const Service& service : services) {
    for (const PairReport& pair : service.pairs) {
      if (pair.verdict == PairVerdict::conflict) return 1;
      met = met || pair.verdict != PairVerdict::vacuous;
    }
  }
  return extent.complete && met ? 0 : 4;
}

std::optional<CommuteReport> check_commute(const Scenario& scenario, const BrokerRegistry& registry, const FamilyOptions& options,
                                           Diagnostics& diagnostics) {
  check_broker_faults(scenario, registry, diagnostics);
  auto world = diagnostics.ok() ? make_world(*scenario.system, registry, Mode::explore, scenario.system->bounds.seed, diagnostics) : nullptr;
  if (!world) return std::nullopt;
  auto mapping = make_mapping(scenario, options, diagnostics);
  if (!mapping) return std::nullopt;
  CommuteReport report = Search(scenario, options, *world, *mapping).run();
  if (options.system_form && !report.extent.interrupted) report.ends = ends_of(scenario, registry, options, diagnostics);
  return report;
}

}  // namespace flowtank::family
