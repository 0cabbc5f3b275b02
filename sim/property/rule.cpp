// SPDX-License-Identifier: Apache-2.0
// See rule.hpp: what all kinds of properties have in common.
#include "sim/property/rule.hpp"

#include <algorithm>
#include <array>

#include <sim/base/check.hpp>

namespace flowtank {

void Rule::watch_all(World& world) const {
  for (const ExprId e : {spec_.predicate, spec_.when, spec_.unless, spec_.other, spec_.key, spec_.order}) evaluation_.watch(world, e);
  for (const NamedExpr& part : spec_.parts) evaluation_.watch(world, part.value);
  for (const ValuePair& pair : spec_.values) {
    evaluation_.watch(world, pair.left);
    evaluation_.watch(world, pair.right);
  }
  // The quantified tables themselves, whether or not an expression names them.
  std::vector<std::uint32_t> tables = spec_.tables;
  tables.insert(tables.end(), {spec_.table, spec_.right});
  for (const std::uint32_t table : tables) {
    if (table != none && evaluation_.system().tables[table].role == TableRole::observation) world.watch(table);
  }
  watch(world);
}

void Rule::start(World& world, bool forget) {
  evaluation_.start();
  if (forget) evaluation_.dependencies().clear();
  dirty_.clear();
  started(world, forget);
  dirty_.all = true;
}

Rule::Truth Rule::truth(World& world, ExprId expression, const Value& item, const Value& key, Word subject) {
  evaluation_.reset();
  const Value value = evaluation_.evaluate(world, expression, item, key, subject);
  if (value.is(Kind::boolean)) return value.b ? Truth::yes : Truth::no;
  note_error(world, value, subject);
  return Truth::unknown;
}

void Rule::note_error(const World& world, const Value& error, Word subject) {
  if (!error_.empty()) return;
  std::string text = error.is(Kind::error) ? std::string(error.text())
                                           : "the result is " + quoted(error) + ", not true or false";
  if (subject != absent_word) text += " (for " + key_text(world, subject) + ")";
  if (!spec_.source.empty()) text += " in \"" + spec_.source + '"';
  set_error("no value: " + text);
}

Value Rule::key_value(World& world, Word key) const { return key == absent_word ? Value{} : world.pool().value(key); }

std::uint64_t Rule::monitor(World& world, Word key) const { return world.monitor(2 * index_, key); }
void Rule::set_monitor(World& world, Word key, std::uint64_t value) { world.set_monitor(2 * index_, key, value); }
std::uint64_t Rule::total(World& world) const { return world.monitor(2 * index_ + 1, Pool::of_null()); }
void Rule::set_total(World& world, std::uint64_t value) { world.set_monitor(2 * index_ + 1, Pool::of_null(), value); }

Word Rule::numbered(World& world, std::uint64_t number, Word content) {
  const std::array<Word, 2> parts{Pool::of_int_small(static_cast<std::int64_t>(number)), content};
  return world.pool().intern_list(parts);
}

Word Rule::key_of(const World& world, Word message) {
  const Word key = world.pool().find(world.pool().value(message).items()[field_key]);
  return key == absent_word ? Pool::of_null() : key;
}

std::string Rule::message_name(const World& world, Word message) const {
  return quoted(world.pool().value(message));
}

std::string Rule::consumer_name(std::uint32_t subscription) const {
  const Subscription& spec = system_.subscriptions[subscription];
  return spec.service == none ? spec.group : system_.services[spec.service].name;
}

bool Rule::selects(const World& world, std::uint32_t subscription, Word message) const {
  const Subscription& spec = system_.subscriptions[subscription];
  if (spec_.channel != none && spec.channel != spec_.channel) return false;
  if (spec_.service != none && spec.service != spec_.service) return false;
  const std::uint32_t type = world.message_type(message);
  if (spec_.message != none && type != spec_.message) return false;
  return world.handler_for(spec.service, subscription, type) != none;
}

RecordId Rule::record_of_row(World& world, std::uint32_t table, Word key) const {
  return world.tracing() ? world.last_record_of(world.row_identity(table, key)) : no_record;
}

std::vector<Word> SeenKeys::sorted(const Pool& pool) const {
  std::vector<Word> keys = keys_;
  std::sort(keys.begin(), keys.end(), [&](Word a, Word b) { return compare(pool.value(a), pool.value(b)) < 0; });
  return keys;
}

std::unique_ptr<Rule> make_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  switch (spec.kind) {
    case PropertyKind::always:
    case PropertyKind::at_quiescence:
    case PropertyKind::conserved:
    case PropertyKind::no_ghost_event: return make_predicate_rule(system, spec, index);
    case PropertyKind::sometimes: return make_goal_rule(system, spec, index);
    case PropertyKind::eventually:
    case PropertyKind::leads_to:
    case PropertyKind::not_stuck: return make_promise_rule(system, spec, index);
    case PropertyKind::at_most_once_effect:
    case PropertyKind::at_least_once_effect:
    case PropertyKind::exactly_once_effect:
    case PropertyKind::no_missing_event: return make_occurrence_rule(system, spec, index);
    case PropertyKind::converges: return make_agreement_rule(system, spec, index);
    case PropertyKind::nothing_dropped: return make_fate_rule(system, spec, index);
    case PropertyKind::legal_transitions: return make_transition_rule(system, spec, index);
    case PropertyKind::at_most_amount: return make_amount_rule(system, spec, index);
    case PropertyKind::no_acknowledged_loss: return make_acknowledged_rule(system, spec, index);
    case PropertyKind::no_aborted_read: return make_aborted_read_rule(system, spec, index);
    case PropertyKind::replay_is_silent: return make_replay_rule(system, spec, index);
    case PropertyKind::dedup_window: return make_gap_rule(system, spec, index);
    case PropertyKind::idempotency_key: return make_idempotency_rule(system, spec, index);
    case PropertyKind::stock: return make_stock_rule(system, spec, index);
    case PropertyKind::references: return make_reference_rule(system, spec, index);
    case PropertyKind::unique: return make_unique_rule(system, spec, index);
    case PropertyKind::dlq_empty: return make_dead_letter_rule(system, spec, index);
    case PropertyKind::bounded_queue:
    case PropertyKind::backlog_drains: return make_queue_rule(system, spec, index);
    case PropertyKind::bounded_amplification: return make_amplification_rule(system, spec, index);
    case PropertyKind::no_head_of_line_blocking: return make_blocking_rule(system, spec, index);
    case PropertyKind::failure_isolation: return make_isolation_rule(system, spec, index);
    case PropertyKind::per_key_order: return make_key_order_rule(system, spec, index);
    case PropertyKind::causal_order: return make_causal_order_rule(system, spec, index);
    case PropertyKind::agreement_on_order: return make_same_order_rule(system, spec, index);
    case PropertyKind::confluent: return make_outcome_rule(system, spec, index);
    case PropertyKind::read_your_writes:
    case PropertyKind::monotonic_reads: return make_session_guarantee_rule(system, spec, index);
    case PropertyKind::monotonic_writes:
    case PropertyKind::writes_follow_reads: return make_session_order_rule(system, spec, index);
    case PropertyKind::bounded_staleness:
    case PropertyKind::pbs: return make_staleness_rule(system, spec, index);
  }
  FLOWTANK_CHECK(false, "a property of an unknown kind");
  return nullptr;
}

}  // namespace flowtank
