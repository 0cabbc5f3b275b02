// SPDX-License-Identifier: Apache-2.0
// See checker.hpp: tells the rules what happens, asks them, and words the verdicts.
#include "sim/property/checker.hpp"

#include <fmt/format.h>

#include <sim/world/world.hpp>

namespace flowtank {

Checker::Checker(const System& system, std::vector<PropertySpec> properties)
    : system_(system), properties_(std::move(properties)) {
  for (std::uint32_t p = 0; p < properties_.size(); ++p) {
    rules_.push_back(make_rule(system, properties_[p], p));
    interests_ |= rules_.back()->interests();
  }
  by_action_.reserve(rules_.size());
  violated_.reserve(rules_.size());
}

void Checker::attach(World& world) {
  world.add_observer(this);
  for (const auto& rule : rules_) rule->watch_all(world);
}

void Checker::start(World& world) {
  // A World that is reset keeps its words; only if it does not, lists of keys must go.
  const bool forget = world_ != &world || world.pool().size() < words_;
  findings_.clear();
  for (const auto& rule : rules_) {
    // Evidence of what stays visible is gathered at the end, once.
    findings_.emplace_back(world.timed() && !rule->latches());
    if (world.timed()) rule->forget_observations();
    rule->start(world, forget);
  }
  world_ = &world;
  words_ = world.pool().size();
  by_action_.clear();
  look(world);
}

void Checker::look(World& world) {
  touched_ = false;
  for (const auto& rule : rules_) {
    if (world.timed()) {
      rule->update(world, findings_[rule->index()]);
    } else {
      Findings findings;
      rule->update(world, findings);
      if (findings.any()) by_action_.push_back(rule->index());
    }
  }
}

bool Checker::failed_so_far() const {
  for (std::size_t p = 0; p < findings_.size(); ++p) {
    if (findings_[p].any() && !rules_[p]->is_goal()) return true;
  }
  return false;
}

// ---- Observer ------------------------------------------------------------------------------------------

void Checker::row_changed(World& world, std::uint32_t table, Word key, std::span<const Word> before,
                          std::span<const Word> after) {
  touched_ = true;
  for (const auto& rule : rules_) rule->changed(world, table, key, before, after);
}

void Checker::observed(World& world, std::uint32_t table, Word key) {
  if (table == none) return;
  for (const auto& rule : rules_) rule->changed(world, table, key, {}, {});
}

void Checker::effect(World& world, std::uint32_t effect, Word key, std::int64_t amount) {
  touched_ = true;
  observed(world, system_.effects[effect].table, key);
  for (const auto& rule : rules_) rule->effect(world, effect, key, amount);
}

void Checker::accepted(World& world, std::uint32_t channel, Word message) {
  const std::uint32_t table = system_.messages[world.message_type(message)].accepted_table;
  if (table != none && world.watched(table)) {
    touched_ = true;
    observed(world, table, world.pool().find(world.pool().value(message).items()[field_key]));
  }
  for (const auto& rule : rules_) rule->accepted(world, channel, message);
  touched_ = true;
}

void Checker::message_fate(World& world, std::uint32_t subscription, Word message, Fate fate) {
  const std::uint32_t service = system_.subscriptions[subscription].service;
  if (fate == Fate::dead_letter && service != none) {
    touched_ = true;
    observed(world, system_.services[service].dead_letters,
             world.pool().find(world.pool().value(message).items()[field_key]));
  }
  for (const auto& rule : rules_) rule->message_fate(world, subscription, message, fate);
  touched_ = true;
}

void Checker::made(World& world, const Actor& actor, Word message) {
  touched_ = true;
  for (const auto& rule : rules_) rule->made(world, actor, message);
}

void Checker::sent(World& world, const Actor& actor, std::uint32_t channel, Word message) {
  touched_ = true;
  for (const auto& rule : rules_) rule->sent(world, actor, channel, message);
}

void Checker::told(World& world, const Actor& actor, std::uint32_t channel, Word message, Told how) {
  touched_ = true;
  for (const auto& rule : rules_) rule->told(world, actor, channel, message, how);
}

void Checker::run_started(World& world, const Actor& actor) {
  touched_ = true;
  for (const auto& rule : rules_) rule->run_started(world, actor);
}

void Checker::run_ended(World& world, const Actor& actor, RunOutcome outcome) {
  touched_ = true;
  for (const auto& rule : rules_) rule->run_ended(world, actor, outcome);
}

void Checker::transaction_ended(World& world, const Actor& actor, bool committed) {
  touched_ = true;
  for (const auto& rule : rules_) rule->transaction_ended(world, actor, committed);
}

void Checker::effect_asked(World& world, const Actor& actor, std::uint32_t effect, Word key, Word idempotency,
                           std::int64_t amount, bool repeated) {
  touched_ = true;
  for (const auto& rule : rules_) rule->effect_asked(world, actor, effect, key, idempotency, amount, repeated);
}

void Checker::disturbed(World& world) {
  touched_ = true;
  for (const auto& rule : rules_) rule->disturbed(world);
}

void Checker::session_asks(World& world, const SessionEvent& event) {
  for (const auto& rule : rules_) rule->session_asks(world, event);
}

void Checker::session_told(World& world, const SessionEvent& event) {
  touched_ = true;
  for (const auto& rule : rules_) rule->session_told(world, event);
}

void Checker::session_over(World& world, std::uint32_t client, std::uint32_t session) {
  for (const auto& rule : rules_) rule->session_over(world, client, session);
}

// ---- exploration ---------------------------------------------------------------------------------------

const std::vector<std::uint32_t>& Checker::violated_now(World& world) {
  violated_.clear();
  for (const auto& rule : rules_) {
    Findings findings;
    rule->now(world, findings);
    if (findings.any()) violated_.push_back(rule->index());
  }
  return violated_;
}

const std::vector<std::uint32_t>& Checker::violated_at_quiescence(World& world) {
  violated_.clear();
  for (const auto& rule : rules_) {
    Findings findings;
    rule->at_quiescence(world, findings);
    if (findings.any()) violated_.push_back(rule->index());
  }
  return violated_;
}

std::vector<Word> Checker::owed(World& world, std::uint32_t property) {
  std::vector<Word> keys;
  rules_[property]->owes(world, &keys);
  return keys;
}

std::vector<KeyEvidence> Checker::explain(World& world, std::uint32_t property, Ending ending) {
  Findings findings(true);
  rules_[property]->now(world, findings);
  if (ending == Ending::quiescent) rules_[property]->at_quiescence(world, findings);
  if (ending == Ending::loop) rules_[property]->in_loop(world, findings);
  return findings.take();
}

void Checker::note_triggers(World& world) {
  for (const auto& rule : rules_) {
    if (rule->triggered()) continue;
    Findings unread;
    rule->now(world, unread);
  }
}

void Checker::forget_errors() {
  for (const auto& rule : rules_) {
    const bool triggered = rule->triggered();
    rule->forget_observations();
    if (triggered) rule->set_triggered();
  }
}

void Checker::forget_observations() {
  for (const auto& rule : rules_) rule->forget_observations();
}

void Checker::merge(World& world, const Checker& other) {
  for (std::size_t p = 0; p < rules_.size(); ++p) {
    rules_[p]->adopt(world, *other.rules_[p]);
    if (other.rules_[p]->triggered()) rules_[p]->set_triggered();
    if (!other.rules_[p]->error().empty()) rules_[p]->set_error(other.rules_[p]->error());
  }
}

Verdict Checker::conclude(std::uint32_t property, const Exploration& found) const {
  const Rule& rule = *rules_[property];
  Verdict verdict;
  verdict.property = rule.spec().name;
  verdict.index = property;
  verdict.goal = rule.is_goal();
  if (found.violated && verdict.goal) {
    verdict.strength = Strength::proved;
    return goal_verdict(std::move(verdict), found.evidence);
  }
  if (found.violated) {
    verdict.kind = VerdictKind::fail;
    verdict.strength = Strength::proved;
    verdict.evidence = found.evidence;
    verdict.note = list_keys(found.evidence);
  } else if (!rule.error().empty()) {
    verdict.kind = VerdictKind::inconclusive;
    verdict.note = rule.error();
  } else if (!rule.why_not_explored().empty()) {
    verdict.kind = VerdictKind::inconclusive;
    verdict.note = rule.why_not_explored();
  } else if (!found.complete) {
    verdict.kind = VerdictKind::inconclusive;
    verdict.note = found.why_incomplete.empty() ? "not every state was seen" : found.why_incomplete;
  } else if ((rule.needs_quiescence() || rule.is_promise()) && !found.reached_quiescence) {
    verdict.kind = VerdictKind::inconclusive;
    verdict.note = "no state was reached in which nothing more happens";
  } else if (!rule.triggered()) {
    verdict.kind = VerdictKind::vacuous;
    verdict.note = rule.why_vacuous();
  } else if (rule.is_promise() && rule.spec().within) {
    // Half an answer is no proof: all orders of events say that it comes, but not when.
    verdict.kind = VerdictKind::inconclusive;
    verdict.note = "it always comes in the end; only a run with time can judge the deadline";
  } else if (verdict.goal) {
    verdict.kind = VerdictKind::fail;
    verdict.strength = Strength::proved;
    verdict.note = "no state within the bounds has it";
    verdict.evidence.push_back({});
    verdict.evidence.back().allowed = rule.spec().source;
    verdict.evidence.back().sentence = "It cannot be reached: no state within the bounds has \"" + rule.spec().source + '"';
  } else {
    verdict.kind = VerdictKind::pass;
    verdict.strength = Strength::proved;
  }
  return verdict;
}

// Reached: PASS, with whom it was reached for.
Verdict Checker::goal_verdict(Verdict verdict, std::vector<KeyEvidence> evidence) {
  verdict.kind = VerdictKind::pass;
  verdict.note = evidence.empty() || evidence.front().key.empty() ? "reached" : "reached: " + evidence.front().key;
  verdict.evidence = std::move(evidence);
  return verdict;
}

// ---- timed ---------------------------------------------------------------------------------------------

std::vector<Verdict> Checker::at_end(World& world, bool quiescent, Time end) {
  look(world);
  std::vector<Verdict> verdicts;
  for (std::uint32_t p = 0; p < rules_.size(); ++p) verdicts.push_back(verdict(world, p, quiescent, end));
  return verdicts;
}

Verdict Checker::verdict(World& world, std::uint32_t property, bool quiescent, Time end) {
  Rule& rule = *rules_[property];
  Findings findings(true);
  findings.add_all(findings_[property].evidence());
  rule.now(world, findings);
  if (quiescent) rule.at_quiescence(world, findings);
  rule.at_deadline(world, end, findings);
  Verdict verdict;
  verdict.property = rule.spec().name;
  verdict.index = property;
  verdict.strength = Strength::observed;
  verdict.goal = rule.is_goal();
  if (findings.any() && verdict.goal) return goal_verdict(std::move(verdict), findings.take());
  if (findings.any()) {
    verdict.kind = VerdictKind::fail;
    verdict.evidence = findings.take();
    verdict.note = list_keys(verdict.evidence);
    return verdict;
  }
  if (!rule.error().empty()) {
    verdict.kind = VerdictKind::inconclusive;
    verdict.note = rule.error();
  } else if (!rule.why_not_run().empty()) {
    verdict.kind = VerdictKind::inconclusive;
    verdict.note = rule.why_not_run();
  } else if (!quiescent && rule.needs_quiescence()) {
    verdict.kind = VerdictKind::inconclusive;
    verdict.note = "the run ended while there was still something to do";
  } else if (!quiescent && rule.owes(world, nullptr)) {
    verdict.kind = VerdictKind::inconclusive;
    verdict.note = rule.spec().within ? "the run ended before the deadline" : "the run ended while there was still something to do";
  } else if (!rule.triggered()) {
    verdict.kind = VerdictKind::vacuous;
    verdict.note = rule.why_vacuous();
  } else if (verdict.goal) {
    verdict.kind = VerdictKind::inconclusive;
    verdict.note = "this run did not get there; check finds out whether any does";
  } else {
    verdict.kind = VerdictKind::pass;
    verdict.note = rule.measured(world);
  }
  if (verdict.kind != VerdictKind::pass) verdict.strength = Strength::unstated;
  return verdict;
}

}  // namespace flowtank
