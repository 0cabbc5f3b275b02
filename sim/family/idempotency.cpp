// SPDX-License-Identifier: Apache-2.0
// See idempotency.hpp. One breadth first search over the scenario's states; in each, every message of its history is
// handled again. What that does depends on databases, pending timers and what was handled alone, so that each such
// situation is tried once.
#include "sim/family/idempotency.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include <sim/check/witness.hpp>
#include <sim/explore/breadth_first.hpp>
#include <sim/run/world_builder.hpp>

#include "sim/family/copy_witness.hpp"
#include "sim/family/situation.hpp"

namespace flowtank::family {

namespace {

using explore::WorldSystem;
using Question = explore::Property<WorldSystem>;

enum Moment : std::size_t { at_once, later, interrupted, moments };

// A first state in which handling again changed something; what it changed is worked out from a replay of the path.
struct Hit {
  bool any = false;
  Input input;
  Again how = Again::copy;
  std::vector<std::uint32_t> choices;
  std::vector<Action> path;
};

class Search {
 public:
  Search(const Scenario& scenario, const Scenario& with_copy, const BrokerRegistry& registry, const FamilyOptions& options,
         World& world, Mapping& mapping, Diagnostics& diagnostics)
      : scenario_(scenario), with_copy_(with_copy), registry_(registry), options_(options), diagnostics_(diagnostics), world_(world),
        mapping_(mapping), watch_(*scenario.system), handling_(world, watch_) {
    world_.add_observer(&watch_);
    world_.reset(scenario.system->bounds.seed);
    system_.emplace(world_, [this](World&) { watch_.action_over(); });
    const auto& handlers = scenario.system->handlers;
    reports_.resize(handlers.size());
    for (auto& hits : hits_) hits.resize(handlers.size());
    now_.resize(handlers.size());
    blocked_.resize(handlers.size());
  }

  IdempotencyReport run() {
    std::vector<Question> asked;
    asked.push_back(Question::always("", [this](const WorldSystem&) { visit(); return true; }));
    for (std::uint32_t h = 0; h < reports_.size(); ++h) {
      for (std::size_t m = 0; m < moments; ++m) {
        asked.push_back(Question::always("", [this, h, m](const WorldSystem&) { return !now_[h][m]; }));
      }
    }
    auto outcome = explore::breadth_first(*system_, asked, search_options(scenario_, options_, world_));
    IdempotencyReport report;
    report.extent = extent_of(outcome, options_);
    for (std::uint32_t h = 0; h < reports_.size(); ++h) {
      for (std::size_t m = 0; m < moments; ++m) hits_[m][h].path = std::move(outcome.decisions[1 + h * moments + m].witness.actions);
    }
    conclude(report);
    report.left_out = mapping_.left_out();
    return report;
  }

 private:
  void visit() {
    const System& system = *scenario_.system;
    for (auto& now : now_) now.fill(false);
    const Input ended = watch_.just_ended();
    std::optional<Hash128> situation;
    counted_.assign(reports_.size(), false);
    const std::size_t known = watch_.inputs().size();
    for (std::size_t i = 0; i < known; ++i) {
      const Input input = watch_.inputs()[i];
      if (!watch_.handled(world_, input)) continue;
      HandlerReport& report = reports_[input.handler];
      if (!counted_[input.handler]) {
        counted_[input.handler] = true;
        ++report.states;
      }
      if (!situation) situation = situation_of(world_, watch_);
      const Moment moment = input.handler == ended.handler && input.message == ended.message ? at_once : later;
      const bool command = system.handlers[input.handler].trigger == Trigger::command;
      for (const Again how : {Again::copy, Again::redelivered}) {
        if (how == Again::redelivered && command) continue;
        try_again(input, how, moment, *situation);
      }
    }
    for (const Input& input : waiting()) {
      if (!situation) situation = situation_of(world_, watch_);
      interrupt(input, *situation);
    }
  }

  // Events that a broker hands out again when their handling is interrupted.
  std::vector<Input> waiting() {
    const System& system = *scenario_.system;
    enabled_.clear();
    world_.enabled(enabled_, false);
    std::vector<Input> inputs;
    for (const Action& action : enabled_) {
      if (action.kind != ActionKind::deliver) continue;
      const std::uint32_t handler = world_.handler_for(system.subscriptions[action.a].service, action.a, world_.message_type(action.word));
      if (handler == none || system.handlers[handler].settlement == Settlement::before) continue;
      const Input input{handler, action.word, action.a};
      if (std::find(inputs.begin(), inputs.end(), input) == inputs.end()) inputs.push_back(input);
    }
    return inputs;
  }

  using Outcomes = std::set<std::vector<std::string>>;
  // What is left behind now. An event that is sent again with its id is sent once: that is what ids are for.
  std::vector<std::string> left_behind(const Consequences& consequences) {
    Consequences all = consequences;
    std::vector<Word> sent;
    for (const Word message : all.sent) {
      if (std::find(sent.begin(), sent.end(), message) == sent.end()) sent.push_back(message);
    }
    all.sent = std::move(sent);
    all.timers = handling_.timers();
    return mapping_.outcome(world_, all);
  }

  // Calls f(outcome, outcomes of handling it once) for each outcome of being interrupted and begun again.
  template <typename F>
  bool each_interrupted(const Input& input, F&& f) {
    Outcomes once;
    bool blocked = handling_.each_end(input, 0, [&](const Consequences& c) { once.insert(left_behind(c)); }) != Handling::Blocked::no;
    if (blocked) return false;
    blocked = handling_.each_crash(input, [&](const Consequences&) {
      ++reports_[input.handler].crashes;
      const auto again = handling_.each_end(input, 0, [&](const Consequences& c) { f(left_behind(c), once); });
      blocked = blocked || again != Handling::Blocked::no;
    }) != Handling::Blocked::no || blocked;
    return !blocked;
  }

  void interrupt(const Input& input, Hash128 situation) {
    Hash128 key = combine(combine(situation, input.handler), world_.pool().content(input.message));
    key = combine(key, 1000);
    const auto known = tried_.find({key.hi, key.lo});
    if (known != tried_.end()) {
      if (known->second) now_[input.handler][interrupted] = true;
      return;
    }
    bool bad = false;
    const bool done = each_interrupted(input, [&](const std::vector<std::string>& outcome, const Outcomes& once) { bad = bad || !once.contains(outcome); });
    if (!done && !bad) return;
    tried_.emplace(std::pair{key.hi, key.lo}, bad);
    if (!bad) return;
    now_[input.handler][interrupted] = true;
    if (!hits_[interrupted][input.handler].any) hits_[interrupted][input.handler] = {true, input, Again::redelivered, {}, {}};
  }

  void try_again(const Input& input, Again how, Moment moment, Hash128 situation) {
    Hash128 key = combine(combine(situation, input.handler), world_.pool().content(input.message));
    key = combine(key, static_cast<std::uint64_t>(how) * moments + moment);
    const auto known = tried_.find({key.hi, key.lo});
    if (known != tried_.end()) {
      if (known->second) now_[input.handler][moment] = true;
      return;
    }
    bool changed = false, refused = false;
    Hit hit{true, input, how, {}, {}};
    const auto blocked = handling_.each_end(input, how == Again::copy ? 0 : 1, [&](const Consequences& consequences) {
      refused = refused || consequences.failed != 0;
      if (mapping_.nothing(consequences)) return;
      if (!changed) hit.choices = handling_.choices();
      changed = true;
    });
    HandlerReport& report = reports_[input.handler];
    if (blocked != Handling::Blocked::no && !changed) {
      blocked_[input.handler].insert({key.hi, key.lo});  // another state of the same situation may be able to
      return;
    }
    blocked_[input.handler].erase({key.hi, key.lo});
    tried_.emplace(std::pair{key.hi, key.lo}, changed);
    ++report.tried;
    if (refused) ++report.refused;
    if (!changed) return;
    now_[input.handler][moment] = true;
    if (!hits_[moment][input.handler].any) hits_[moment][input.handler] = std::move(hit);
  }

  void conclude(IdempotencyReport& out) {
    const System& system = *scenario_.system;
    for (std::uint32_t s = 0; s < system.services.size(); ++s) {
      for (const std::uint32_t h : system.services[s].handlers) {
        const Handler& handler = system.handlers[h];
        if (handler.trigger != Trigger::message && handler.trigger != Trigger::command) continue;
        HandlerReport& report = reports_[h];
        report.handler = h;
        report.service = system.services[s].name;
        report.name = handler.name;
        report.input = system.messages[handler.message].name;
        report.command = handler.trigger == Trigger::command;
        report.blocked = blocked_[h].size();
        report.messages = static_cast<std::uint64_t>(
            std::count_if(watch_.inputs().begin(), watch_.inputs().end(), [&](const Input& input) { return input.handler == h; }));
        if (hits_[at_once][h].any) report.at_once = finding(hits_[at_once][h]);
        if (hits_[later][h].any) report.later = finding(hits_[later][h]);
        if (hits_[interrupted][h].any) report.interrupted = finding(hits_[interrupted][h], true);
        report.verdict = report.at_once       ? HandlerVerdict::not_idempotent
                         : report.later       ? HandlerVerdict::not_later
                         : report.interrupted ? HandlerVerdict::not_retryable
                         : report.tried == 0  ? HandlerVerdict::vacuous
                                              : HandlerVerdict::idempotent;
        out.handlers.push_back(std::move(report));
      }
    }
  }

  Finding finding(const Hit& hit, bool interrupts = false) {
    Finding found;
    found.how = hit.how;
    found.message = message_words(world_, hit.input.message);
    watch_.remember_messages(true);
    system_->enter_initial(0);
    std::vector<LoggedAction> path;
    for (const Action& action : hit.path) {
      path.push_back(logged_action(world_, action));
      const std::string label = world_.business_label(action);
      if (!label.empty()) found.business.push_back(label);
      system_->apply(action);
    }
    const std::vector<Word> before = watch_.messages();
    watch_.remember_messages(false);
    bool first = true;
    if (interrupts) {
      each_interrupted(hit.input, [&](const std::vector<std::string>& outcome, const Outcomes& once) {
        if (!first || once.contains(outcome) || once.empty()) return;
        first = false;
        found.place = handling_.crashed_before();
        difference_of(outcome, *once.begin(), found.here_only, found.once_only);
      });
    } else handling_.each_end(hit.input, hit.how == Again::copy ? 0 : 1, [&](const Consequences& consequences) {
      if (!first || handling_.choices() != hit.choices) return;
      first = false;
      found.changes = mapping_.changes(world_, consequences, before);
    });
    found.log = log_header(with_copy_, with_overrides(), Driver::check, world_.system().bounds.seed);
    found.log.actions = path;
    if (!interrupts && hit.how == Again::copy && hit.input.subscription != none) {
      found.shows_it = show_second_copy(with_copy_, registry_, options_.ignore, world_, hit.input, hit.choices, found.log.actions, diagnostics_);
    }
    if (!found.shows_it) {
      found.log = log_header(scenario_, options_.overrides, Driver::check, world_.system().bounds.seed);
      found.log.actions = std::move(path);
    }
    return found;
  }

  std::vector<std::string> with_overrides() const {
    std::vector<std::string> overrides = options_.overrides;
    overrides.emplace_back(one_more_copy);
    return overrides;
  }

  const Scenario& scenario_;
  const Scenario& with_copy_;
  const BrokerRegistry& registry_;
  const FamilyOptions& options_;
  Diagnostics& diagnostics_;
  World& world_;
  Mapping& mapping_;
  Watch watch_;
  Handling handling_;
  std::optional<WorldSystem> system_;
  std::vector<HandlerReport> reports_;          // by handler
  std::array<std::vector<Hit>, moments> hits_;  // by handler
  std::vector<std::array<bool, moments>> now_;  // by handler: in the state being visited
  std::vector<bool> counted_;
  std::vector<Action> enabled_;
  std::vector<std::set<std::pair<std::uint64_t, std::uint64_t>>> blocked_;  // by handler: situations in no state of which it could be tried
  std::map<std::pair<std::uint64_t, std::uint64_t>, bool> tried_;  // situation -> did it change something
};

SystemForm system_form(const Scenario& scenario, const Scenario& with_copy, const BrokerRegistry& registry,
                       const FamilyOptions& options, Diagnostics& diagnostics) {
  SystemForm form;
  form.asked = true;
  const auto base = ends_of(scenario, registry, options, diagnostics);
  if (!base) return form;
  form.without = base->extent;
  form.ends_without = base->different;
  const auto with = compare_ends(*base, with_copy, registry, options, diagnostics);
  if (!with) return form;
  form.with = with->extent;
  form.ends_with = with->ends;
  form.more = with->more;
  if (with->first.found) {
    form.here_only = with->first.here_only;
    form.there_only = with->first.there_only;
    form.business = with->first.end.business;
    std::vector<std::string> overrides = options.overrides;
    overrides.emplace_back(one_more_copy);
    form.log = log_header(with_copy, overrides, Driver::check, with_copy.system->bounds.seed);
    form.log.actions = with->first.end.path;
  }
  if (!base->extent.complete) {
    form.verdict = VerdictKind::inconclusive;
    form.note = "the outcomes without the copy are not all known (" + base->extent.limit_words + ")";
  } else if (form.more != 0) {
    form.verdict = VerdictKind::fail;
  } else if (!with->extent.complete) {
    form.verdict = VerdictKind::inconclusive;
    form.note = "the outcomes with the copy are not all known (" + with->extent.limit_words + ")";
  } else if (with->strikes.empty() || with->strikes.back() == 0) {
    form.verdict = VerdictKind::vacuous;
    form.note = "no message was there to be copied";
  } else if (form.ends_without == 0) {
    form.verdict = VerdictKind::inconclusive;
    form.note = "no run ends";
  } else if (with->counts_end) {
    form.verdict = VerdictKind::inconclusive;
    form.note = fmt::format("some effect takes place {} times or more, and counts end there", World::most_observed);
  } else {
    form.verdict = VerdictKind::pass;
  }
  return form;
}

}  // namespace

std::string_view name_of(Again how) { return how == Again::copy ? "a second copy" : "the same copy handed out again"; }

std::string_view name_of(HandlerVerdict verdict) {
  switch (verdict) {
    case HandlerVerdict::idempotent: return "idempotent";
    case HandlerVerdict::not_idempotent: return "NOT idempotent";
    case HandlerVerdict::not_later: return "NOT idempotent later";
    case HandlerVerdict::not_retryable: return "NOT safe to interrupt";
    case HandlerVerdict::vacuous: return "never handled";
  }
  return "";
}

int IdempotencyReport::exit() const {
  const auto bad = [](const HandlerReport& h) { return h.verdict == HandlerVerdict::not_idempotent || h.verdict == HandlerVerdict::not_later || h.verdict == HandlerVerdict::not_retryable; };
  const auto shown = [](const HandlerReport& h) { return h.verdict != HandlerVerdict::vacuous; };
  if (std::any_of(handlers.begin(), handlers.end(), bad) || (system.asked && system.verdict == VerdictKind::fail)) return 1;
  if (!extent.complete || std::none_of(handlers.begin(), handlers.end(), shown)) return 4;
  return system.asked && system.verdict == VerdictKind::inconclusive ? 4 : 0;
}

std::optional<IdempotencyReport> check_idempotency(const Scenario& scenario, const Scenario& with_copy, const BrokerRegistry& registry,
                                                   const FamilyOptions& options, Diagnostics& diagnostics) {
  check_broker_faults(scenario, registry, diagnostics);
  auto world = diagnostics.ok() ? make_world(*scenario.system, registry, Mode::explore, scenario.system->bounds.seed, diagnostics) : nullptr;
  if (!world) return std::nullopt;
  auto mapping = make_mapping(scenario, options, diagnostics);
  if (!mapping) return std::nullopt;
  IdempotencyReport report = Search(scenario, with_copy, registry, options, *world, *mapping, diagnostics).run();
  if (options.system_form && !report.extent.interrupted) report.system = system_form(scenario, with_copy, registry, options, diagnostics);
  return report;
}

}  // namespace flowtank::family
